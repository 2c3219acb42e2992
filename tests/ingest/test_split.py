"""Passages: verbatim, within the budget, complete, never across a chapter, the same every time."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.processes.extract_child import rules_of
from ingest.text.split import (
    SPLITTER_VERSION,
    PassageRules,
    contextual_header,
    passage_id,
    split_passages,
)
from kb.domain import Heading, Page, Span, Table, Verdict

RULES = PassageRules(tokens=40, overlap=8)
WORDS = "acqua piano energia comune rete. Scuola tetto! costo, dati; 12,5 km? sole\n luce\n\n mare "
TEXT = st.lists(st.sampled_from([*WORDS.split(" "), "x" * 90]), max_size=120).map(" ".join)
PAGES = st.lists(TEXT.map(str.strip), min_size=1, max_size=4)


def count(text):
    """Words and long words' parts, and two special tokens, as a model would have."""
    return 2 + sum(1 + len(word) // 20 for word in text.split())


def book(texts):
    return [Page(n, "", text, text, (), Verdict.TEXT) for n, text in enumerate(texts, 1)]


def passages_of(pages, headings=(), title="Piano", rules=RULES):
    return split_passages(
        pages,
        headings,
        title=title,
        content_key="key",
        rules=rules,
        count=count,
        language_of=lambda text: "it",
    )


@settings(deadline=None)
@given(PAGES, st.data())
def test_whatever_the_text(texts, data):
    pages = book(texts)
    places = st.tuples(st.integers(1, 3), st.integers(1, len(texts)), st.integers(0, 300))
    headings = [
        Heading(level, f"Heading {number}", page, min(offset, len(texts[page - 1])))
        for number, (level, page, offset) in enumerate(data.draw(st.lists(places, max_size=6)))
    ]
    passages = passages_of(pages, headings)
    for ordinal, passage in enumerate(passages):
        assert passage.ordinal == ordinal
        assert passage.text == "\n".join(
            pages[span.page - 1].text[span.start : span.end] for span in passage.spans
        )
        assert passage.text == passage.text.strip()
        assert (
            count(contextual_header("Piano", passage.heading_path) + passage.text) <= RULES.tokens
        )
    covered = {
        (span.page, place)
        for passage in passages
        for span in passage.spans
        for place in range(span.start, span.end)
    }
    for page in pages:
        for place, char in enumerate(page.text):
            assert (page.number, place) in covered or not char.isalnum()


def test_a_passage_may_go_on_over_the_page():
    pages = book(["Il comune ha rifatto la rete", "e ridotto le perdite."])
    (passage,) = passages_of(pages)
    assert [(s.page, s.start, s.end) for s in passage.spans] == [(1, 0, 28), (2, 0, 21)]
    assert passage.text == "Il comune ha rifatto la rete\ne ridotto le perdite."
    assert (passage.page_first, passage.page_last) == (1, 2)


def test_each_passage_of_a_table_has_its_header_rows():
    header_rows = "Scuola | Consumo gas"
    rows = "\n".join([header_rows, *(f"Scuola n. {n} | {n * 10} mc" for n in range(30))])
    text = f"Premessa al quadro dei consumi.\n\n{rows}\n\n{'Altro testo dopo la tabella. ' * 9}"
    start = text.index(header_rows)
    table = Table(start, start + len(rows), start + len(header_rows))
    page = Page(1, "", text.strip(), text.strip(), (), Verdict.TEXT, (table,))
    passages = passages_of([page])
    with_rows = [passage for passage in passages if "mc" in passage.text]
    assert len(with_rows) > 5
    for passage in passages:
        assert passage.text == "\n".join(text[span.start : span.end] for span in passage.spans)
        assert passage.text.count(header_rows) == (passage in with_rows)
        assert count(contextual_header("Piano", ()) + passage.text) <= RULES.tokens
    assert with_rows[1].spans[0] == Span(1, table.start, table.header_end)
    assert (with_rows[1].page_first, with_rows[1].page_last) == (1, 1)


def test_header_rows_too_long_for_a_passage_are_not_repeated():
    names = " | ".join(f"colonna {n}" for n in range(20))
    rows = "\n".join([names, *(f"Scuola n. {n} | 5" for n in range(30))])
    page = Page(1, "", rows, rows, (), Verdict.TEXT, (Table(0, len(rows), len(names)),))
    passages = passages_of([page])
    assert all(count(contextual_header("Piano", ()) + p.text) <= RULES.tokens for p in passages)
    assert "Scuola n. 29 | 5" in passages[-1].text
    assert len(passages[-1].spans) == 1


def test_pages_without_text_are_passed_over():
    pages = book(["prima parte", "", "seconda parte"])
    (passage,) = passages_of(pages)
    assert [span.page for span in passage.spans] == [1, 3]


def test_chapters_part_passages_and_sections_share_them():
    text = "Acqua\nPerdite\nSono scese.\nContatori\nSono nuovi.\nEnergia\nIl sole."
    headings = [
        Heading(1, "Acqua", 1, text.index("Acqua")),
        Heading(2, "Perdite", 1, text.index("Perdite")),
        Heading(2, "Contatori", 1, text.index("Contatori")),
        Heading(1, "Energia", 1, text.index("Energia")),
    ]
    water, energy = passages_of(book([text]), headings)
    assert water.text.startswith("Acqua\nPerdite")
    assert water.text.endswith("Sono nuovi.")
    assert water.heading_path == ("Acqua",)
    assert energy.heading_path == ("Energia",)


def test_a_lone_title_above_the_chapters_is_no_chapter():
    text = "Piano\nUno\ntesto a\nDue\ntesto b"
    headings = [
        Heading(1, "Piano", 1, 0),
        Heading(2, "Uno", 1, text.index("Uno")),
        Heading(2, "Due", 1, text.index("Due")),
    ]
    paths = [passage.heading_path for passage in passages_of(book([text]), headings)]
    assert paths == [("Piano", "Uno"), ("Piano", "Due")]


def test_pieces_of_a_long_section_repeat_whole_sentences():
    sentences = [f"La misura numero {number} costa poco." for number in range(30)]
    passages = passages_of(book([" ".join(sentences)]))
    assert len(passages) > 3
    for before, after in pairwise(passages):
        overlap = before.spans[0].end - after.spans[0].start
        assert overlap > 0
        assert after.text[:overlap] in before.text
        assert after.text.startswith("La misura")


def test_the_same_text_gets_the_same_ids_and_another_key_others():
    pages = book(["Il comune ha rifatto la rete. " * 20])
    first, again = passages_of(pages), passages_of(pages)
    assert first == again
    assert len({passage.id for passage in first}) == len(first)
    assert first[0].id == passage_id("key", 0) != passage_id("other", 0)
    assert SPLITTER_VERSION


@pytest.mark.parametrize(
    ("title", "path", "expected"),
    [
        ("Piano", ("Acqua", "Perdite"), "Piano › Acqua › Perdite\n"),
        ("Piano", ("Piano", "Acqua"), "Piano › Acqua\n"),
        ("", (), ""),
    ],
)
def test_header(title, path, expected):
    assert contextual_header(title, path) == expected


def test_a_long_header_is_cut():
    assert len(contextual_header("parola " * 100, ["titolo " * 50] * 9)) < 320


def test_no_passage_may_be_longer_than_the_model_reads(make_settings):
    allowed = rules_of(make_settings(passage_tokens=8192, passage_overlap=512))
    assert allowed == PassageRules(512, 256)
    assert rules_of(make_settings()) == PassageRules(320, 40)
