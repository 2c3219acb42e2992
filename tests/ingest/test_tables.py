"""Tables as rows of text: every cell under its column, header rows known."""

import pytest

from ingest.extract.shared.blocks import Block, cut_sections, join_blocks
from ingest.extract.shared.headers import count_headers, is_number
from ingest.extract.shared.tables import Cell, TableRow, Tables, table_blocks, text_rows


def texts(blocks):
    return [block.text for block in blocks]


def cell(text, **spans):
    return Cell([Block(text)] if text else [], **spans)


def test_empty_cells_keep_their_column():
    blocks = text_rows(
        [["Comune", "2019", "", "2021"], ["Montalto", "41", "", ""], ["", "", "", ""]]
    )
    assert texts(blocks) == ["Comune | 2019 | 2021", "Montalto | 41 |"]
    blocks = text_rows([["", "2019", "2020"], ["Montalto", "", "58"]])
    assert texts(blocks) == ["| 2019 | 2020", "Montalto | | 58"]
    assert [block.header for block in blocks] == [True, False]


def test_bars_and_line_ends_within_a_cell():
    assert texts(text_rows([["a|b", "c\nd"], ["1", "2"]]))[0] == "a¦b | c d"


def test_spans_downwards_are_repeated_and_sideways_written_once():
    rows = [
        TableRow([cell("Settore", rows=2), cell("Costo", columns=2)]),
        TableRow([cell("2020"), cell("2021")]),
        TableRow([cell("Energia", rows=2), cell("Cappotto"), cell("88.000")]),
        TableRow([cell("Caldaie"), cell("9.000")]),
    ]
    blocks = table_blocks(rows)
    assert texts(blocks) == [
        "Settore | Costo |",
        "Settore | 2020 | 2021",
        "Energia | Cappotto | 88.000",
        "Energia | Caldaie | 9.000",
    ]
    assert [block.header for block in blocks] == [True, True, False, False]


def test_the_lower_part_of_a_merged_cell_continues_it():
    rows = [
        TableRow([cell("Settore"), cell("Costo")], header=True),
        TableRow([cell("Energia"), cell("88.000")]),
        TableRow([cell("", continues=True), cell("9.000")]),
    ]
    assert texts(table_blocks(rows))[2] == "Energia | 9.000"


def test_a_span_that_never_ends_does_not_fill_the_memory():
    rows = [TableRow([cell("a", columns=10**9, rows=10**9), cell("b")]) for _ in range(2000)]
    assert len(table_blocks(rows)) == 2000


def test_a_table_that_lays_out_the_page_is_paragraphs():
    prose = "Una frase lunga. " * 200
    assert texts(table_blocks([TableRow([cell("Titolo"), cell(prose)])])) == ["Titolo", prose]
    assert texts(
        table_blocks([TableRow([cell("sola")]), TableRow([cell(""), cell("colonna")])])
    ) == [
        "sola",
        "colonna",
    ]


def test_a_table_within_a_cell_is_part_of_it():
    tables = Tables()
    tables.start_table()
    tables.start_row(header=True)
    for text in ("fuori", "altra"):
        tables.start_cell()
        assert tables.take(Block(text)) == []
    tables.start_table()
    tables.start_row()
    tables.start_cell()
    assert tables.take(Block("dentro")) == []
    assert tables.end_table() == []
    assert texts(tables.end_table()) == ["fuori | altra dentro"]
    assert tables.take(Block("dopo")) == [Block("dopo")]


@pytest.mark.parametrize(
    ("rows", "headers"),
    [
        (["Comune|2019|2020", "Montalto|41|58"], 1),
        (["Comune;Nota".replace(";", "|"), "Montalto|ha aderito", "Pieve|non ancora"], 1),
        (["Comune|Montalto", "Abitanti|4.000", "Referente|Ada Neri"], 0),
        (["Scuola|Consumo", "Pascoli|12,5", "Manzoni|9"], 1),
        (["1|2", "3|4"], 0),
        (["Perdite di rete|||", "Anno|Perdite|Quota|Note", "2020|12|3 %|stima"], 2),
        (["|Energia||Acqua|", "Comune|2019|2020|2019|2020", "Montalto|1|2|3|4"], 2),
        (["Comune|Quota|Spesa", "Montalto|65,3%|56.701,03 €"], 1),
        (["Montalto|65,3%|56.701,03 €", "Pieve|1%|2 €"], 0),
        (["Comune|Quota"], 0),
    ],
)
def test_which_rows_name_the_columns(rows, headers):
    assert count_headers([row.split("|") for row in rows]) == headers


@pytest.mark.parametrize(
    "text", ["1.234,56", "12,5%", "−3", "€ 9", "31/12/2021", "20 kWh", "12,5 €/m²"]
)
def test_numbers(text):
    assert is_number(text)


@pytest.mark.parametrize("text", ["2019", "2014-2020", "anno 2020", "Scuola 3", "kWh", ""])
def test_no_numbers(text):
    assert not is_number(text)


def test_places_of_tables_and_their_header_rows():
    rows = [["Scuola", "Consumo"], ["Pascoli", "12"]]
    text, _, tables = join_blocks(
        [Block("Prima"), *text_rows(rows), *text_rows(rows), Block("Dopo")]
    )
    assert [text[t.start : t.end] for t in tables] == ["Scuola | Consumo\nPascoli | 12"] * 2
    assert [text[t.start : t.header_end] for t in tables] == ["Scuola | Consumo"] * 2


def test_a_page_that_begins_within_a_table_repeats_its_header_rows():
    rows = [["Scuola", "Consumo"], *([f"Pascoli {n}", "12"] for n in range(3000))]
    text, marks, tables = join_blocks([Block("Prima"), *text_rows(rows)])
    pages, _ = cut_sections(text, marks, tables)
    assert len(pages) > 2
    for page in pages:
        (table,) = page.tables
        assert page.text[table.start : table.header_end] == "Scuola | Consumo"
        assert page.text[table.start : table.end].strip().count("\n") > 100
