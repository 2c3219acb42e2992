"""What files say of themselves: year, authors and title, as ranked candidates with reasons."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from docx import Document as Docx

from ingest.processes.extract_child import ReadRequest, read
from kb.domain import GuessedField, GuessReason
from kb.settings import Settings

CASES = Path(__file__).parents[2].parent / "shared" / "cases"
BODY = "Il programma di risparmio idrico coinvolge scuole, imprese e famiglie da due anni. " * 4


@pytest.fixture
def read_file(tmp_path, cache_dir):
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", cache_dir=cache_dir)

    def read_bytes(data, filename):
        # The content store names files by their sha256, without an ending.
        path = tmp_path / "0123abcd"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return read(ReadRequest(path, filename, "key", settings), lambda progress: None)

    return read_bytes


def reason(content, field):
    return next((guess.reason for guess in content.guesses if guess.field is field), None)


def docx(title="", author="", created=None, modified=None, paragraphs=(BODY,), heading=""):
    document = Docx()
    core = document.core_properties
    core.title, core.author = title, author
    for name, day in (("created", created), ("modified", modified)):
        if day:
            setattr(core, name, day)
    if heading:
        document.add_heading(heading, 1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


YEARS = [
    ("Piano d’azione per il clima 2030", "", None),
    ("Verso il 2025: una strategia", "", None),
    ("Orizzonte 2025", "", None),
    ("Towards 2025", "", None),
    ("Agenda 2030 in Toscana", "", None),
    ("Horizon 2020 results", "", None),
    ("Piano strategico 2021-2027", "", 2021),
    ("Bilancio sociale 2019", "", 2019),
    ("Relazione", "Dicembre 2021", 2021),
    ("Relazione", "December 2021", 2021),
    ("Bericht", "Stand: März 2020", 2020),
    ("Rapport", "Paris, le 3 mars 2018", 2018),
    ("Informe", "Madrid, 4 de mayo de 2017", 2017),
    ("Relazione", "Roma, 12 marzo 2021", 2021),
    ("Relazione", "Siena, lì 12/03/2021", 2021),
    ("Relazione", "© 2021 Comune di Valdombra", 2021),
    ("Report", "Copyright 2015-2021 Ente", 2021),
    ("Piano 2030", "Approvato con delibera n. 12 del 3/4/2021", 2021),
    ("Relazione", "ai sensi della legge n. 241 del 7 agosto 1990", None),
    ("Relazione", "Nel dicembre 2012 il consiglio decise di cambiare strada. " + BODY, None),
    ("Relazione", "entro il 2050", None),
]


@pytest.mark.parametrize(
    ("title", "line", "year"), YEARS, ids=[f"{t} {s[:40]}" for t, s, _ in YEARS]
)
def test_the_year_is_one_of_publication(read_file, title, line, year):
    content = read_file(docx(title, paragraphs=(line, BODY)), "x1.docx")
    assert content.year == year


def test_dates_of_the_file_count_unless_a_template_has_them(read_file):
    may = date(2021, 5, 4)
    made = read_file(docx("Relazione", created=_time(may)), "x1.docx")
    assert (made.year, reason(made, GuessedField.YEAR)) == (2021, GuessReason.CREATED)
    both = docx("Relazione", created=_time(date(2015, 1, 7)), modified=_time(may))
    changed = read_file(both, "x1.docx")
    assert (changed.year, reason(changed, GuessedField.YEAR)) == (2021, GuessReason.MODIFIED)
    assert read_file(docx("Relazione"), "x1.docx").year is None
    excel = docx("Relazione", created=_time(date(2006, 9, 16)), modified=_time(date(2006, 9, 16)))
    assert read_file(excel, "x1.docx").year is None


def test_a_year_after_the_file_was_written_is_an_aim(read_file):
    written = docx("Piano regolatore 2025", modified=_time(date(2021, 5, 4)))
    assert read_file(written, "x1.docx").year == 2021


@pytest.mark.parametrize(
    ("name", "year"),
    [
        ("verbale 2024-01-25.docx", 2024),
        ("20210312_relazione.docx", 2021),
        ("relazione_12.03.2021.docx", 2021),
        ("Relazione annuale 2019.docx", 2019),
        ("Piano 2021-2027.docx", None),
        ("Piano 2050.docx", None),
        ("prot_20987.docx", None),
    ],
)
def test_dates_in_file_names(read_file, name, year):
    assert read_file(docx("Relazione"), name).year == year


def test_no_year_is_one_to_come(read_file):
    year = date.today().year + 1
    text = f"---\ntitle: Relazione annuale\ndate: {year}-01-01\n---\n\nDicembre {year}\n\n{BODY}"
    assert read_file(text, f"relazione {year}.md").year is None


def _time(day):
    from datetime import datetime

    return datetime(day.year, day.month, day.day, 12)


@pytest.mark.parametrize(
    ("creator", "authors"),
    [
        ("Ministero dell’Ambiente e della Sicurezza Energetica",) * 2,
        ("OECD", "OECD"),
        ("Lucia Bianchi, Mario Rossi", "Lucia Bianchi; Mario Rossi"),
        ("Bianchi Lucia, Rossi Mario", "Lucia Bianchi; Mario Rossi"),
        ("Bianchi, Lucia; Rossi, Mario", "Lucia Bianchi; Mario Rossi"),
        ("ROSSI MARIO", "Mario Rossi"),
        ("Windows User", ""),
        ("mrossi", ""),
        ("Utente", ""),
        ("python-docx", ""),
    ],
)
def test_authors_of_the_properties(read_file, creator, authors):
    content = read_file(docx("Relazione", creator), "x1.docx")
    assert "; ".join(content.authors) == authors


FRONT = [
    ("authors:\n  - Lucia Bianchi\n  - Mario Rossi", "Lucia Bianchi; Mario Rossi"),
    ("author:\n  name: Lucia Bianchi\n  affiliation: Comune di Siena", "Lucia Bianchi"),
    ("author:\n  - name: Lucia Bianchi\n    id: 1\n  - Rossi, Mario", "Lucia Bianchi; Mario Rossi"),
    ("author:\n  - family: Bianchi\n    given: Lucia", "Lucia Bianchi"),
    ("by: Lucia Bianchi", "Lucia Bianchi"),
    ("author: [Lucia Bianchi, Mario Rossi]", "Lucia Bianchi; Mario Rossi"),
    ("author: Lucia Bianchi and Mario Rossi", "Lucia Bianchi; Mario Rossi"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "authors"), FRONT)
def test_authors_of_yaml_front_matter(read_file, lines, authors):
    text = f'---\ntitle: "Energia: una guida"\n{lines}\ndate: 2018-06-01\n---\n\n{BODY}'
    content = read_file(text, "x1.md")
    assert (content.title, content.year) == ("Energia: una guida", 2018)
    assert "; ".join(content.authors) == authors


def test_authors_of_toml_front_matter(read_file):
    front = '+++\ntitle = "Guida ai canali"\nauthors = ["Lucia Bianchi"]\ndate = 2016-05-04\n+++'
    content = read_file(f"{front}\n\n{BODY}", "x1.md")
    assert (content.title, content.authors, content.year) == (
        "Guida ai canali", ["Lucia Bianchi"], 2016,
    )  # fmt: skip


def test_authors_of_the_front_page(read_file):
    text = f"Atlante delle piazze\n\nA cura di Lucia Bianchi e Mario Rossi\n\n{BODY}"
    content = read_file(text, "x1.txt")
    assert content.authors == ["Lucia Bianchi", "Mario Rossi"]
    assert reason(content, GuessedField.AUTHORS) is GuessReason.IMPRINT


def epub(metadata):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="p.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "p.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">'
            f"<dc:title>Manuale a più mani</dc:title>{metadata}</metadata><manifest>"
            '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
        )
        archive.writestr("a.xhtml", f"<html><body><p>{BODY}</p></body></html>")
    return out.getvalue()


def test_roles_and_events_of_an_epub(read_file):
    content = read_file(
        epub(
            "<dc:creator opf:role='aut'>Lucia Bianchi</dc:creator>"
            "<dc:creator>Mario Rossi</dc:creator><dc:creator opf:role='ill'>Anna Neri</dc:creator>"
            "<dc:date opf:event='modification'>2024-02-02</dc:date>"
            "<dc:date opf:event='publication'>2011</dc:date>"
        ),
        "x1.epub",
    )
    assert (content.authors, content.year) == (["Lucia Bianchi", "Mario Rossi"], 2011)


def test_refined_roles_of_an_epub_3(read_file):
    content = read_file(
        epub(
            "<dc:creator id='c1'>Lucia Bianchi</dc:creator>"
            "<meta refines='#c1' property='role'>aut</meta>"
            "<dc:creator id='c2'>Anna Neri</dc:creator>"
            "<meta refines='#c2' property='role'>trl</meta>"
            "<meta property='dcterms:modified'>2024-02-02T00:00:00Z</meta>"
        ),
        "x1.epub",
    )
    assert (content.authors, content.year) == (["Lucia Bianchi"], 2024)


TITLES = [
    ("Piano del verde urbano Premessa.docx", "", "Premessa", "Piano del verde urbano"),
    ("Piano dei rifiuti.docx", "", "1. Introduzione", "Piano dei rifiuti"),
    ("Stadtplan Grün.docx", "", "Inhaltsverzeichnis", "Stadtplan Grün"),
    ("x1.docx", "", "Piano della mobilità dolce", "Piano della mobilità dolce"),
    ("058 verbale 2024-01-25.docx", "", "", "Verbale 2024-01-25"),
    ("010 Napa CA Adaptation Plan 2024.docx", "", "", "Napa CA Adaptation Plan 2024"),
    ("relazione_finale_rev2 (1).docx", "", "", "Relazione finale"),
    ("PianoVerdeUrbano.docx", "", "", "Piano Verde Urbano"),
    ("Piano acque.docx", "CamScanner 12-03-2021 10.11", "", "Piano acque"),
    ("Piano acque.docx", "Scansione", "", "Piano acque"),
    ("Piano acque.docx", "Scanned Document", "", "Piano acque"),
    ("Piano acque.docx", "Titolo del documento", "", "Piano acque"),
    ("Piano acque.docx", "Document title", "", "Piano acque"),
    ("Piano acque.docx", "Titel des Dokuments", "", "Piano acque"),
    ("Piano acque.docx", "Pagina 1", "", "Piano acque"),
    ("Piano acque.docx", "Neues Dokument", "", "Piano acque"),
    ("Piano acque.docx", "Présentation1", "", "Piano acque"),
    ("Piano acque.docx", "Microsoft Word - bozza.doc", "", "Piano acque"),
    ("Piano acque.docx", "SKM_C25821031210110", "", "Piano acque"),
    ("x1.docx", "Riga\u202eRTL del piano\u200b", "", "Riga RTL del piano"),
    ("x1.docx", "PUMS 2021", "", "PUMS 2021"),
]


@pytest.mark.parametrize(("name", "declared", "heading", "title"), TITLES)
def test_titles(read_file, name, declared, heading, title):
    assert read_file(docx(declared, heading=heading), name).title == title


def test_a_paragraph_is_no_title(read_file):
    assert read_file("Testo breve. " + BODY, "SENZAESTENSIONE").title == "Testo breve"
    assert read_file(BODY, "SENZAESTENSIONE").title != BODY.strip()
    assert len(read_file(BODY.replace(".", ","), "SENZAESTENSIONE").title) < 40


def test_a_table_is_called_by_its_file(read_file):
    assert read_file("Comune;Nota\nForlì;città più verde\n", "csv_uno.csv").title == "Csv uno"
    assert read_file("Comune;Nota\nForlì;verde\n", "rifiuti per comune.csv").title == (
        "Rifiuti per comune"
    )


def test_a_shouted_title_is_only_proposed_in_small_letters(read_file):
    content = read_file(docx("PIANO URBANO DELLA MOBILITÀ SOSTENIBILE PNRR"), "x1.docx")
    assert content.title == "PIANO URBANO DELLA MOBILITÀ SOSTENIBILE PNRR"
    values = [guess.value for guess in content.guesses if guess.field is GuessedField.TITLE]
    assert "Piano urbano della mobilità sostenibile PNRR" in values


CASE_VALUES = [
    ("docx_year_title_1.docx", "year", 2021),
    ("docx_year_title_3.docx", "year", 2021),
    ("pdf_year_title_0.pdf", "year", 2021),
    ("boiler_mensa.docx", "year", None),
    ("epub_many_authors.epub", "year", 2011),
    ("epub_many_authors.epub", "authors", ["Lucia Bianchi", "Mario Rossi", "Anna Verdi"]),
    ("docx_author_ministero.docx", "authors",
     ["Ministero dell’Ambiente e della Sicurezza Energetica"]),
    ("pdf_author_1.pdf", "authors", ["Ministry of Agriculture and Forestry"]),
    ("pdf_author_2.pdf", "authors", ["OECD"]),
    ("pdf_author_3.pdf", "authors", ["Lucia Bianchi", "Mario Rossi"]),
    ("docx_author_comma.docx", "authors", ["Mario Rossi", "Lucia Bianchi"]),
    ("pdf_author_7.pdf", "authors", []),
    ("md_front_matter.md", "authors", ["Lucia Bianchi", "Mario Rossi"]),
    ("md_toml.md", "authors", ["Lucia Bianchi"]),
    ("Piano del verde urbano Premessa.docx", "title", "Piano del verde urbano"),
    ("SENZAESTENSIONE", "title", "Testo senza estensione"),
    ("csv_cp1252.csv", "title", "csv_cp1252"),
]  # fmt: skip


@pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases in {CASES}")
@pytest.mark.parametrize(("name", "field", "value"), CASE_VALUES)
def test_cases(read_file, name, field, value):
    assert getattr(read_file((CASES / name).read_bytes(), name), field) == value
