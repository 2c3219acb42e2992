"""What of a web page, of Markdown, of a book and of plain text is text, and what nobody reads."""

import pytest

from ingest.extract.markup.html import parsed
from ingest.extract.registry import extract
from ingest.extract.shared.decode import decode
from ingest.text.clean import clean
from kb.settings import Settings
from tests.front_door import SHARED, found_ids, whole_text

PROSE = (
    "<p>La comunità montana ha avviato nel territorio un programma di risparmio idrico che"
    " coinvolge scuole, imprese e famiglie, con contatori intelligenti e una campagna.</p>"
)
CASES = SHARED / "cases"


def lines(html):
    return [block.text for block in parsed(html, 10).blocks()]


def shown(html):
    """The texts of a page, without the prose that fills it."""
    text = [line for line in lines(f"<body>{html}{PROSE}</body>") if "comunità montana" not in line]
    return " / ".join(text)


@pytest.mark.parametrize(
    "unseen",
    [
        "<div hidden>{}</div>",
        "<div hidden=''><p>{}<div>{}</div></p></div>",
        "<p hidden>{}<p>visto",
        "<ul><li style='display: none'>{}<li>visto</ul>",
        "<span style='color:red;visibility:hidden'>{}</span>",
        "<section aria-hidden='TRUE'><h2>{}</h2></section>",
        "<dialog><p>{}</p></dialog>",
        "<div role='dialog'><p>{}</p></div>",
        "<template><p>{}</p></template>",
        "<noscript>{}</noscript>",
        "<div id='cookie-banner'><p>{}</p><button>Accetta</button></div>",
        "<div class='x cc-window cc-floating'>{}</div>",
        "<section id='onetrust-consent-sdk'><div><p>{}</p></div></section>",
        "<a class='skip-link' href='#main'>{}</a>",
        "<span class='visually-hidden'>{}</span>",
        "<div class='d-none'>{}</div>",
        "<nav><ul><li><a href='/'>{}</a></li></ul></nav>",
        "<div role='navigation'>{}</div>",
        "<ol class='breadcrumb'><li><a>{}</a></li></ol>",
        "<select><option>{}</option></select>",
        "<svg><title>{}</title><text>{}</text></svg>",
        "<textarea>{}</textarea>",
        "<table><tr><td style='display:none'>{}</td><td>visto</td></tr></table>",
        "<aside><a href='/1'>{}</a> <a href='/2'>{}</a></aside>",
    ],
)
def test_what_a_page_does_not_show_is_no_text(unseen):
    html = unseen.replace("{}", "Parole mai viste da nessuno")
    text = shown(html)
    assert "mai viste" not in text
    assert "Accetta" not in text
    assert ("visto" in text) == ("visto" in unseen)


@pytest.mark.parametrize(
    "seen",
    [
        "<div hidden='until-found'>{}</div>",
        "<div class='d-none d-md-block'>{}</div>",
        "<details><summary>Di più</summary><p>{}</p></details>",
        "<div aria-hidden='false'>{}</div>",
        "<div aria-hidden='true'><main><p>{}</p></main></div>",
        "<body style='display:none'><p>{}</p>",
        "<main><aside class='callout'><p>{}</p></aside></main>",
        "<main><aside><h4>Costi</h4><p>{} in tutto.</p><a href='/x'>fonte</a></aside></main>",
        "<article><div class='box'><aside role='note'>{}</aside></div></article>",
        "<aside class='nota'><p>{}</p></aside>",
        "<form><main><h1>Titolo</h1><p>{}</p></main></form>",
        "<div class='cookie-policy'><p>{}</p></div>",
        "<h2><button aria-expanded='false'>{}</button></h2>",
        "<h2 class='sr-only'>{}</h2>",
    ],
)
def test_what_a_page_shows_stays(seen):
    assert "Costo totale di 1,2 milioni" in shown(
        seen.replace("{}", "Costo totale di 1,2 milioni di euro")
    )


@pytest.mark.parametrize(
    "heading",
    [
        "Storia<span class='mw-editsection'>[modifica | modifica wikitesto]</span>",
        "Storia [modifica | modifica wikitesto]",
        "Storia [edit]",
        "Storia[edit | edit source]",
        "Storia [Bearbeiten | Quelltext bearbeiten]",
        "Storia<a class='headerlink' href='#storia'>¶</a>",
        "Storia <a href='#storia' title='Permalink'>#</a>",
        "<a href='#storia'>¶</a> Storia",
        "Storia¶",
        "<a class='anchor' aria-hidden='true' href='#storia'><svg></svg></a>Storia",
    ],
)
def test_headings_come_without_their_links(heading):
    assert lines(f"<main><h2>{heading}</h2>{PROSE}</main>")[0] == "Storia"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("nel 2020<sup>3</sup> calano", "nel 2020[3] calano"),
        ("del 45%<sup><a href='#n12'>12</a></sup>", "del 45%[12]"),
        ("nel 1995<sup class='reference'><a>[2]</a></sup>", "nel 1995[2]"),
        ("10<sup>6</sup> m<sup>3</sup>", "10^6 m³"),
        ("per 30 m<sup><a href='#fn2'>2</a></sup>", "per 30 m[2]"),
        ("nel 2020<span style='vertical-align: super'>3</span>", "nel 2020[3]"),
        ("nel 2020<a epub:type='noteref' href='#n'>3</a>", "nel 2020[3]"),
        ("n<sup>o</sup> 3 e CO<sub>2</sub>", "no 3 e CO2"),
    ],
)
def test_raised_marks_do_not_join_numbers(written, read):
    assert lines(f"<p>{written}</p>") == [read]


def test_cells_keep_their_columns():
    page = (
        "<table><caption>Costi</caption><thead><tr><th rowspan=2>Settore</th>"
        "<th colspan=2>Anni</th></tr><tr><th>2019<th>2023</tr></thead>"
        "<tr><td rowspan=2>Energia<td>12.000<td></tr><tr><td>88.000<td>9.000</tr>"
        "<tr><td>Acqua<td colspan=2>non <b>nota</b></tr></table>"
    )
    blocks = parsed(page, 10).blocks()
    assert [block.text for block in blocks] == [
        "Costi",
        "Settore | Anni |",
        "Settore | 2019 | 2023",
        "Energia | 12.000 |",
        "Energia | 88.000 | 9.000",
        "Acqua | non nota |",
    ]
    assert [block.header for block in blocks] == [False, True, True, False, False, False]


def test_tables_of_any_shape_are_read():
    assert lines("<table><tr><td rowspan=0>a<td>1<tr><td>2") == ["a | 1", "a | 2"]
    assert lines("<table><tr><td colspan=9999999>a<td rowspan=x>1") == ["a | 1"]
    layout = "<table><tr><td><h1>Titolo</h1></td><td><p>Testo.</p></td></tr></table>"
    assert lines(layout) == ["Titolo", "Testo."]


def test_ordered_lists_are_counted():
    assert lines("<ol><li>a<ol type=a><li>b<li>c</ol><li>d<li value=7>e</ol><ul><li>f</ul>") == [
        *("1. a", "a. b", "b. c", "2. d", "7. e", "• f"),
    ]


def test_titles_of_drawings_are_no_titles_of_pages():
    page = parsed(
        "<svg><title>Menu</title></svg><title>Piano</title><svg><title>Icona</title></svg>", 10
    )
    page.blocks()
    assert page.title == "Piano"


def markdown(tmp_path, text):
    path = tmp_path / "a.md"
    path.write_text(text, "utf-8")
    extracted = extract(path, path.name, Settings(ocr=False), lambda done, total: None)
    return "\n".join(page.text for page in extracted.pages)


def test_notes_of_markdown_are_kept(tmp_path):
    text = markdown(
        tmp_path,
        "Calate del 30%.[^1] Poi[^lunga] e ^[in linea].\n\n[^1]: ISTAT\n"
        "[^lunga]: Prima riga\n\n    e un secondo paragrafo.\n",
    )
    for words in ("30%.[1] Poi[2]", "1. ISTAT", "Prima riga", "secondo paragrafo", "in linea"):
        assert words in text
    assert "↩" not in text


def test_braces_are_text_unless_they_are_attributes(tmp_path):
    text = markdown(
        tmp_path,
        '# Titolo {#id .classe}\n\n{: .avviso}\nSia {a, b} e {.nota} o {x="5"}.\n\n'
        "[sito](https://x.example){target=_blank} e ![foto](a.png){width=50%} e *su*{.x}.\n",
    )
    assert "Titolo\n" in text
    assert 'Sia {a, b} e {.nota} o {x="5"}.' in text
    assert "sito e" in text
    for gone in ("#id", "avviso", "target", "width", "{.x}"):
        assert gone not in text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("è città\n".encode() + "più già\n".encode("cp1252"), "è città\npiù già\n"),
        ("è ".encode() + "“città” – 5 €".encode("cp1252"), "è “città” – 5 €"),
        ("perché ".encode("cp1252") * 30 + "così".encode(), "perché " * 30 + "così"),
        ("zürich – Žilina".encode(), "zürich – Žilina"),
        ("Příliš žluťoučký kůň úpěl".encode("cp1250"), "Příliš žluťoučký kůň úpěl"),
        (
            "市政府在学校推行节能计划，三年内能耗降低".encode("gbk") * 3,
            "市政府在学校推行节能计划，三年内能耗降低" * 3,
        ),
    ],
)
def test_pieces_in_two_encodings(data, text):
    assert decode(data) == text


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("la linea porta-a-\nporta di oggi", "porta-a-porta"),
        ("un modo up-to-\ndate di fare", "up-to-date"),
        ("il responsabile tecnico-\namministrativo decide", "tecnico-amministrativo"),
        ("la comu-\nnità decide", "comunità"),
        ("la Emilia-\nRomagna decide", "Emilia-Romagna"),
        ("il biennio 2014-\n2020 finisce", "2014-2020"),
    ],
)
def test_hyphens_at_line_ends(tmp_path, broken, whole):
    path = tmp_path / "a.txt"
    path.write_text(broken, "utf-8")
    extracted = extract(path, path.name, Settings(ocr=False), lambda done, total: None)
    assert whole in clean(extracted.pages, extracted.laid_out)[0].text


WORDS = {
    "html_rowspan.html": ("Energia | Cappotto | 88.000",),
    "html_svg_title.html": ("Piano energia",),
    "html_superscript.html": ("2020[3] del 45%[12]", "10^6 m³"),
    "html_hidden_cookie.html": ("programma di risparmio idrico",),
    "html_aside_callout.html": ("1,2 milioni di euro",),
    "html_wiki.html": ("nasce nel 1995[2].", "Storia"),
    "md_footnotes.md": ("https://example.org/perdite-idriche-2021", "ISTAT", "30%.[1]"),
    "md_starts_with_rule.md": ("340 bambini",),
    "md_braces.md": ("{.nota}", '{x="5"}'),
    "epub_empty_spine.epub": ("Capitolo secondo", "340 bambini"),
    "txt_mixed_encodings.txt": ("città, perché, più, già", "UTF-8: città"),
    "txt_hyphens.txt": ("porta-a-porta", "Emilia-Romagna", "2014-2020"),
    "SENZAESTENSIONE": ("Testo senza estensione",),
}
LANGUAGES = {"arabo": "ar", "cinese": "zh", "indonesiano": "id", "swahili": "sw"}
UNSEEN = ("Icona", "Banner nascosto", "Nascosto da stile", "solo decorativo", "[modifica", "↩")
TITLES = {
    "html_svg_title.html": "Piano energia di Valdombra",
    "SENZAESTENSIONE": "Testo senza estensione.",
}


@pytest.fixture(scope="module")
def results(front_door):
    if not CASES.is_dir():
        pytest.skip("the files of cases are not here")
    names = [*WORDS, *(f"lingua_{name}.txt" for name in LANGUAGES)]
    return front_door.ingest([CASES / name for name in names])


@pytest.mark.parametrize("name", WORDS)
def test_case_files_through_the_front_door(front_door, results, name):
    assert results[name]["status"] == "ready", results[name]
    text = whole_text(front_door.client, results[name]["id"])
    as_line = " ".join(text.replace("|", " ").split())
    for words in WORDS[name]:
        assert " ".join(words.replace("|", " ").split()) in as_line
    assert not [words for words in UNSEEN if words in text]
    if name in TITLES:
        state = front_door.client.get(f"/api/v1/documents/{results[name]['id']}").json()
        assert state["metadata"]["title"].rstrip(".") == TITLES[name].rstrip(".")


@pytest.mark.parametrize(("name", "language"), LANGUAGES.items())
def test_languages_of_case_files(front_door, results, name, language):
    document = results[f"lingua_{name}.txt"]["id"]
    state = front_door.client.get(f"/api/v1/documents/{document}").json()
    assert state["metadata"]["language"] == language
    assert front_door.client.get(f"/documents/{document}").status_code == 200


def test_what_was_read_is_found(front_door, results):
    found = found_ids(front_door.client, "Quanto costa il cappotto nel settore energia?")
    assert results["html_rowspan.html"]["id"] in found
