"""Word and OpenDocument files made to order, part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
NAMESPACES = (
    f'xmlns:w="{MAIN}" xmlns:r="{OFFICE}/relationships" xmlns:m="{OFFICE}/math"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    ' xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
    ' xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    ' xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
)
PROSE = "Il Comune di Forlì ha ridotto i consumi perché ha cambiato le caldaie di tutte le scuole."


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def docx(
    body: str,
    styles: str = "",
    numbering: str = "",
    parts: Mapping[str, str] | None = None,
    relations: str = "",
    settings: str = "",
) -> bytes:
    """A Word file. ``parts``: further members of the folder "word", by name; ``relations``:
    ``relation`` for each that the document refers to."""
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
            "word/styles.xml": f"<w:styles {NAMESPACES}>{styles}</w:styles>",
            "word/numbering.xml": f"<w:numbering {NAMESPACES}>{numbering}</w:numbering>",
            "word/settings.xml": f"<w:settings {NAMESPACES}>{settings}</w:settings>",
            "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
            **{f"word/{name}": content for name, content in (parts or {}).items()},
        }
    )


def relation(id: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{id}" Type="{OFFICE}/relationships/{kind}" Target="{target}"/>'


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(content: str, properties: str = "") -> str:
    """``content``: text, or runs."""
    inner = content if content.startswith("<") else run(content)
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def styled(text: str, style: str) -> str:
    return paragraph(text, f'<w:pStyle w:val="{style}"/>')


def item(text: str, level: int = 0, num: int = 1) -> str:
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>')


def style(id: str, name: str, more: str = "", based_on: str = "", kind: str = "paragraph") -> str:
    base = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return (
        f'<w:style w:type="{kind}" w:styleId="{id}"><w:name w:val="{name}"/>{base}{more}</w:style>'
    )


def levels(*given: tuple[str, str], more: str = "") -> str:
    """Levels of a list: format and text each."""
    return "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for n, (kind, text) in enumerate(given)
    )


def abstract(id: int, content: str) -> str:
    return f'<w:abstractNum w:abstractNumId="{id}">{content}</w:abstractNum>'


def num(id: int, abstract: int, more: str = "") -> str:
    return f'<w:num w:numId="{id}"><w:abstractNumId w:val="{abstract}"/>{more}</w:num>'


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def cell(content: str, properties: str = "") -> str:
    inner = content if content.startswith("<") else paragraph(content or "<w:r/>")
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>"


_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
OPEN_NAMESPACES = " ".join(
    [
        *(
            f'xmlns:{prefix}="{_OASIS}:{name}:1.0"'
            for prefix, name in (
                *(("office", "office"), ("text", "text"), ("table", "table"), ("style", "style")),
                *(("draw", "drawing"), ("form", "form"), ("fo", "xsl-fo-compatible")),
                *(("svg", "svg-compatible"), ("meta", "meta"), ("chart", "chart")),
            )
        ),
        'xmlns:math="http://www.w3.org/1998/Math/MathML"',
        'xmlns:xlink="http://www.w3.org/1999/xlink"',
        'xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"',
    ]
)
ODT = "application/vnd.oasis.opendocument.text"


def odt(
    body: str,
    automatic: str = "",
    styles: str = "",
    parts: Mapping[str, str] | None = None,
    kind: str = ODT,
) -> bytes:
    """An OpenDocument text. ``styles`` is what ``styles.xml`` holds, ``automatic`` the styles of
    the content."""
    content = (
        f"<office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body>"
    )
    return zipped(
        {
            "mimetype": kind,
            "content.xml": f"<office:document-content {OPEN_NAMESPACES}>{content}"
            "</office:document-content>",
            "styles.xml": f"<office:document-styles {OPEN_NAMESPACES}>{styles}"
            "</office:document-styles>",
            **(parts or {}),
        }
    )


def flat_odt(body: str, automatic: str = "") -> bytes:
    """The same as one XML file."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {OPEN_NAMESPACES}'
        f' office:mimetype="{ODT}"><office:automatic-styles>{automatic}'
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
        "</office:document>"
    ).encode()
