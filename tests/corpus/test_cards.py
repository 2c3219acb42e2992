"""What the validator tells a contributor: file, line, field and reason, all at once."""

from pathlib import Path

import pytest

from kb.corpus.card_files import CardProblem, load_corpus
from kb.messages import PermanentError
from kb.practices.practice import Practice

CARD = """\
---
title: "Una pratica di prova"
title_en: "A test practice"
summary: "Una frase."
summary_en: "One sentence."
place: {{name: Oslo, country: NO}}
start: 2001
status: running
outcome: positive
themes: [energy]
sectors: [green-economy]
strand: institutions
actors:
  - {{name: "Comune", role: "promotore", kind: municipality}}
results:
  - {{indicator: "Utenze", indicator_en: "Users", value: 12, evidence: primary, source: uno}}
sources:
  - {{id: uno, title: "Rapporto", publisher: "Comune", language: it, accessed: read}}
{front}---
## Problema
{words}
## Soluzione
Si fa.
## Risorse
Poche.
## Condizioni
Alcune.
## Limiti
Molti.
## Lezioni
Una.
"""


def card(front: str = "", words: str = "parola " * 130, **changes: str) -> str:
    text = CARD.format(front=front, words=words.strip())
    for old, new in changes.items():
        before = text
        text = "\n".join(new if line.startswith(f"{old}:") else line for line in text.split("\n"))
        assert text != before
    return text


@pytest.fixture
def check(tmp_path: Path):
    def write_and_check(**files: str) -> list[str]:
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/').replace('_', '-')}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return [str(problem) for problem in load_corpus(tmp_path).problems]

    return write_and_check


def test_a_good_card_has_no_problems_and_norway_is_a_country(tmp_path, check):
    assert check(practices__good=card()) == []
    (practice,) = load_corpus(tmp_path).practices
    assert practice.id == "good"
    assert practice.place.country == "NO"


def test_a_card_kept_with_a_longer_region_is_still_read(tmp_path, check):
    assert check(practices__good=card()) == []
    (practice,) = load_corpus(tmp_path).practices
    record = practice.model_dump(mode="json")
    record["place"]["region"] = "a" * 201
    assert Practice.model_validate(record).place.region == "a" * 201


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"themes": "themes: [astrology]"},
            "10: themes.0: “astrology” is not in the list of themes.",
        ),
        ({"title_en": "subtitle: x"}, "3: subtitle: This field is not known: check its spelling."),
        ({"status": "status: sleeping"}, "8: status: “sleeping” is not one of"),
        ({"start": "start: soon"}, "7: start: “soon” is not a whole number."),
        ({"sectors": "sectors: []"}, "11: sectors: This list is empty."),
        ({"summary": f"summary: {'a ' * 60}"}, "4: summary: 60 words: at most 45."),
        ({"place": "place: {name: X, country: NO, population: 5}"}, "A population needs"),
        (
            {"place": f"place: {{name: X, country: NO, region: {'a' * 201}}}"},
            "6: place.region: Too long: at most 200 characters.",
        ),
    ],
)
def test_a_broken_field_is_named_with_its_line(check, changes, expected):
    problems = check(practices__bad=card(**changes))
    assert any(expected in problem for problem in problems), problems
    assert all(problem.startswith("practices/bad.md:") for problem in problems)


def test_a_missing_field_is_named(check):
    text = card().replace('title_en: "A test practice"\n', "")
    assert check(practices__bad=text) == ["practices/bad.md:1: title_en: This field is missing."]


def test_a_missing_section_is_named(check):
    text = card().replace("## Limiti\nMolti.\n", "")
    assert check(practices__bad=text) == ["practices/bad.md:1: limits: This field is missing."]


def test_an_unknown_heading_is_named_where_it_stands(check):
    text = card().replace("## Limiti", "## Difetti")
    problems = check(practices__bad=text)
    line = text.split("\n").index("## Difetti") + 1
    assert any(problem.startswith(f"practices/bad.md:{line}: Difetti:") for problem in problems)


def test_a_section_that_is_too_long_points_at_its_heading(check):
    text = card(words="parola " * 170)
    line = text.split("\n").index("## Problema") + 1
    assert check(practices__bad=text) == [
        f"practices/bad.md:{line}: problem: 170 words: at most 160."
    ]


def test_a_story_that_is_too_short_is_refused(check):
    (problem,) = check(practices__bad=card(words="Poco."))
    assert "words together: between" in problem


def test_a_result_whose_source_is_not_listed_is_refused(check):
    text = card().replace("source: uno}", "source: due}")
    assert check(practices__bad=text) == [
        "practices/bad.md:16: results.0.source: "
        "The source “due” is not in the card's list of sources."
    ]


def test_a_result_without_a_source_is_refused(check):
    text = card().replace(", source: uno}", "}")
    assert check(practices__bad=text) == [
        "practices/bad.md:16: results.0.source: This field is missing."
    ]


def test_an_amount_without_a_source_is_refused(check):
    front = "costs:\n  - {kind: running, text: Gestione, amount: 10}\n"
    (problem,) = check(practices__bad=card(front))
    assert "An amount needs currency, source and evidence" in problem


def test_no_results_must_be_explained(check):
    start, end = "results:", "sources:"
    text = card()
    without = text[: text.index(start)] + text[text.index(end) :]
    (problem,) = check(practices__bad=without)
    assert "results_note must say why" in problem
    explained = without.replace(
        "sources:", "results_note: Le fonti non riportano misure.\nsources:"
    )
    assert check(practices__bad=explained) == []


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ('value: 200, unit: "soci (oltre)", unit_en: "members"', "“soci (oltre)” has words in it"),
        ('value: 40, unit: "circa %", unit_en: "%"', "“circa %” has words in it"),
        ('value: 40, unit: "%", unit_en: "% (about)"', "“% (about)” has words in it"),
        ('value: 62, unit: "% con, 61,7 senza", unit_en: "%"', "has a number in it"),
        ('value: 355, unit: "imprese su 3.500", unit_en: "firms"', "has a number in it"),
        ('value_text: "pochi", value_text_en: "few", unit: "%", unit_en: "%"', "is not a figure"),
        ('value_text: "pochi"', "needs value_text_en"),
        ('value_text: "circa 5 secondo tre studi"', "needs value_text_en"),
        ('value: 30, value_text: "circa 40"', "are not the same number"),
    ],
)
def test_a_unit_is_only_a_unit_and_words_are_a_figure_or_translated(check, result, expected):
    line = f'  - {{indicator: "X", indicator_en: "X", {result}, evidence: primary, source: uno}}'
    (problem,) = check(practices__bad=card().replace("results:\n", f"results:\n{line}\n"))
    assert problem.startswith("practices/bad.md:16: results.0.")
    assert expected in problem


@pytest.mark.parametrize(
    "unit",
    ["m2", "t di CO2 l'anno", "ogni 100.000 abitanti", "kWh/m²", "per 1.000 litri", "µg PM10"],
)
def test_units_with_powers_formulas_and_rates_are_good(check, unit):
    line = (
        f'  - {{indicator: "X", indicator_en: "X", value: 1, unit: "{unit}", unit_en: "x", '
        "evidence: primary, source: uno}"
    )
    assert check(practices__good=card().replace("results:\n", f"results:\n{line}\n")) == []


def test_an_amount_in_words_is_one(check):
    line = (
        'costs:\n  - {kind: running, text: "X", amount_text: "molto", amount: 3, currency: EUR, '
        "evidence: primary, source: uno}\n"
    )
    (problem,) = check(practices__bad=card(front=line))
    assert "“molto” is not an amount" in problem


def test_a_lonely_disagreement_is_refused(check):
    text = card().replace("source: uno}", "source: uno, disagreement: utenze}")
    (problem,) = check(practices__bad=text)
    assert problem.startswith("practices/bad.md:16: results.0.disagreement:")


def test_a_key_written_twice_is_refused(check):
    (problem,) = check(practices__bad=card("status: stopped\n"))
    assert problem.endswith("status: This field is here twice.")


def test_invalid_yaml_is_reported_with_its_line(check):
    (problem,) = check(practices__bad=card("keywords: [aperto\n"))
    assert "This is not valid YAML" in problem


def test_yaml_that_would_run_code_is_refused(check):
    (problem,) = check(practices__bad=card("keywords: !!python/object/apply:os.getcwd []\n"))
    assert "This is not valid YAML" in problem


def test_a_file_without_front_matter_is_refused(check):
    (problem,) = check(practices__bad="Solo testo.\n")
    assert problem.startswith("practices/bad.md:1: The card must begin with YAML")


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "practices" / "bad.md"
    path.parent.mkdir()
    path.write_bytes("---\ntitle: perché\n---\n".encode("latin-1"))
    (problem,) = load_corpus(tmp_path).problems
    assert "UTF-8" in str(problem)


def test_all_problems_of_all_files_come_at_once(check):
    problems = check(
        practices__one=card(themes="themes: [x]", status="status: y"),
        practices__two=card(strand="strand: z"),
    )
    assert {problem.split(":")[0] for problem in problems} == {
        "practices/one.md",
        "practices/two.md",
    }
    assert len(problems) == 3


def test_rules_between_fields_are_told_together_with_broken_fields(check):
    text = card(themes="themes: [astrology]").replace("source: uno}", "source: due}")
    problems = check(practices__bad=text.replace("start: 2001", "start: 2001\nend: 1999"))
    assert [problem.split(": ")[1] for problem in problems] == [
        "themes.0",
        "end",
        "results.0.source",
    ]


def test_a_rule_is_told_once(check):
    (problem,) = check(practices__bad=card("end: 1999\n"))
    assert problem.endswith("end: The practice ends before it starts.")


def test_two_cards_of_one_name_are_refused(check):
    problems = check(practices__one=card(), practices__old__one=card())
    assert problems == ["practices/one.md:1: id: “practices/old/one.md” has the same name."]


def test_a_collection_names_only_practices_that_exist(check):
    collection = (
        "---\ntitle: Elenco\ntitle_en: List\nitems:\n"
        "  - {practice: good, note: Bene}\n  - {practice: lost, note: Male}\n---\nPerché.\n"
    )
    assert check(practices__good=card(), collections__list=collection) == [
        "collections/list.md:6: items.1.practice: There is no practice “lost”."
    ]


def test_an_empty_folder_is_an_error_for_people(tmp_path):
    with pytest.raises(PermanentError, match="no practice cards"):
        load_corpus(tmp_path)


def test_a_problem_keeps_its_reason_translatable(tmp_path):
    path = tmp_path / "practices" / "bad.md"
    path.parent.mkdir()
    path.write_text(card(themes="themes: [astrology]"), "utf-8")
    (problem,) = load_corpus(tmp_path).problems
    assert isinstance(problem, CardProblem)
    assert problem.reason.translated(lambda template: f"Ahi: {template}").startswith(
        "Ahi: “astrology”"
    )
