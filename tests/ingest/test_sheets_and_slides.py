"""Workbooks, presentations and CSV files from the command line to their page and a search."""

from __future__ import annotations

import datetime

import openpyxl
import pptx
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table as DefinedTable
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Cm

from tests.front_door import SHARED, page_text, search, whole_text
from tests.ingest.sheet_files import odf, saved, strict, typed, written

CASES = SHARED / "cases"
XLSX_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
XLSX_KINDS = {
    "cartella.xlsm": "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    "modello.xltx": "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
    "modello.xltm": "application/vnd.ms-excel.template.macroEnabled.main+xml",
}
PML = "application/vnd.openxmlformats-officedocument.presentationml.{}.main+xml"
PPTX_MAIN = PML.format("presentation")
PPTX_KINDS = {
    "mostra.ppsx": PML.format("slideshow"),
    "modello.potx": PML.format("template"),
    "macro.pptm": "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
    "mostra.ppsm": "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
}


def simple_workbook(word):
    book = openpyxl.Workbook()
    book.active.title = "Alberi"
    book.active.append(["Via", "Specie", "Numero"])
    book.active.append([f"Viale {word}", "tiglio", 41])
    return saved(book)


def simple_deck(word):
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = f"Piazza {word}"
    box = slide.shapes.add_textbox(Cm(2), Cm(6), Cm(10), Cm(3))
    box.text_frame.text = f"La piazza {word} è stata chiusa alle auto."
    return saved(deck)


def rich_workbook():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Indicatori"
    sheet["A1"] = "Tabella 4 – Indicatori dei comuni del Valdastico"
    sheet.append([])
    sheet.append(["Comune", "Quota", "Spesa", "Delibera", "Attivo", "Abitanti", "Scarto"])
    sheet.append(["Montalto", 0.653, 56701.03, datetime.date(2023, 3, 15), True, 12345, -0.5])
    sheet.append(["Pievefosca", None, 1250000, datetime.date(2023, 12, 1), False, 980, 0.25])
    sheet.append(["Segretona", 1, 1, datetime.date(2020, 1, 1), True, 1, 1])
    formats = ["0.0%", '#,##0.00 "€"', "dd/mm/yyyy", "General", "#,##0", "+0.0;-0.0"]
    for row in (4, 5):
        for column, code in enumerate(formats, 2):
            sheet.cell(row, column).number_format = code
    sheet.row_dimensions[6].hidden = True
    sheet["H3"], sheet["H4"] = "Colonnasegreta", "valoresegreto"
    sheet.column_dimensions["H"].hidden = True
    sheet["A4"].comment = Comment("commentosegreto", "Anna")
    sheet["A9"], sheet["B9"] = "Sportello", "Addetti"
    sheet["A10"], sheet["B10"] = "Anagrafe", 7
    sheet["D9"], sheet["E9"] = "Plesso", "Alunni"
    sheet["D10"], sheet["E10"] = "Pascoli", 210
    hidden = book.create_sheet("Fogliosegreto")
    hidden.append(["parolasegreta"])
    hidden.sheet_state = "hidden"
    merged = book.create_sheet("Interventi")
    for row in (
        ["Settore", "Intervento", "Costo"],
        ["Energia", "Cappotto", 88000],
        [None, "Caldaie", 9000],
    ):
        merged.append(row)
    merged.merge_cells("A2:A3")
    merged.append(["Totale", None, "=SUM(C2:C3)"])
    merged.add_table(DefinedTable(displayName="Spese", ref="A1:C3"))
    chart = BarChart()
    chart.title = "Andamento delle spese energetiche"
    chart.add_data(Reference(merged, min_col=3, min_row=1, max_row=3), titles_from_data=True)
    chart.set_categories(Reference(merged, min_col=2, min_row=2, max_row=3))
    merged.add_chart(chart, "F2")
    return saved(book)


def rich_deck():
    deck = pptx.Presentation()
    blank, titled = deck.slide_layouts[6], deck.slide_layouts[5]
    first = deck.slides.add_slide(titled)
    first.shapes.title.text = "Confronto"
    for left, top, text in (
        (12, 5.0, "secondariquadro"),
        (2, 5.1, "primoriquadro"),
        (12, 9.0, "quartoriquadro"),
        (2, 9.2, "terzoriquadro"),
    ):
        first.shapes.add_textbox(Cm(left), Cm(top), Cm(8), Cm(3)).text_frame.text = text
    group = first.shapes.add_group_shape()
    group.shapes.add_textbox(Cm(2), Cm(13), Cm(5), Cm(1)).text_frame.text = "nelgruppo"
    first.notes_slide.notes_text_frame.text = "appuntodelrelatore"
    second = deck.slides.add_slide(titled)
    second.shapes.title.text = "Tabella"
    table = second.shapes.add_table(4, 3, Cm(2), Cm(5), Cm(15), Cm(5)).table
    for row, cells in enumerate(
        (["Settore", "Voce", "Euro"], ["Energia", "Cappotto", ""], ["", "Caldaie", "9.000"])
    ):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    third = deck.slides.add_slide(blank)
    third.shapes.add_textbox(0, 0, Cm(5), Cm(1)).text_frame.text = "diapositivanascosta"
    third._element.set("show", "0")
    fourth = deck.slides.add_slide(blank)
    data = CategoryChartData(number_format="0%")
    data.categories = ["A piedi", "In auto"]
    data.add_series("Dopo il pedibus", (0.44, 0.45))
    chart = fourth.shapes.add_chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(1), Cm(1), Cm(15), Cm(9), data
    ).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Mobilità scolastica a Valdombra"
    deck.slides.add_slide(blank)
    return saved(deck)


def cell(text="", more=""):
    return f"<table:table-cell{more}><text:p>{text}</text:p></table:table-cell>"


def row(*cells, more=""):
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


def spreadsheet(kind="spreadsheet"):
    empty = '<table:table-cell table:number-columns-repeated="16380"/>'
    body = (
        '<table:table table:name="Consumi"><table:table-column/>'
        + row(cell("Scuola"), cell("Gas"), cell("Luce"), cell("Quota"), empty)
        + row(
            cell("Rodari", ' table:number-rows-spanned="2"'),
            cell("1.007"),
            "<table:table-cell/>",
            '<table:table-cell office:value-type="percentage" office:value="0.653"/>',
        )
        + row("<table:covered-table-cell/>", cell("1.014"), cell("7"), cell("8%"))
        + row(cell("Scuolasegreta"), cell("1"), more=' table:visibility="collapse"')
        + row(empty, more=' table:number-rows-repeated="1048000"')
        + '</table:table><table:table table:name="Segreto" table:style-name="nascosto">'
        + row(cell("fogliosegreto"))
        + "</table:table>"
    )
    style = (
        '<style:style style:name="nascosto" style:family="table">'
        '<style:table-properties table:display="false"/></style:style>'
    )
    return odf(kind, body, style)


def frame(left, top, text, more=""):
    return (
        f'<draw:frame svg:x="{left}cm" svg:y="{top}cm" svg:width="8cm" svg:height="3cm"{more}>'
        f"<draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"
    )


def slides(kind="presentation"):
    table = row(cell("Comune"), cell("Quota")) + row(cell("Montalto"), cell("65,3%"))
    body = (
        "<draw:page>"
        + frame(12, 5, "secondariquadro")
        + frame(2, 5.1, "primoriquadro")
        + frame(1, 1, "Piano del rumore", ' presentation:class="title"')
        + f'<draw:frame svg:x="2cm" svg:y="10cm"><table:table>{table}</table:table></draw:frame>'
        + f"<presentation:notes>{frame(0, 0, 'appuntodelrelatore')}</presentation:notes>"
        + '</draw:page><draw:page draw:style-name="nascosta">'
        + frame(1, 1, "diapositivanascosta")
        + "</draw:page>"
    )
    style = (
        '<style:style style:name="nascosta" style:family="drawing-page">'
        '<style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
    )
    return odf(kind, body, style)


def long_csv():
    rows = (f"Palestra n. {n};{n * 7};{n * 31}" for n in range(1, 400))
    return "\n".join(["Edificio;Consumo metano (Smc);Consumo luce (kWh)", *rows]).encode()


FILES = {
    "indicatori.xlsx": rich_workbook(),
    "rigoroso.xlsx": strict(simple_workbook("Rigoroso")),
    **{
        name: typed(simple_workbook(name.replace(".", "")), XLSX_MAIN, kind)
        for name, kind in XLSX_KINDS.items()
    },
    "presentazione.pptx": rich_deck(),
    "rigorosa.pptx": strict(simple_deck("Rigorosa")),
    **{
        name: typed(simple_deck(name.replace(".", "")), PPTX_MAIN, kind)
        for name, kind in PPTX_KINDS.items()
    },
    "consumi.ods": spreadsheet(),
    "consumi.ots": spreadsheet("spreadsheet-template").replace(b"", b""),
    "rumore.odp": slides(),
    "rumore.otp": slides("presentation-template"),
    "palestre.csv": long_csv(),
    "virgole.csv": b'Comune,Nota,Euro\n"Rocca, Verde","detta ""la verde""\ne alta",12\nPieve,,7\n',
    "tab.tsv": "Comune\tNota\nForlì\tcittà più verde\n".encode("cp1252"),
    "sep.csv": b"sep=|\r\nComune|Nota\r\nMontalto|in sedici\r\n",
    "utf16.csv": "Comune;Nota\nSan Donà;perché no\n".encode("utf-16"),
    "preambolo.csv": (
        b"Rilevazione dei parchi gioco\n\nComune;Parchi;Anno\nMontalto;12;2021\nPieve;;2022\n"
    ),
}


@pytest.fixture(scope="module")
def ids(front_door, tmp_path_factory):
    paths = written(tmp_path_factory.mktemp("sheets"), FILES)
    results = front_door.ingest(paths)
    assert {name: line["reason"] for name, line in results.items() if line["reason"]} == {}
    return {name: line["id"] for name, line in results.items()}


@pytest.fixture(scope="module")
def text_of(front_door, ids):
    return lambda name: whole_text(front_door.client, ids[name])


def test_cells_as_they_are_shown(text_of):
    text = text_of("indicatori.xlsx")
    assert "Tabella 4 – Indicatori dei comuni del Valdastico" in text
    assert "Comune | Quota | Spesa | Delibera | Attivo | Abitanti | Scarto" in text
    assert "Montalto | 65,3% | 56.701,03 € | 15/03/2023 | VERO | 12.345 | -0,5" in text
    assert "Pievefosca | | 1.250.000,00 € | 01/12/2023 | FALSO | 980 | +0,3" in text


def test_what_is_hidden_in_a_workbook_is_not_read(text_of):
    text = text_of("indicatori.xlsx").lower()
    assert "segret" not in text


def test_several_tables_on_a_sheet(text_of):
    text = text_of("indicatori.xlsx")
    assert "Sportello | Addetti\nAnagrafe | 7" in text
    assert "Plesso | Alunni\nPascoli | 210" in text


def test_merged_cells_and_charts_of_a_workbook(text_of):
    text = text_of("indicatori.xlsx")
    assert "Energia | Cappotto | 88000\nEnergia | Caldaie | 9000" in text
    assert "Andamento delle spese energetiche" in text
    assert "Cappotto | 88000" in text.partition("Andamento")[2]


@pytest.mark.parametrize("name", ["rigoroso.xlsx", *XLSX_KINDS])
def test_every_kind_of_workbook(text_of, name):
    assert "Via | Specie | Numero" in text_of(name)


@pytest.mark.parametrize("name", ["rigorosa.pptx", *PPTX_KINDS])
def test_every_kind_of_presentation(text_of, name):
    assert "è stata chiusa alle auto." in text_of(name)


@pytest.mark.parametrize("name", ["presentazione.pptx", "rumore.odp"])
def test_boxes_in_reading_order_and_notes_last(front_door, ids, name):
    text = page_text(front_door.client, ids[name])
    order = [
        text.index(word) for word in ("primoriquadro", "secondariquadro", "appuntodelrelatore")
    ]
    assert order == sorted(order)


def test_tables_charts_and_groups_of_a_presentation(text_of):
    text = text_of("presentazione.pptx")
    assert "nelgruppo" in text
    assert "Settore | Voce | Euro\nEnergia | Cappotto |\nEnergia | Caldaie | 9.000" in text
    assert "Mobilità scolastica a Valdombra" in text
    assert "A piedi | 44%" in text


@pytest.mark.parametrize("name", ["presentazione.pptx", "rumore.odp", "rumore.otp"])
def test_hidden_slides_are_left_out_and_counted(front_door, ids, text_of, name):
    assert "diapositivanascosta" not in text_of(name)
    page = front_door.client.get(f"/documents/{ids[name]}").text
    assert "Diapositive nascoste, non lette: 1." in page


def test_slides_without_text_are_counted(front_door, ids):
    page = front_door.client.get(f"/documents/{ids['presentazione.pptx']}").text
    assert "Diapositive senza testo: 1." in page


@pytest.mark.parametrize("name", ["consumi.ods", "consumi.ots"])
def test_spreadsheets_of_open_formats(text_of, name):
    text = text_of(name)
    assert "Scuola | Gas | Luce | Quota\nRodari | 1.007 | | 65,3%\nRodari | 1.014 | 7 | 8%" in text
    assert "segret" not in text.lower()


def test_presentations_of_open_formats(text_of):
    text = text_of("rumore.otp")
    assert text.index("Piano del rumore") < text.index("primoriquadro")
    assert "Comune | Quota\nMontalto | 65,3%" in text


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "virgole.csv",
            'Comune | Nota | Euro\nRocca, Verde | detta "la verde" e alta | 12\nPieve | | 7',
        ),
        ("tab.tsv", "Comune | Nota\nForlì | città più verde"),
        ("sep.csv", "Comune | Nota\nMontalto | in sedici"),
        ("utf16.csv", "Comune | Nota\nSan Donà | perché no"),
        ("preambolo.csv", "Comune | Parchi | Anno\nMontalto | 12 | 2021\nPieve | | 2022"),
    ],
)
def test_csv_is_read_as_a_table(text_of, name, rows):
    assert rows in text_of(name)


def test_the_title_of_a_table_is_the_name_of_its_file(front_door, ids):
    state = front_door.client.get(f"/api/v1/documents/{ids['palestre.csv']}").json()
    assert state["metadata"]["title"].lower() == "palestre"


def test_a_row_far_down_is_found_with_the_names_of_its_columns(front_door, ids):
    results = search(front_door.client, "consumo metano palestra n. 293")
    first = next(one for one in results if one["id"] == ids["palestre.csv"])
    text = first["passages"][0]["text"]
    assert "Palestra n. 293 | 2051 | 9083" in text
    assert "Edificio | Consumo metano (Smc) | Consumo luce (kWh)" in text


def test_the_page_shows_a_table_with_header_cells(front_door, ids):
    answer = front_door.client.get(f"/documents/{ids['consumi.ods']}/pages/1").text
    assert '<th scope="col">Scuola' in answer
    assert '<td>1.007<span class="cell-bar" aria-hidden="true"> | </span></td>' in answer


def test_the_passage_is_marked_within_the_table(front_door, ids):
    results = search(front_door.client, "consumo metano palestra n. 293")
    first = next(one for one in results if one["id"] == ids["palestre.csv"])
    passage = first["passages"][0]
    number = passage["page_answer"] or passage["page_first"]
    address = f"/documents/{ids['palestre.csv']}/pages/{number}?passage={passage['passage_id']}"
    answer = front_door.client.get(address).text
    assert "<mark>Edificio</mark>" in answer
    assert ">Palestra n. 293</mark>" in answer
    assert answer.count('id="passage"') == 1
    assert '<th scope="col"><mark id="passage">' not in answer
