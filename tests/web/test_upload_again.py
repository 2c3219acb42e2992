"""The upload page: a row for each file, files that are here already, errors in words."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from kb.storage.tables import Document


def document(services, item_id):
    with services.database.session() as session:
        return session.get(Document, item_id)


def ids_of(answer):
    """The documents that the page after an upload follows."""
    return list(dict.fromkeys(re.findall(r'id="job-([0-9a-f-]{36})"', answer.text)))


def upload(client, *files, **fields):
    sent = [("file", (name, content)) for name, content in files]
    return client.post("/upload", files=sent, data=fields, headers={"Accept-Language": "it"})


def test_the_same_file_again_says_so_and_offers_the_new_data(researcher, services):
    content = b"Il mulino di Valdombra macina di nuovo dal 2012, a turno, sabato."
    (first,) = ids_of(upload(researcher, ("mulino.txt", content), title="Titolo primo"))
    better = {
        "title": "Titolo secondo, corretto", "authors": "Verdi, Anna", "year": "2001",
    }  # fmt: skip
    answer = upload(researcher, ("mulino.txt", content), **better)
    page = unescape(answer.text)
    assert "Questo file è già presente con il titolo «Titolo primo»" in page
    assert "Titolo, Autori, Anno" in page
    assert f'href="/documents/{first}/edit"' in page
    assert document(services, first).title == "Titolo primo"
    form = re.search(rf'<form action="/documents/{first}/edit".*?</form>', answer.text, re.S)[0]
    fields = [
        (name, unescape(value)) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)
    ]
    taken = researcher.post(f"/documents/{first}/edit", data=dict(fields))
    assert taken.status_code == 200
    after = document(services, first)
    assert (after.title, after.year) == ("Titolo secondo, corretto", 2001)
    assert after.author_names == [{"family": "Verdi", "given": "Anna"}]
    assert set(after.given) >= {"title", "authors", "year"}


def test_the_same_file_again_without_data_is_only_told(researcher):
    content = b"Il forno comune riapre ogni venerdi per le famiglie del borgo."
    upload(researcher, ("forno.txt", content))
    again = unescape(upload(researcher, ("forno.txt", content)).text)
    assert "Questo file è già presente" in again
    assert "Usa i nuovi dati" not in again


def test_the_interface_for_programs_tells_and_takes_over(researcher, services):
    file = {"file": ("latteria.txt", b"La latteria sociale vende il formaggio del paese.")}
    first = researcher.post("/api/v1/documents", files=file, data={"title": "Latteria"}).json()
    again = {"title": "Latteria sociale", "year": "2015"}
    told = researcher.post("/api/v1/documents", files=file, data=again).json()
    assert (told["id"], told["existing"]) == (first["id"], True)
    assert told["unused"] == ["title", "year"]
    assert "Latteria" in told["message"]
    taken = researcher.post(
        "/api/v1/documents", files=file, data=again | {"take_over": "true"}
    ).json()
    assert "unused" not in taken or taken["unused"] == []
    after = document(services, first["id"])
    assert (after.title, after.year) == ("Latteria sociale", 2015)


ERRORS = [
    ({"year": "circa 1998"}, "Anno", "quattro cifre"),
    ({"source_url": "www.comune.it"}, "Dove è stato pubblicato", "https://"),
    ({"language": "italiano!"}, "Lingua", "it, en, fr"),
    ({"country": "Italia"}, "Paese di cui parla", "IT"),
    ({"title": "x" * 600}, "Titolo", "500"),
    ({"visibility": "nobody"}, "Chi può vederlo", "researchers"),
    ({"themes": "nothing"}, "Temi", "energy"),
]


@pytest.mark.parametrize(("fields", "label", "hint"), ERRORS, ids=[label for _, label, _ in ERRORS])
def test_errors_name_the_field_as_the_form_does(researcher, fields, label, hint):
    answer = upload(researcher, ("x.txt", b"Qualcosa di scritto."), **fields)
    assert answer.status_code == 422
    alert = unescape(re.search(r'id="form-problem"[^>]*>(.*?)</div>', answer.text, re.S)[1])
    assert f"«{label}»" in alert
    assert hint in alert
    assert "non è comprensibile" not in alert
    program = researcher.post(
        "/api/v1/documents", files={"file": ("x.txt", b"Qualcosa di scritto.")}, data=fields
    )
    assert program.status_code == 422
    assert f"«{label}»" in program.json()["detail"]


@pytest.mark.parametrize(
    ("address", "label", "hint"),
    [
        ("/api/v1/search?q=acqua&page=zero", "Pagina", "numero intero"),
        ("/api/v1/search?q=acqua&year_from=duemila", "Dall'anno", "quattro cifre"),
        ("/api/v1/search?q=acqua&influence=9", "Peso del contesto", "1"),
        ("/api/v1/search?q=acqua&lens=ogni", "Criterio di confronto", "general"),
        ("/documents?page=0", "Pagina", "1"),
    ],
)
def test_every_request_that_is_refused_names_what_it_may_be(researcher, address, label, hint):
    answer = researcher.get(address, headers={"Accept-Language": "it"})
    assert answer.status_code == 422
    said = answer.json()["detail"] if address.startswith("/api") else unescape(answer.text)
    assert f"«{label}»" in said
    assert hint in said
    english = researcher.get(address, headers={"Accept-Language": "en"})
    assert f"«{label}»" not in english.text


def test_a_change_by_a_program_is_refused_by_the_same_words(researcher):
    file = {"file": ("pozzo.txt", b"Il pozzo del castello torna a dare acqua.")}
    item = researcher.post("/api/v1/documents", files=file).json()["id"]
    answer = researcher.patch(f"/api/v1/documents/{item}", json={"year": "circa 1998"})
    assert answer.status_code == 422
    assert "«Anno»" in answer.json()["detail"]
    assert "quattro cifre" in answer.json()["problems"][0]["problem"]


def test_a_title_is_one_clean_line_everywhere(researcher, services):
    file = ("riga.txt", b"Una riga pulita in ogni citazione, per favore.")
    (item,) = ids_of(
        upload(
            researcher, file, title="Riga\nDue\u202eRTL\u0007", authors="Anna\u200b Verdi\u202e",
            publisher="Ente\u0007 di prova\n",
        )
    )  # fmt: skip
    after = document(services, item)
    assert (after.title, after.authors, after.publisher) == (
        "Riga Due RTL", ["Anna Verdi"], "Ente di prova",
    )  # fmt: skip
    for suffix in ("bib", "ris", "json"):
        text = researcher.get(f"/documents/{item}/references.{suffix}").text
        assert not re.search("[\u0007\u202e\u200b]", text)


def test_people_and_bodies_can_be_chosen(researcher, services):
    file = ("rete.txt", b"La rete dei borghi si riunisce due volte l'anno.")
    (item,) = ids_of(upload(researcher, file, authors="Terre Comuni", author_kinds="body"))
    assert document(services, item).author_names == [{"literal": "Terre Comuni"}]
    page = researcher.get(f"/documents/{item}/edit").text
    shown = unescape(re.search(r'name="shown" value="([^"]*)"', page)[1])
    assert 'value="body:Terre Comuni" selected' in page
    fields = {name: text for name, text in json.loads(shown).items() if isinstance(text, str)}
    researcher.post(
        f"/documents/{item}/edit",
        data=fields | {"authors": "Terre Comuni", "author_kinds": "person:Terre Comuni"}
        | {"shown": shown},
    )  # fmt: skip
    assert document(services, item).author_names == [{"family": "Comuni", "given": "Terre"}]
    changed = researcher.patch(
        f"/api/v1/documents/{item}", json={"authors": [{"literal": "Terre Comuni"}, "Anna Verdi"]}
    ).json()
    assert changed["metadata"]["authors"] == ["Terre Comuni", "Anna Verdi"]
    assert changed["metadata"]["author_names"] == [
        {"literal": "Terre Comuni"},
        {"family": "Verdi", "given": "Anna"},
    ]


def test_each_file_has_its_own_row(researcher, services):
    answer = upload(
        researcher,
        ("uno.txt", b"Il primo dei due testi parla di acqua e di boschi."),
        ("due.txt", b"Il secondo dei due testi parla di strade e ponti."),
        titles=["Primo", "Secondo"], years=["2001", ""], languages=["", "en"],
        authors_of=["Anna Verdi", ""], visibilities=["", "members"], year="2010",
        publisher="Ente",
    )  # fmt: skip
    one, two = (document(services, item) for item in ids_of(answer))
    assert (one.title, one.year, one.publisher, one.authors) == (
        "Primo", 2001, "Ente", ["Anna Verdi"],
    )  # fmt: skip
    assert (two.title, two.year, two.publisher, two.language) == ("Secondo", 2010, "Ente", "en")
    assert (one.visibility, two.visibility) == ("public", "members")


def test_a_title_is_never_given_to_several_files(researcher, services):
    answer = upload(
        researcher,
        ("tre.txt", b"Il terzo testo parla di scuole e di mense."),
        ("quattro.txt", b"Il quarto testo parla di musei e di teatri."),
        title="Titolo di tutti",
    )
    titles = {document(services, item).title for item in ids_of(answer)}
    assert titles == {"tre.txt", "quattro.txt"}
    assert "Titolo di tutti" in unescape(answer.text)


def test_usual_languages_and_countries_come_first(researcher):
    page = researcher.get("/upload").text
    for name, first in (("language", "it en fr de es"), ("country", "IT GB FR DE ES")):
        select = re.search(rf'<select[^>]*name="{name}">(.*?)</select>', page, re.S)[1]
        codes = re.findall(r'<option value="(\w+)"', select)
        assert codes[:5] == first.split()
        assert len(codes) == len(set(codes)) > 100
