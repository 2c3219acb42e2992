"""References: one model, and files that programs other than ours read back."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import bibtexparser
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors
from hypothesis import given
from hypothesis import strategies as st

from kb.citations import csl
from kb.citations.writers import FORMATS, bibtex, ris
from kb.corpus.card_files import load_corpus
from kb.practices.terms import SourceAccess
from kb.storage.tables import Document

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
HERE = "https://kb.example.org"
NASTY = '100% of {costs} & "fees" $5 #1 a_b ~c^d \\ }end{ “più” ß'


def document(**fields):
    known = {"id": "d-1", "title": "A title", "filename": "x.pdf", "size": 1, "authors": []}
    return Document(**known | {"publisher": "", "source_url": "", "language": "en"} | fields)


def parsed(text):
    """As bibtexparser reads it, commands of LaTeX back to signs, authors apart."""
    library = bibtexparser.parse_string(
        text, append_middleware=[LatexDecodingMiddleware(), SeparateCoAuthors()]
    )
    assert library.failed_blocks == []
    return library.entries


def bare(text):
    return text.replace("{", "").replace("}", "")


@pytest.fixture(scope="module")
def practices():
    return load_corpus(CORPUS).practices


def every(practices):
    return csl.unique(
        item
        for practice in practices
        for item in csl.of_practice_and_sources(practice, f"{HERE}/practices/{practice.id}")
    )


def test_a_document_becomes_an_item_of_csl_json():
    made = csl.of_document(
        document(authors=["Rossi, Maria", "Comune di Pisa"], year=2021, publisher="Ente"), HERE
    )
    assert made == {
        "id": "d-1",
        "type": "report",
        "title": "A title",
        "author": [{"family": "Rossi", "given": "Maria"}, {"literal": "Comune di Pisa"}],
        "publisher": "Ente",
        "issued": {"date-parts": [[2021]]},
        "URL": HERE,
        "language": "en",
    }
    assert csl.sentence(made) == (
        "Rossi, M., & Comune di Pisa (2021)",
        "A title",
        f"Ente. {HERE}",
    )


@pytest.mark.parametrize(
    ("authors", "names", "apa"),
    [
        (
            ["Comune di Valdombra, Settore Ambiente"],
            [{"literal": "Comune di Valdombra, Settore Ambiente"}],
            "Comune di Valdombra, Settore Ambiente",
        ),
        (
            ["Lucia Bianchi", "Mario Rossi"],
            [{"family": "Bianchi", "given": "Lucia"}, {"family": "Rossi", "given": "Mario"}],
            "Bianchi, L., & Rossi, M.",
        ),
        (["OECD"], [{"literal": "OECD"}], "OECD"),
        (
            ["Anna Maria De Luca", "Jean-Pierre Dupont", "ISPRA"],
            [
                {"family": "De Luca", "given": "Anna Maria"},
                {"family": "Dupont", "given": "Jean-Pierre"},
                {"literal": "ISPRA"},
            ],
            "De Luca, A. M., Dupont, J.-P., & ISPRA",
        ),
    ],
)
def test_people_and_bodies_are_cited_as_what_they_are(authors, names, apa):
    item = csl.of_document(document(authors=authors, year=2019), HERE)
    assert item["author"] == names
    assert csl.sentence(item)[0] == f"{apa} (2019)"
    entry = bibtex([item])
    for author in names:
        bare_name = author.get("literal")
        assert ("{" + bare_name + "}" if bare_name else author["family"] + ", ") in entry
        assert f"AU  - {bare_name or author['family'] + ', ' + author['given']}\r\n" in ris([item])


def test_what_a_person_said_of_an_author_stands_over_its_words():
    told = document(authors=["Terre Comuni"], author_names=[{"literal": "Terre Comuni"}])
    assert csl.of_document(told, HERE)["author"] == [{"literal": "Terre Comuni"}]


def test_bibtex_of_the_whole_corpus_is_read_back(practices):
    references = every(practices)
    entries = parsed(bibtex(references))
    assert len(entries) == len(references) > 100
    assert len({entry.key for entry in entries}) == len(entries)
    raw = bibtexparser.parse_string(bibtex(references)).entries
    assert [e.get("url") and e["url"] for e in raw] == [item.get("URL") for item in references]
    for entry, item in zip(entries, references, strict=True):
        assert re.fullmatch(r"[a-z0-9-]+", entry.key)
        assert bare(entry["title"]) == item["title"]
        assert ("url" in entry) == ("URL" in item)


def test_signs_of_latex_survive_bibtex():
    item = csl.of_document(
        document(title=NASTY, authors=[NASTY, "Rossi, M. & Co"], publisher=NASTY), HERE
    )
    text = bibtex([item])
    assert text.count("{") == text.count("}")
    entry = parsed(text)[0]
    bodies = [author.strip("{}") for author in entry["author"]]
    assert len(bodies) == 2
    for shown in (entry["title"], entry["institution"]):
        assert bare(shown).replace("ˆ", "^") == bare(NASTY)


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=4))
def test_no_title_breaks_out_of_its_entry(titles):
    references = [
        csl.of_document(document(title=title, authors=[title]), HERE)
        for title in titles
        if title.strip()
    ]
    made = csl.keys(references)
    assert len(set(made)) == len(made)
    library = bibtexparser.parse_string(bibtex(references), parse_stack=[])
    assert library.failed_blocks == []
    assert [entry.key for entry in library.entries] == made
    records = ris(references).split("\r\n\r\n")[:-1]
    assert len(records) == len(references)
    for record in records:
        assert_ris(record)


def assert_ris(record):
    """A record is lines of tag, two blanks, hyphen, blank, value, from TY to ER."""
    lines = record.split("\r\n")
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - [^\r\n]*", line) for line in lines), lines
    tags = [line[:2] for line in lines]
    assert (tags[0], tags[-1]) == ("TY", "ER")
    assert tags.count("TY") == tags.count("ER") == tags.count("TI") == 1
    assert set(tags) <= {"TY", "ID", "TI", "AU", "PB", "PY", "LA", "UR", "ER"}


def test_ris_of_the_whole_corpus_is_well_formed(practices):
    references = every(practices)
    records = ris(references).split("\r\n\r\n")[:-1]
    assert len(records) == len(references)
    for record, item in zip(records, references, strict=True):
        assert_ris(record)
        assert f"TI  - {item['title']}" in record
        for year in re.findall(r"PY  - (.*)", record):
            assert re.fullmatch(r"\d{4}", year.strip())


def test_another_program_reads_the_ris_of_the_whole_corpus(practices):
    references = every(practices)
    read = rispy.loads(ris(references))
    assert [one["title"] for one in read] == [item["title"] for item in references]
    # that program takes a semicolon within an address for one between two
    assert [";".join(one.get("urls", [""])) for one in read] == [
        item.get("URL", "") for item in references
    ]
    assert not [one for one in read if one.get("unknown_tag")]


def test_csl_json_has_known_fields_and_types_alone(practices):
    references = every(practices)
    read = json.loads(FORMATS["json"].write(references))
    assert read == references
    assert {field for item in read for field in item} <= set(csl.FIELDS)
    assert {item["type"] for item in read} <= {"entry", "webpage", "document", "report"}
    assert len({item["id"] for item in read}) == len(read)


def test_the_card_is_cited_with_the_year_its_sources_were_opened(practices):
    source = practices[0].sources[0]
    opened = source.model_copy(update={"read_on": date(2026, 3, 1), "accessed": SourceAccess.READ})
    practice = practices[0].model_copy(update={"sources": (opened,)})
    assert csl.sentence(csl.of_practice(practice, HERE)) == (
        "Terre Comuni (2026)", practice.title, HERE,
    )  # fmt: skip
