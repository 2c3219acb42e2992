"""OpenDocument texts as their readers see them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.extract.registry import extract
from kb.settings import Settings
from tests.ingest.office_files import ODT, OPEN_NAMESPACES, PROSE, flat_odt, odt


@pytest.fixture
def read(tmp_path: Path):
    def from_bytes(data: bytes, name: str = "atto.odt"):
        path = tmp_path / "stored"
        path.write_bytes(data)
        return extract(path, name, Settings(ocr=False), lambda done, total: None)

    return from_bytes


@pytest.fixture
def text_of(read):
    return lambda data: "".join(page.text for page in read(data).pages)


def p(content, style="", tag="p"):
    named = f' text:style-name="{style}"' if style else ""
    return f"<text:{tag}{named}>{content}</text:{tag}>"


def items(*contents):
    return "".join(f"<text:list-item>{content}</text:list-item>" for content in contents)


def listed(content, style="L", more=""):
    return f'<text:list text:style-name="{style}" {more}>{content}</text:list>'


def number(level, form, prefix="", suffix="", shown=1):
    return (
        f'<text:list-level-style-number text:level="{level}" style:num-format="{form}"'
        f' style:num-prefix="{prefix}" style:num-suffix="{suffix}" text:display-levels="{shown}"/>'
    )


ARTICLES = number(1, "1", "Art. ") + number(2, "a", "", ")")
BULLETS = '<text:list-level-style-bullet text:level="1" text:bullet-char="-"/>'


@pytest.mark.parametrize(
    ("levels", "body", "expected"),
    [
        (
            ARTICLES,
            listed(items(p("Oggetto") + f"<text:list>{items(p('uno'), p('due'))}</text:list>",
                         p("Fini"))),
            "Art. 1 Oggetto\na) uno\nb) due\nArt. 2 Fini",
        ),
        (
            number(1, "1", "", ".") + number(2, "1", "", "", 2),
            listed(items(p("A") + f"<text:list>{items(p('B'))}</text:list>", p("C"))),
            "1. A\n1.1 B\n2. C",
        ),
        (ARTICLES, listed(items(p("uno") + p("ancora uno"), p("due"))),
         "Art. 1 uno\nancora uno\nArt. 2 due"),
        (ARTICLES, listed(items(p("uno"))) + p(PROSE) + listed(items(p("due"))),
         f"Art. 1 uno\n\n{PROSE}\n\nArt. 1 due"),
        (ARTICLES, listed(items(p("uno"))) + p(PROSE)
         + listed(items(p("due")), more='text:continue-numbering="true"'),
         f"Art. 1 uno\n\n{PROSE}\n\nArt. 2 due"),
        (number(1, "I", "", ")"), listed('<text:list-header><text:p>capo</text:p>'
         '</text:list-header><text:list-item text:start-value="4"><text:p>uno</text:p>'
         "</text:list-item>"), "capo\nIV) uno"),
        (BULLETS, listed(items(p("uno"))), "• uno"),
    ],
)  # fmt: skip
def test_lists_are_numbered(text_of, levels, body, expected):
    automatic = f'<text:list-style style:name="L">{levels}</text:list-style>'
    assert text_of(odt(body, automatic)) == expected


def test_headings_are_numbered_by_the_outline(read):
    outline = "".join(
        f'<text:outline-level-style text:level="{n}" style:num-format="1"'
        f' text:display-levels="{n}"/>'
        for n in (1, 2)
    )
    styles = f"<office:styles><text:outline-style>{outline}</text:outline-style></office:styles>"
    body = "".join(
        f'<text:h text:outline-level="{level}">{title}</text:h>{p(PROSE)}'
        for level, title in ((1, "Premessa"), (1, "Quadro"), (2, "Europa"), (2, "Regione"))
    )
    assert [h.title for h in read(odt(body, styles=styles)).headings] == [
        "1 Premessa",
        "2 Quadro",
        "2.1 Europa",
        "2.2 Regione",
    ]


def span(text, style):
    return f'<text:span text:style-name="{style}">{text}</text:span>'


LOOKS = (
    '<style:style style:name="Su" style:family="text">'
    '<style:text-properties style:text-position="super 58%"/></style:style>'
    '<style:style style:name="Via" style:family="text">'
    '<style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="Nascosto" style:family="paragraph">'
    '<style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="Grassetto" style:family="paragraph">'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="P1" style:family="paragraph"'
    ' style:parent-style-name="Heading_20_1"/>'
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (p(f"nel 2020{span('3', 'Su')} del 45%{span('12', 'Su')}."), "nel 2020[3] del 45%[12]."),
        (p(f"106 m{span('3', 'Su')} di acqua"), "106 m³ di acqua"),
        (p(f"resta {span('segreto', 'Via')}"), "resta"),
        (p("segreto", "Nascosto") + p("resta"), "resta"),
        (p('<text:hidden-text text:is-hidden="true">segreto</text:hidden-text>resta'), "resta"),
        (p('<text:hidden-paragraph text:is-hidden="true"/>segreto') + p("resta"), "resta"),
        (f'<text:section text:name="s" text:display="none">{p("segreto")}</text:section>'
         + p("resta"), "resta"),
        (p("<text:placeholder>Inserire</text:placeholder>resta"), "resta"),
        (p('<loext:content-control loext:showing-place-holder="true">Inserire'
           "</loext:content-control>resta"), "resta"),
        (p("<office:annotation><text:p>commento</text:p></office:annotation>resta"), "resta"),
        (p("<text:ruby><text:ruby-base>base</text:ruby-base><text:ruby-text>su</text:ruby-text>"
           "</text:ruby>"), "base"),
        (f"<text:table-of-content>{p('Indice 3')}</text:table-of-content>{p('resta')}", "resta"),
        (p("anno<text:note text:note-class='endnote'><text:note-citation>i</text:note-citation>"
           f"<text:note-body>{p('Metodo.')}</text:note-body></text:note> 2020") + p("Fine."),
         "anno[i] 2020\n\nFine.\n\n[i] Metodo."),
        (p(f"testo<draw:frame><draw:text-box>{p('riquadro')}</draw:text-box></draw:frame>"),
         "testo\n\nriquadro"),
        (p("Si ha <draw:frame><draw:object><math:math><math:mfrac><math:mrow><math:mi>a</math:mi>"
           "<math:mo>+</math:mo><math:mi>b</math:mi></math:mrow><math:mn>2</math:mn></math:mfrac>"
           "</math:math></draw:object></draw:frame>"), "Si ha (a+b)/2"),
    ],
)  # fmt: skip
def test_what_is_read_of_a_paragraph(text_of, content, expected):
    assert text_of(odt(content, LOOKS)) == expected


def test_form_controls_show_what_was_filled_in(text_of):
    forms = (
        '<office:forms><form:form><form:text xml:id="c1" form:current-value="Valdombra"/>'
        '<form:checkbox xml:id="c2" form:label="sì" form:current-state="checked"/>'
        "</form:form></office:forms>"
    )
    body = forms + p('Comune: <draw:control draw:control="c1"/> <draw:control draw:control="c2"/>')
    assert text_of(odt(body)) == "Comune: Valdombra ☒ sì"


def test_headings_by_style_and_by_looks(read):
    styled = read(odt(p("Uno", "P1") + p(PROSE) + p("Due", "P1") + p(PROSE), LOOKS))
    assert [(h.level, h.title) for h in styled.headings] == [(1, "Uno"), (1, "Due")]
    bold = read(odt(p("PREMESSA", "Grassetto") + p(PROSE) * 3, LOOKS))
    assert [h.title for h in bold.headings] == ["PREMESSA"]


def test_tables_pictures_and_embedded_charts(read):
    def cell(content, more=""):
        return f"<table:table-cell {more}>{p(content)}</table:table-cell>"

    def row(*cells):
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    table = (
        row(cell("Settore"), cell("Voce"), cell("Costo"))
        + row(cell("Energia", 'table:number-rows-spanned="2"'), cell("Caldaie"), cell("12"))
        + row("<table:covered-table-cell/>", cell("Cappotto"), cell(""))
    )
    chart = (
        f"<office:document-content {OPEN_NAMESPACES}><chart:chart><chart:title><text:p>Pedibus"
        f"</text:p></chart:title><table:table>{row(cell(''), cell('2021'))}"
        f"{row(cell('A piedi'), cell('44'))}</table:table></chart:chart></office:document-content>"
    )
    body = (
        f"<table:table>{table}</table:table>"
        + p("<draw:frame><draw:object xlink:href='./Object 1'/><draw:image/></draw:frame>")
        + p("<draw:frame><draw:image/></draw:frame>")
    )
    document = read(odt(body, parts={"Object 1/content.xml": chart}))
    assert "".join(page.text for page in document.pages) == (
        "Settore | Voce | Costo\nEnergia | Caldaie | 12\nEnergia | Cappotto |\n\n"
        "Pedibus\n\n| 2021\nA piedi | 44"
    )
    assert [str(note) for note in document.notes] == ["1 picture without text."]


def test_heads_and_feet_of_pages_once(text_of):
    page = (
        "<office:master-styles><style:master-page style:name='Standard'><style:header>"
        f"{p('Comune di Montalto')}</style:header><style:footer>"
        f"{p('Pagina <text:page-number>3</text:page-number>')}{p('Protocollo 12')}"
        "</style:footer></style:master-page><style:master-page style:name='Altra'><style:header>"
        f"{p('mai usata')}</style:header></style:master-page></office:master-styles>"
    )
    assert text_of(odt(p("uno"), styles=page)) == "uno\n\nComune di Montalto\n\nProtocollo 12"


@pytest.mark.parametrize("kind", [f"{ODT}-template", f"{ODT}-web", ODT])
def test_templates_and_pages_for_the_web(text_of, kind):
    assert text_of(odt(p("uno"), kind=kind)) == "uno"


def test_flat_files(read):
    document = read(flat_odt(p(f"nel 2020{span('3', 'Su')}"), LOOKS), "atto.fodt")
    assert document.pages[0].text == "nel 2020[3]"
    assert document.media_type == ODT
