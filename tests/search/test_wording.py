"""Signs and capitals change neither the results of a question nor whether it is answered."""

import pytest

from ingest.bulk import PlainText, add
from kb.access import OPERATOR
from kb.messages import PermanentError
from kb.runtime.services import open_services
from kb.settings import Settings
from search.query import detect_language, validate_question
from search.results import AnswerVerdict, Question
from search.service import rank
from search.verdict.judging import judge, verdict_model
from search.wording import normalise_wording

TEXTS = {
    "pools": "Nel bacino l’evaporazione dell’acqua è stata misurata per tre anni: 4 mm al giorno.",
    "oasis": "Il Comune ha recintato l'area dell'oasi naturale e ne cura i sentieri.",
    "energy": "Una comunità energetica di 40 famiglie divide l'energia dei pannelli della scuola.",
    "canteen": "La mensa scolastica compra verdure dagli orti del paese.",
}


@pytest.fixture(scope="module")
def services(tmp_path_factory, cache_dir, database):
    folder = tmp_path_factory.mktemp("wording")
    settings = Settings(_env_file=None, data_dir=folder / "data", cache_dir=cache_dir, **database)
    with open_services(settings, own=True) as opened:
        add(opened, [PlainText(name, name, text) for name, text in TEXTS.items()])
        yield opened


def found(services, text):
    items = rank(Question(text), services, OPERATOR)
    return judge(items, verdict_model(services)), [
        (item.item.title, round(item.score, 6)) for item in items
    ]


@pytest.mark.parametrize(
    "spellings",
    [
        [
            "l'evaporazione",
            "l’evaporazione",
            "l`evaporazione",
            "L'EVAPORAZIONE?",
            "l' evaporazione",
        ],
        ["comunità energetica", "Comunità  energetica", "‘comunità energetica’!"],
        ['"comunità energetica"', "«Comunità  energetica»", "“comunità energetica”!"],
        ["mensa scolastica", "Mensa scolastica?", "  mensa   scolastica ...", "MENSA SCOLASTICA"],
        [
            *(
                "mensa scolastica",
                "mensa AND scolastica",
                "+mensa +scolastica",
                "mensa -scolastica",
            ),
            *(
                "(mensa) OR scolastica",
                "mensa | scolastica",
                "site:comune.siena.it mensa scolastica",
            ),
            *("mensa scolastica filetype:pdf", "intitle:mensa scolastica", "mensa NOT scolastica*"),
        ],
        ["area dell'oasi", "area dell’oasi", "Area dell´oasi.", "‘area dell'oasi’"],
    ],
)
def test_the_spelling_of_a_question_changes_nothing(services, spellings):
    first, *others = [found(services, text) for text in spellings]
    assert all(other == first for other in others)


@pytest.mark.parametrize("acronym", ["CER", "cer?", "una CER"])
def test_an_acronym_finds_its_concept(services, acronym):
    verdict, items = found(services, acronym)
    assert verdict is AnswerVerdict.ANSWERED
    assert items[0][0] == "energy"


def test_an_acronym_among_other_words_finds_its_concept(services):
    verdict, items = found(services, "costituire una CER")
    assert verdict is not AnswerVerdict.NOTHING
    assert items[0][0] == "energy"


@pytest.mark.parametrize("text", ["?!", "...", "«»", '""', "+ - *", "🙂"])
def test_a_question_of_signs_only_is_refused(text):
    assert normalise_wording(text)
    with pytest.raises(PermanentError) as refused:
        validate_question(Question(f" {text} "))
    assert "signs only" in refused.value.message.template


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("mense", "it"),
        ("Zyxwvutsrq Brambillonix", "it"),
        ("zyxwvutsrq brambillonix", "it"),
        ("district heating", "en"),
        ("kleine Gemeinden", "de"),
        ("maison de santé", "fr"),
    ],
)
def test_few_words_are_in_the_language_of_the_page_unless_another_is_likely(text, language):
    assert detect_language(text, "it").language == language
