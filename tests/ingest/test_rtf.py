"""Rich text as its readers see it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ingest.extract.registry import extract
from kb.settings import Settings
from tests.ingest.office_files import PROSE

FONTS = (
    r"{\fonttbl{\f0\froman\fcharset0 Times New Roman;}{\f1\fswiss\fcharset238 Arial CE;}"
    r"{\f2\fnil\fcharset2 Symbol;}{\f3\fnil\fcharset2{\*\panose 05}Wingdings;}}"
)
STYLES = (
    r"{\stylesheet{\ql\f0 Normal;}{\s1\outlinelevel0\b heading 1;}{\s2\b Titolo 2;}"
    r"{\s9 toc 1;}{\*\cs10 Default Paragraph Font;}}"
)


@pytest.fixture
def read(tmp_path: Path):
    def from_text(body: str, head: str = FONTS + STYLES):
        path = tmp_path / "stored"
        path.write_bytes(rf"{{\rtf1\ansi\ansicpg1252\deff0{head} {body}}}".encode("latin-1"))
        return extract(path, "atto.rtf", Settings(ocr=False), lambda done, total: None)

    return from_text


@pytest.fixture
def text_of(read):
    return lambda body, **more: "".join(page.text for page in read(body, **more).pages)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (r"Citt\'e0 pi\'f9 verde", "Città più verde"),
        (r"{\f1 \'b3\'f3d\'9f}", "łódź"),
        (r"\uc1 Citt\u224? e \u8364 ?uro", "Città e €uro"),
        (r"\uc0 Citt\u224 e", "Cittàe"),
        (r"\uc2 a\u8217\'92xb", "a’b"),
        (r"\u-10179?\u-8704? ok", "😀 ok"),
        (r"{\upr{citta}{\*\ud{citt\u224 ?}}} ok", "citta ok"),
        (r"uno\~due\_tre\-quattro", "uno\xa0due-trequattro"),
        (r"\{graffe\} e \\barra", r"{graffe} e \barra"),
        (r"l\rquote anno \ldblquote x\rdblquote  \endash  y", "l’anno “x” – y"),
        (r"nel 2020{\super 3} del 45%{\super 1}{\super 2}", "nel 2020[3] del 45%[12]"),
        (r"106 m\super 3\nosupersub  di acqua", "106 m³ di acqua"),
        (r"nel 2020{\up6\fs16 3}", "nel 2020[3]"),
        (r"resta {\v segreto}qui", "resta qui"),
        (r"resta {\deleted via}qui", "resta qui"),
        (r"{\f2 \'b3} 30", "≥ 30"),
        (r"{\f3 \u-3842 ?} ok", "☑ ok"),
        (r'{\field{\*\fldinst SYMBOL 254 \\f "Wingdings" \\s 12}{\fldrslt\f3\fs24}} ok', "☑ ok"),
        (r"{\field{\*\fldinst {FORMCHECKBOX}{\*\formfield{\fftype1\ffres25\ffdefres1}}}"
         r"{\fldrslt }} ok", "☒ ok"),
        (r'{\field{\*\fldinst HYPERLINK "http://x.it"}{\fldrslt il sito}}', "il sito"),
        (r"testo{\*\sconosciuto via}{\*\bkmkstart x} ok", "testo ok"),
        (r"testo{\pict\wmetafile8 00ff00}", "testo"),
        (r"testo{\*\shppict{\pict\pngblip\bin4 }{\}x}}{\nonshppict{\pict 00}} ok", "testo ok"),
        (r"anno{\super\chftn}{\footnote\pard {\super\chftn} Fonte: ISTAT.} 2020\par fine",
         "anno[1] 2020\n\n[1] Fonte: ISTAT.\n\nfine"),
        (r"{\shp{\*\shpinst\shpleft0{\sp{\sn x}{\sv 1}}{\shptxt \pard nel riquadro\par}}"
         r"{\shprslt\par via}}testo\par", "testo\n\nnel riquadro"),
        (r"\pard\s9 Premessa\tab 3\par\pard testo", "testo"),
        (r"\pard{\listtext\f0 1.\tab}uno\par{\listtext\f0 2.\tab}due\par"
         r"\pard{\listtext\f2\'b7\tab}punto\par", "1. uno\n2. due\n• punto"),
        (r"{\pntext\f2\'B7\tab}{\*\pn\pnlvlblt{\pntxtb\'B7}}punto\par", "• punto"),
    ],
)  # fmt: skip
def test_what_is_read_of_a_paragraph(text_of, body, expected):
    assert text_of(body) == expected


def test_tables_keep_their_columns(text_of):
    def row(edges, *cells):
        shape = "".join(edges)
        return (
            r"\trowd" + shape + r"\pard\intbl " + "".join(rf"{c}\cell " for c in cells) + r"\row "
        )

    three = [rf"\cellx{n}000" for n in (1, 2, 3)]
    merged = [r"\clvmrg\cellx1000", r"\cellx2010", r"\cellx3000"]
    started = [r"\clvmgf\cellx1000", r"\cellx2000", r"\cellx3000"]
    wide = [r"\cellx2000", r"\cellx3000"]
    sideways = [r"\clmgf\cellx1000", r"\clmrg\cellx2000", r"\cellx3000"]
    body = (
        r"prima\par "
        + row(three, "Settore", "Voce", "Costo")
        + row(started, "Energia", "Caldaie", "12.000")
        + row(merged, "", r"uno\par due", "")
        + row(wide, "Totale", "100|000")
        + row(sideways, "Media", "", "50")
        + r"\pard dopo\par"
    )
    assert text_of(body) == (
        "prima\n\nSettore | Voce | Costo\nEnergia | Caldaie | 12.000\nEnergia | uno due |\n"
        "Totale | | 100¦000\nMedia | | 50\n\ndopo"
    )


def test_headings_and_what_the_file_says_of_itself(read):
    info = r"{\info{\title Piano d\rquote azione verde}{\author Anna Bianchi}{\creatim\yr2021\mo5}}"
    document = read(
        r"\pard\plain\s1 Premessa\par\pard\plain " + PROSE
        + r"\par\pard\s2 Misure\par\pard " + PROSE + r"\par\pard\outlinelevel1 Altre"
        + r"\par\pard " + PROSE,
        head=FONTS + STYLES + info,
    )  # fmt: skip
    assert [(h.level, h.title) for h in document.headings] == [
        (1, "Premessa"),
        (2, "Misure"),
        (2, "Altre"),
    ]
    assert document.title == "Piano d’azione verde"
    assert (document.authors, document.year) == (("Anna Bianchi",), 2021)


def test_bold_lines_are_headings_where_no_styles_are(read):
    body = rf"{{\b PREMESSA\par}}{PROSE}\par {{\b RISULTATI}}\par {PROSE}\par {PROSE}\par "
    assert [h.title for h in read(body).headings] == ["PREMESSA", "RISULTATI"]


def test_heads_and_feet_of_pages_once(text_of):
    page = r"{\field{\*\fldinst PAGE}{\fldrslt 3}}"
    body = (
        rf"{{\header Comune di Montalto\par}}{{\footer Pagina {page}\par}}uno\sect "
        r"{\header Comune di Montalto\par}due"
    )
    assert text_of(body) == "uno\n\ndue\n\nComune di Montalto"


def test_a_long_paragraph_is_read_in_time_that_grows_with_its_length(text_of):
    began = time.process_time()
    assert len(text_of(r"\u1055\'cf" * 200_000 + r"\'e0" * 200_000)) == 400_000
    assert time.process_time() - began < 30
