"""Cleaned text reads well, and every character of it can be found again in the raw one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract.extracted import RawPage
from ingest.text.alignment import to_raw
from ingest.text.clean import clean
from kb.domain import Verdict

NASTY = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("aàb.:-1 \n\r\t\x00\x0c\x1f\x85\u00ad\u200b\u200c\u200d\ufeff\ufffe\ufb01"),
        st.sampled_from("\u0300\u0301\u0327e\u0065\u1161\u1100\u11a8\ue000\uf0b7\u202e\u2028"),
    ),
    max_size=60,
)
PROSE = "Testo della pagina che parla del patto dei sindaci e di energia:"
BOOK = st.lists(NASTY, min_size=1, max_size=6)


def pages(texts, verdict=Verdict.TEXT):
    return [RawPage(number, text, verdict) for number, text in enumerate(texts, 1)]


def cleaned(text, laid_out=True):
    return clean(pages([text]), laid_out)[0].text


@given(BOOK, st.booleans())
def test_whatever_comes_in(texts, laid_out):
    for page, raw in zip(clean(pages(texts), laid_out), texts, strict=True):
        assert page.raw == raw
        assert_aligned(page)
        assert not [
            char
            for char in page.text
            if unicodedata.category(char) in {"Cc", "Cs", "Co"} and char != "\n"
        ]
        assert unicodedata.is_normalized("NFC", page.text)
        assert page.text == page.text.strip()
        assert "\n\n\n" not in page.text
        assert "  " not in page.text


@given(BOOK, st.booleans())
def test_cleaning_the_clean_changes_nothing(texts, laid_out):
    once = [page.text for page in clean(pages(texts), laid_out)]
    again = clean(pages(once), laid_out=False)
    assert [page.text for page in again] == once
    assert all(page.edits == () for page in again)


def assert_aligned(page):
    raw_at = text_at = 0
    for edit in page.edits:
        assert page.raw[raw_at : edit.raw_start] == page.text[text_at : edit.start]
        raw_at, text_at = edit.raw_end, edit.end
    assert page.raw[raw_at:] == page.text[text_at:]
    for start in range(0, len(page.text), 7):
        raw_start, raw_end = to_raw(page, start, min(start + 5, len(page.text)))
        assert 0 <= raw_start <= raw_end <= len(page.raw)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("the environmen\ufffetal goals", "the environmental goals"),
        ("the environmen-\r\ntal goals", "the environmental goals"),
        ("die Stra\u00ad\nße und Stra\u00adße", "die Straße und Straße"),
        ("in Emilia-\nRomagna", "in Emilia-Romagna"),
        ("nel 2014\ufffe2020", "nel 2014-2020"),
        ("CLIMATE ENVIRON\ufffeMENT", "CLIMATE ENVIRONMENT"),
        ("les sous\ufffestations et sous-stations", "les sous-stations et sous-stations"),
        ("eﬃcace ﬁne", "efficace fine"),
        ("citta\u0300 e mobilita\u0300", "città e mobilità"),
        ("Panel\u200b \u200b3", "Panel 3"),
        ("\uf0b7 gruppo A\r\n\uf0b7 gruppo B", "• gruppo A\n• gruppo B"),
        ("a\xa0b\tc", "a b c"),
        ("sotto\x00 \x0cpagina", "sotto pagina"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_characters_and_hyphens(raw, text):
    assert cleaned(raw) == text


def test_lines_of_a_paragraph_are_joined_and_blocks_kept():
    raw = (
        "2.1 Interventi\r\n"
        "Il Comune ha sostituito le caldaie delle scuole con\r\n"
        "pompe di calore e ha rifatto i cappotti termici degli\r\n"
        "edifici più vecchi.\r\n"
        "I consumi sono scesi del 38 per cento in tre anni e le\r\n"
        "famiglie hanno risparmiato.\r\n"
        "• primo lotto\r\n"
        "• secondo lotto, che comprende anche la palestra e la\r\n"
        "piscina comunale\r\n"
    )
    assert cleaned(raw).split("\n") == [
        "2.1 Interventi",
        "Il Comune ha sostituito le caldaie delle scuole con pompe di calore e ha rifatto i"
        " cappotti termici degli edifici più vecchi.",
        "I consumi sono scesi del 38 per cento in tre anni e le famiglie hanno risparmiato.",
        "• primo lotto",
        "• secondo lotto, che comprende anche la palestra e la piscina comunale",
    ]


def test_running_heads_and_page_numbers_go_and_titles_stay():
    book = [
        f"Piano energetico comunale\r\n{heading}\r\n{PROSE} {heading}.\r\n{number}"
        for number, heading in enumerate(["Sintesi", "Metodo", "Misure", "Costi"], 1)
    ]
    texts = [page.text for page in clean(pages(book), laid_out=True)]
    assert texts[0].startswith("Piano energetico comunale\nSintesi")
    assert texts[1] == f"Metodo\n{PROSE} Metodo."
    assert texts[3] == f"Costi\n{PROSE} Costi."


def test_what_repeats_in_the_middle_of_pages_or_is_all_there_is_stays():
    book = [f"Capitolo {word}\nObiettivi\nfine {word}" for word in ("uno", "due", "tre", "sei")]
    assert all("Obiettivi" in page.text for page in clean(pages(book), laid_out=True))
    numbers = [f"Page {number} of 4" for number in range(1, 5)]
    assert [page.text for page in clean(pages(numbers), laid_out=True)] == numbers


def test_pages_without_language_get_no_text_and_keep_their_raw():
    page = clean(pages(["\ue001\ue002 ~~"], Verdict.GARBAGE), laid_out=True)[0]
    assert (page.text, page.raw, page.verdict) == ("", "\ue001\ue002 ~~", Verdict.GARBAGE)
