"""The text of a page as it is shown: nothing of it lost, tables as tables, the passage marked."""

from hypothesis import given
from hypothesis import strategies as st

from web.presenters.page_text import split_at_tables

TEXT = "Prima.\n\nComune | 2019 | 2020\nMontalto | 41 |\n| 52 | 61\n\nDopo."
TABLE = [TEXT.index("Comune"), TEXT.index("\n\nDopo"), TEXT.index("\nMontalto")]


def words(shown):
    """All that is shown, in order, and the marked part of it."""
    pieces = []
    for stretch in shown:
        pieces += stretch.pieces
        for row in (*stretch.table.header, *stretch.table.body) if stretch.table else ():
            for cell in row:
                pieces += [*cell.pieces, cell.bar]
    everything = "".join(one if isinstance(one, str) else one.text for one in pieces)
    marked = "".join(one.text for one in pieces if not isinstance(one, str) and one.marked)
    return everything, marked


def test_a_table_between_two_paragraphs():
    before, table, after = split_at_tables(TEXT, [TABLE], [])
    assert before.pieces[0].text == "Prima.\n\n"
    assert after.pieces[0].text == "\n\nDopo."
    cells = [["".join(p.text for p in cell.pieces) for cell in row] for row in table.table.body]
    assert cells == [["Montalto", "41", ""], ["", "52", "61"]]
    assert len(table.table.header) == 1


@given(st.lists(st.integers(0, len(TEXT)), max_size=6, unique=True))
def test_whatever_is_marked_nothing_is_lost(places):
    places = sorted(places)
    spans = list(zip(places[::2], places[1::2], strict=False))
    everything, marked = words(split_at_tables(TEXT, [TABLE], spans))
    assert "".join(everything.split()) == "".join(TEXT.split())
    expected = "".join(TEXT[start:end] for start, end in spans)
    letters = "".join(char for char in expected if char not in "|\n ")
    assert "".join(char for char in marked if char not in "|\n ") == letters


def test_a_link_leads_to_the_rows_and_not_to_the_repeated_header():
    row = TEXT.index("| 52")
    shown = split_at_tables(TEXT, [TABLE], [(TABLE[0], TABLE[2]), (row, TABLE[1])])
    table = next(one.table for one in shown if one.table)
    assert not any(p.first for cell in table.header[0] for p in cell.pieces)
    assert [p.first for cell in table.body[1] for p in cell.pieces] == [True, False]
