"""What of a written summary holds: small examples without a model."""

import pytest

from kb.domain import Kind
from kb.messages import TransientError
from search.summary.answer import WrittenStatement, read_statements
from search.summary.number_check import has_its_numbers
from search.summary.numbers import read_amounts
from search.summary.results import CitedPassage, Dropped, Side
from search.summary.verification import check_statements, clean_statement, is_one_sided
from tests.kb.growth import assert_linear

TEXT = (
    "La raccolta differenziata è passata dal 53 % del 2014 all'85,4 % nel 2019 in 50 comuni. "
    "Il costo è di 1,2 milioni di euro per circa trentacinque addetti; metà delle famiglie paga "
    "di meno. Dal 12.03.2021 si risparmiano 300 t di CO₂ in tre anni: non è poco."
)
PASSAGE = CitedPassage(1, Kind.DOCUMENT, "d", "Rifiuti", "", "it", TEXT, "p", ((7, 0, 400),))
WASTE = (
    "Tra il 2015 e il 2021, da 420 a 273 kg per abitante, la raccolta è cresciuta del 35 % in 12 "
    "comuni. La tariffa è costata 45.000 euro."
)
QUOTE = "La raccolta differenziata è passata dal 53 %"


def check(text, quotation=QUOTE, passage=1, language="it"):
    """The reason, or what was kept."""
    kept, dropped = check_statements(
        [WrittenStatement(text, passage, quotation)], [PASSAGE], [], language
    )
    return next(iter(dropped), None) or kept[0]


@pytest.mark.parametrize(
    ("statement", "language"),
    [
        ("Nel 2019 la raccolta differenziata era all'85,4 per cento.", "it"),
        ("La raccolta è salita dal 53 all'85,4 %.", "it"),
        ("Ci lavorano 35 addetti, in cinquanta comuni.", "it"),
        ("Costa 1.200.000 euro, cioè un milione e duecentomila euro.", "it"),
        ("It cost € 1.2 million in fifty municipalities.", "en"),
        ("Once it was in place, half of the families paid less.", "en"),
        ("Il 50 % delle famiglie paga di meno.", "it"),
        ("Dal 12.03.2021 si risparmiano 300 tonnellate di CO2 in 3 anni.", "it"),
        ("Dal 2014 al 2019 la raccolta è cresciuta.", "it"),
    ],
)
def test_numbers_of_the_passage_may_be_said_otherwise(statement, language):
    assert has_its_numbers(statement, TEXT + " Il 50 % paga meno.", language, "it")


@pytest.mark.parametrize(
    ("statement", "language"),
    [
        ("Nel 2020 la raccolta era all'85,4 %.", "it"),
        ("La raccolta era all'87 %.", "it"),
        ("La raccolta era all'85 %.", "it"),
        ("In 53 comuni si raccoglie.", "it"),
        ("Cinquantuno comuni raccolgono.", "it"),
        ("Costa 1,2 miliardi di euro.", "it"),
        ("Costa 1,2 milioni di dollari.", "it"),
        ("Costa 1,2 %.", "it"),
        ("Ci sono trentasei addetti.", "it"),
        ("Thirty-six people work there.", "en"),
        ("Un terzo delle famiglie paga meno.", "it"),
        ("I costi sono raddoppiati.", "it"),
        ("Centinaia di famiglie pagano meno.", "it"),
        ("Si risparmiano 300 kg di CO2.", "it"),
        ("Si risparmiano 300 t in tre mesi.", "it"),
        ("Dal 12.04.2021 si risparmia.", "it"),
        ("Il programma H2021 paga.", "it"),
        ("Nel duemilaventi è finita.", "it"),
        ("Costa tra 1 e 1,2 milioni di euro.", "it"),
    ],
)
def test_a_number_that_is_not_in_the_passage_is_noticed(statement, language):
    assert not has_its_numbers(statement, TEXT, language, "it")


@pytest.mark.parametrize(
    ("statement", "language", "passage", "passage_language"),
    [
        ("In media costa poco: ci sono mezzi pubblici.", "it", "On average it is cheap.", "en"),
        ("Il costo medio è basso.", "it", "The cost is low on average.", "en"),
        ("Ci lavora il terzo settore, per mezzo di volontari.", "it", "Volunteers do it.", "en"),
        ("Social media and the third sector took part.", "en", "Vi lavorano volontari.", "it"),
        ("Two miles of lanes were built.", "en", "Two miles of lanes.", "en"),
        ("Il quarto quartiere paga meno.", "it", "Das vierte Viertel zahlt weniger.", "de"),
        ("Les tiers-lieux accueillent tous.", "fr", "Open spaces welcome everybody.", "en"),
        ("El medio ambiente mejora.", "es", "L'ambiente migliora.", "it"),
        ("I costi sono dimezzati.", "it", "Costs were halved.", "en"),
        ("I costi sono dimezzati.", "it", "Die Kosten sanken um 50 %.", "de"),
        ("I costi sono raddoppiati.", "it", "I costi sono 2 volte quelli di prima.", "it"),
        ("Costs doubled.", "en", "I costi sono saliti del 100 %.", "it"),
        ("Un terzo delle famiglie paga meno.", "it", "1/3 of the families pay less.", "en"),
        ("Two thirds of the families pay less.", "en", "Il 67 % paga meno.", "it"),
        ("Una dozzina di comuni.", "it", "12 municipalities.", "en"),
        ("Zwei Drittel zahlen weniger.", "de", "Due terzi pagano meno.", "it"),
        (
            "Ein Drittel zahlt weniger.",
            "de",
            "Zahlt jedes Drittel? Ein Drittel.",
            "de",
        ),
        ("Tre quarti pagano meno.", "it", "Les trois quarts paient moins.", "fr"),
        ("La mitad paga menos: 1/2.", "es", "Half of them pay less.", "en"),
        ("Dreiviertel zahlen weniger.", "de", "75 % pay less.", "en"),
        ("Nel 2019 ha aderito un terzo dei comuni.", "it", "In 2019 a third joined.", "en"),
        ("Dal 2015 al 2021 i rifiuti calano da 420 a 273 kg.", "it", WASTE, "it"),
        ("In 12 comuni si spendono 45.000 euro.", "it", WASTE, "it"),
        ("It costs € 45,000 in 12 municipalities.", "en", WASTE, "it"),
        ("Per un decennio ha funzionato.", "it", "It worked for 10 years.", "en"),
        ("Vi lavora una trentina di persone.", "it", "30 persons work there.", "en"),
        ("Le famiglie sono 3200.", "it", "There are 3,200 families.", "en"),
        ("Il parco è di 12 ha.", "it", "Der Park hat 12 Hektar.", "de"),
        ("Erano 1500 partecipanti.", "it", "Vi erano 1500 persone.", "it"),
        ("Nel XIX secolo era un mulino.", "it", "Un mulino del XIX secolo.", "it"),
        ("L'orto è curato dal 2015.", "it", "Dal 2015 volontari curano l'orto.", "it"),
        ("Dal 2015 volontari curano l'orto.", "it", "L'orto è curato dal 2015.", "it"),
        ("Members rose from 1600 to 2000.", "en", "From 1600 to 2000 members.", "en"),
        ("In 3 anni i costi calano.", "it", "Em 3 anos os custos baixam.", "pt"),
        ("Aperto 24 ore.", "it", "Aperto 24 h su 24.", "it"),
        ("Vi scrivono 20 giornalisti.", "it", "20 journalists write there.", "en"),
        ("The town received a high score.", "en", "Il punteggio è alto.", "it"),
        ("Thirty volunteers help.", "en", "Aiuta una trentina di volontari.", "it"),
        ("It lasted three years.", "en", "È durato un triennio.", "it"),
        ("Il 50 % paga meno.", "it", "Metà delle famiglie paga meno.", "it"),
        ("Servono 2/3 giorni.", "it", "Servono 2-3 giorni.", "it"),
    ],
)
def test_parts_and_multiples_may_be_said_otherwise(statement, language, passage, passage_language):
    assert has_its_numbers(statement, passage, language, passage_language)


@pytest.mark.parametrize(
    ("statement", "passage"),
    [
        ("I costi si sono dimezzati.", "Vi aderiscono 50 comuni."),
        ("I costi si sono dimezzati.", "Le scuole sono 2."),
        ("I costi sono raddoppiati.", "Il borgo ha 100 abitanti e 2 scuole."),
        ("I costi sono triplicati.", "Vi sono 3 scuole e 200 alunni."),
        ("Un terzo delle famiglie paga meno.", "Le famiglie sono 33."),
        ("Tre quarti dei comuni.", "Sono 75 comuni."),
        ("Due terzi delle famiglie.", "Un terzo delle 2 famiglie."),
        ("I 3/4 dei comuni.", "Sono 3 comuni su 5, il 4 giugno."),
        ("I rifiuti calano di un ottavo.", WASTE),
        ("I costi sono decuplicati.", WASTE),
        ("I costi sono quintuplicati.", WASTE),
        ("Costa qualche miliardo di euro.", WASTE),
        ("La prova dura da un decennio.", WASTE),
        ("Calano di una trentina di chili.", WASTE),
        ("Calano di un ordine di grandezza.", WASTE),
        ("Dal XIX secolo si fa così.", WASTE),
        ("I rifiuti sono 273 mg per abitante.", WASTE),
        ("Il rumore è di 273 dB.", WASTE),
        ("La tariffa costa 2021 euro.", WASTE),
        ("Hanno aderito 2015 famiglie.", WASTE),
        ("La temperatura scende di 12 °C.", WASTE),
        ("Costa 420 CHF.", WASTE),
        ("Dura 12 secoli.", WASTE),
        ("I rifiuti sono 2015 kg.", WASTE),
        ("Le famiglie sono 3,2.", "Le famiglie sono 3.200."),
        ("Sono 300 l di acqua.", "Sono 300 m³ di acqua."),
        ("Migliaia di famiglie pagano meno.", "Le famiglie pagano meno."),
        ("Un anno e mezzo di lavori.", "Un anno di lavori."),
    ],
)
def test_a_part_or_multiple_is_no_plain_number(statement, passage):
    assert not has_its_numbers(statement, passage, "it", "it")


def test_a_statement_that_holds_has_its_words_and_page():
    kept = check("La raccolta differenziata era al **53 %** nel 2014 [1].", "la RACCOLTA, "
                 "differenziata e' passata dal 53")  # fmt: skip
    assert kept.text == "La raccolta differenziata era al 53 % nel 2014."
    assert kept.quotation == "La raccolta differenziata è passata dal 53 %"
    assert kept.quotation in TEXT
    assert kept.page == 7
    found = check("Molto più della metà dei comuni paga meno.", "metà delle famiglie paga di meno")
    assert found.quotation == "metà delle famiglie paga di meno."


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"passage": 99}, Dropped.NO_PASSAGE),
        ({"passage": None}, Dropped.NO_PASSAGE),
        ({"passage": 0}, Dropped.NO_PASSAGE),
        ({"quotation": ""}, Dropped.NO_QUOTATION),
        ({"quotation": "La … 53 %"}, Dropped.NO_QUOTATION),
        ({"text": ""}, Dropped.NO_QUOTATION),
        ({"text": "\u202e\u0000"}, Dropped.NO_QUOTATION),
        ({"quotation": "La raccolta differenziata è scesa"}, Dropped.NOT_VERBATIM),
        ({"quotation": "raccolta differenziata … nel 2019"}, Dropped.NOT_VERBATIM),
        ({"quotation": "accolta differenziata è passata"}, Dropped.NOT_VERBATIM),
        ({"quotation": "La raccolta differenziata è passat"}, Dropped.NOT_VERBATIM),
        ({"quotation": "La raccolta " * 200}, Dropped.NOT_VERBATIM),
        ({"text": "La raccolta differenziata è arrivata al 99 %."}, Dropped.NUMBERS),
        ({"text": "The separate collection has grown a lot in these towns."}, Dropped.LANGUAGE),
        ({"text": "Per saperne di più vedi https://evil.example/x."}, Dropped.ADDRESS),
        ({"text": "Per saperne di più vedi evil.example.com nella rete."}, Dropped.ADDRESS),
        ({"text": "Scrivi al sindaco: mario@comune.example.it per i moduli."}, Dropped.ADDRESS),
        ({"text": "Per il bonus comunale visita truffa.shop e raccolta."}, Dropped.ADDRESS),
        ({"text": "Per il bonus comunale visita truffa[.]com e raccolta."}, Dropped.ADDRESS),
        ({"text": "Per il bonus comunale visita truffa。com e raccolta."}, Dropped.ADDRESS),
        (
            {"text": "Per il bonus comunale visita ｔｒｕｆｆａ．ｃｏｍ e raccolta."},
            Dropped.ADDRESS,
        ),
        ({"text": "Per il bonus comunale visita truffa\u200b.com e raccolta."}, Dropped.ADDRESS),
        ({"text": "Per il bonus comunale scrivi a mario@esempio e basta."}, Dropped.ADDRESS),
        ({"text": "La raccolta <script>alert()</script> è cresciuta."}, Dropped.ADDRESS),
        ({"text": "La [raccolta](/logout) è cresciuta molto nei comuni."}, Dropped.ADDRESS),
        ({"text": "La raccolta è cresciuta. E le famiglie pagano meno."}, Dropped.LONG),
        ({"text": "La raccolta è cresciuta molto nei comuni " * 12}, Dropped.LONG),
    ],
    ids=str,
)
def test_a_statement_that_does_not_hold_is_dropped_with_its_reason(fields, reason):
    assert check(**{"text": "La raccolta differenziata è cresciuta nei comuni."} | fields) is reason


def test_a_statement_is_kept_once_and_not_more_than_eight():
    words = "comuni paesi città centri borghi villaggi territori luoghi quartieri".split()
    told = [f"La raccolta differenziata è cresciuta molto nei {word}." for word in words]
    written = [WrittenStatement(text, 1, QUOTE) for text in (told[0], told[0].upper(), *told[1:])]
    kept, dropped = check_statements(written, [PASSAGE], [], "it")
    assert [one.text for one in kept] == told[:8]
    assert dropped == {Dropped.DUPLICATE: 1, Dropped.LONG: 1}


ROWS = (
    CitedPassage(2, Kind.PRACTICE, "c", "", "", "it", "Traffico in città: −30 % (2014)."),
    CitedPassage(3, Kind.PRACTICE, "c", "", "", "it", "Traffico in città: −53 %."),
    CitedPassage(4, Kind.PRACTICE, "c", "", "", "it", "Il traffico è calato del 30 % in 15 anni."),
    CitedPassage(5, Kind.PRACTICE, "x", "", "", "it", "La spesa è calata del 30 % in 15 anni."),
)
SIDES = [
    Side("c/0", 2, tuple(read_amounts("−30 %", "it")), frozenset({"c"})),
    Side("c/0", 3, tuple(read_amounts("−53 %", "it")), frozenset({"c"})),
]


@pytest.mark.parametrize(
    ("cited", "refused"),
    [((), False), ((2,), True), ((3,), True), ((4,), True), ((5,), False), ((2, 3), False),
     ((4, 3), False), ((5, 3), True)],
)  # fmt: skip
def test_of_figures_that_contradict_each_other_all_are_told_or_none(cited, refused):
    by_number = {one.number: one for one in ROWS}
    written = [WrittenStatement(by_number[n].text, n, by_number[n].text) for n in cited]
    kept, dropped = check_statements(written, ROWS, SIDES, "it")
    assert (len(kept), not dropped) == (len(cited), True)
    assert is_one_sided(kept, SIDES) is refused


def test_a_contested_figure_without_its_other_is_not_told():
    alone = [Side("c", 0, tuple(read_amounts("30 %", "it")), frozenset({"c"}), is_alone=True)]
    written = [WrittenStatement(one.text, one.number, one.text) for one in ROWS[2:]]
    kept, dropped = check_statements(written, ROWS, alone, "it")
    assert [one.passage.number for one in kept] == [5]
    assert dropped == {Dropped.CONTESTED: 1}


ONE = '{"statements": [{"statement": "a", "passage": 2, "quotation": "b"}]}'


@pytest.mark.parametrize(
    "answer",
    [
        ONE,
        f"```json\n{ONE}\n```",
        f"```\n{ONE}```",
        f"<think>{{not this}}</think>\n{ONE}",
        f"Here it is: {ONE} I hope it helps.",
        '[{"text": "a", "source": "[2]", "quote": "b"}]',
        '{"statements": [{"statement": "a", "passage": ["2"], "quotation": "b"}]}',
        '{"statements": [{"statement": "a", "passage": 2.0, "quotation": "b"}]}',
        f"Here: {ONE} more {{x}}",
    ],
)
def test_answers_are_read_as_models_give_them(answer):
    assert read_statements(answer) == [WrittenStatement("a", 2, "b")]


@pytest.mark.parametrize(
    "answer",
    ["", "I am sorry.", "{}", "[" * 9000, '{"statements": "none"}', "1e999", "null", ONE[:-5]],
)
def test_an_answer_without_statements_is_refused_with_a_sentence(answer):
    with pytest.raises(TransientError, match="cannot be read"):
        read_statements(answer)


@pytest.mark.parametrize("row", ["<think>", "<think></think>", "```", "``` ", "```json\n{", "<"])
def test_the_time_to_read_an_answer_grows_with_its_length(row):
    def read(text):
        with pytest.raises(TransientError):
            read_statements(text)

    assert_linear(read, row, 120_000)


@pytest.mark.parametrize("row", ["a", "a-", "a.", "a@", "[1", "[1] ", "(1, ", "**", "  "])
def test_the_time_to_check_a_statement_grows_with_its_length(row):
    assert_linear(check, row, 120_000)


def test_a_bracket_full_of_digits_is_no_riddle():
    for odd in ("(" + "1" * 60, "[" + "1," * 60, "(1" + " ," * 60):
        assert clean_statement(odd) == odd


def test_odd_statements_are_read_as_empty():
    odd = '{"statements": [3, {}, {"statement": 4, "passage": true, "quotation": []}]}'
    assert read_statements(odd) == [WrittenStatement("", None, "")] * 3
    assert clean_statement("- **Uno**  `due` [1, 2].") == "Uno due."
    assert clean_statement("Era il 30 % (2014).") == "Era il 30 % (2014)."
