"""The list of documents as an inbox: found in their text, as cards or table, changed together,
their guessed data confirmed where they are listed."""

import pytest
from lxml import html
from sqlalchemy import select

from ingest.item_commands import delete_item, update_metadata
from kb.access import Role
from kb.domain import Visibility
from kb.storage.accounts import AuditEntry
from kb.storage.tables import Document
from tests.pdf_files import write_pdf

WORD = "quaglieto"
"""In the title or the text of each document of this module, and in no other."""
FILES = {
    "acque.md": f"# Piano delle acque del {WORD}\n\nLe fontane perdono.\n\n## Città\n\nLa città.",
    "bilancio.md": f"# Bilancio sociale\n\nNel {WORD} si spende per la «Coopérative» locale.",
    "mulino.pdf": f"Studio sul mulino del {WORD}. Macinava il grano del paese.",
}


@pytest.fixture(scope="module")
def documents():
    """Ids of the documents of this module, by file name."""
    return {}


@pytest.fixture
def shelf(documents, researcher, work):
    if not documents:
        for name, text in FILES.items():
            content = write_pdf([text]) if name.endswith(".pdf") else text.encode()
            answer = researcher.post("/api/v1/documents", files={"file": (name, content)})
            documents[name] = answer.json()["id"]
        work()
    return documents


def read(services, document_id):
    with services.database.session() as session:
        document = session.get(Document, document_id)
        session.expunge_all()
        return document


def themes(services, document_id):
    with services.database.session() as session:
        return list(session.get(Document, document_id).themes)


def tree(answer):
    return html.fromstring(answer.text)


def text_of(element):
    return " ".join(element.text_content().split())


def titles(page):
    return page.xpath("//h3/a/text() | //th[@scope='row']//a[starts-with(@href,'/doc')][1]/text()")


def test_documents_are_found_by_words_of_their_text(researcher, shelf):
    assert len(titles(tree(researcher.get(f"/documents?q={WORD}")))) == 2
    page = tree(researcher.get(f"/documents?q={WORD}&text=yes"))
    assert len(titles(page)) == 3
    [link] = page.xpath(f"//a[contains(@href, '{shelf['bilancio.md']}/pages/1?q={WORD}')]")
    assert link.xpath(".//mark/text()") == [WORD]
    assert page.xpath("//input[@name='text' and @checked]")
    for words, found in (
        ("cooperative bilancio", 1),
        ("CITTA", 1),
        (f"{WORD} trattore", 0),
        ("fontane di", 1),
    ):
        answer = researcher.get("/api/v1/documents", params={"q": words, "text": "yes"})
        assert answer.json()["total"] == found, words
    in_titles, in_both = (
        researcher.get("/api/v1/documents", params={"q": "pe", "text": text}).json()["total"]
        for text in ("", "yes")
    )
    assert in_titles == in_both, "short words are looked for in titles only"
    none = tree(researcher.get("/documents?q=fontane"))
    assert none.xpath("//a[@href='/documents?q=fontane&text=yes']")
    assert titles(tree(researcher.get("/documents?q=fontane&text=yes")))


def test_cards_or_table_is_kept_and_first_pages_are_pictured(researcher, shelf):
    address = f"/documents?q={WORD}&text=yes"
    cards = tree(researcher.get(address))
    [picture] = cards.xpath("//article//img/@src")
    assert picture.startswith(f"/documents/{shelf['mulino.pdf']}/pages/1/thumbnail")
    assert [text_of(one) for one in cards.xpath("//article//*[@class='no-picture']")] == [
        "MD",
        "MD",
    ]
    assert researcher.get(picture).headers["content-type"] == "image/webp"
    assert tree(researcher.get(f"{address}&view=table")).xpath("//table//img/@src") == [picture]
    assert tree(researcher.get("/documents")).xpath("//table")
    assert tree(researcher.get("/documents?view=shelves")).xpath("//table")
    assert not tree(researcher.get("/documents?view=cards")).xpath("//table")


def test_guesses_are_confirmed_in_the_list(researcher, services, shelf):
    address = f"/documents?q={WORD}&text=yes"
    one = shelf["acque.md"]
    page = tree(researcher.get(address))
    [form] = page.xpath(f"//form[@id='describe-{one}']")
    assert form.xpath(".//input[@name='back']/@value") == [address]
    fields = {field.name: field.value for field in form.xpath(".//input")}
    assert "Piano delle acque" in fields["title"]
    answer = researcher.post(f"/documents/{one}/guesses", data=fields, follow_redirects=False)
    assert answer.headers["location"] == f"{address}#describe-{one}"
    assert not tree(researcher.get(address)).xpath(f"//form[@id='describe-{one}']")
    assert "title" in read(services, one).given


def test_one_guess_is_confirmed_and_the_others_wait(researcher, services, shelf):
    one = shelf["bilancio.md"]
    with services.database.session() as session:
        given = session.get(Document, one).given
    assert "title" not in given
    fields = {"title": "Altro", "year": "2020", "only": "year", "visibility": "members"}
    researcher.post(f"/documents/{one}/guesses", data=fields)
    form = {"HX-Request": "true"}
    answer = researcher.post(f"/documents/{one}/guesses", data=fields, headers=form)
    row = html.fromstring(answer.text)
    assert row.xpath("//input[@name='title']/@value") == ["Altro"]
    assert row.xpath("//select[@name='visibility']/option[@selected]/@value") == ["members"]
    wrong = fields | {"only": "", "year": "presto"}
    refused = researcher.post(f"/documents/{one}/guesses", data=wrong, headers=form)
    assert refused.status_code == 422
    assert html.fromstring(refused.text).xpath("//input[@name='title']/@value") == ["Altro"]
    document = read(services, one)
    assert (document.title, document.year, "title" in document.given) == (
        "Bilancio sociale", 2020, False,
    )  # fmt: skip
    assert document.visibility is Visibility.PUBLIC
    stale = researcher.post(
        f"/documents/{one}/guesses", data={"title": "Bilancio", "brief": "yes"}, headers=form
    )
    assert stale.status_code == 422
    assert "letto di nuovo" in stale.text
    assert read(services, one).title == "Bilancio sociale"
    brief = researcher.post(
        f"/documents/{one}/guesses", data={"title": "Bilancio sociale", "brief": "yes"},
        headers=form,
    )  # fmt: skip
    assert "Dati confermati." in brief.text
    researcher.post(f"/documents/{one}/guesses", data={"visibility": "members"})
    assert read(services, one).visibility is Visibility.MEMBERS


def chosen(page):
    """Names and values of the hidden fields of the form that changes the chosen ones."""
    form = "(//form[@action='/documents/selected'])[1]"
    return {one.name: one.value for one in page.xpath(f"{form}//input[@type='hidden']")}


def ids_in(page):
    return [one.partition(":")[0] for one in chosen(page)["chosen"].split()]


def send(client, path, hidden, **fields):
    return client.post(path, data=hidden | fields, follow_redirects=False)


def test_several_are_changed_together(researcher, services, shelf):
    update_metadata(services, shelf["acque.md"], {"themes": ["biotechnology", "energy"]})
    back = f"/documents?q={WORD}&text=yes"
    wanted = {"q": WORD, "text": "yes", "all": "1", "back": back}
    page = tree(researcher.get("/documents/selected", params=wanted))
    assert sorted(ids_in(page)) == sorted(shelf.values())
    themes_to = {"add_themes": ["health-care"], "remove_themes": ["energy"]}
    change = {"visibility": "researchers", "year": "2018", "publisher": "Anci"}
    answer = send(researcher, "/documents/selected", chosen(page), **change, **themes_to)
    assert answer.headers["location"] == f"/documents?q={WORD}&text=yes&changed=3"
    assert "3 documenti modificati." in researcher.get(answer.headers["location"]).text
    for one in shelf.values():
        document = read(services, one)
        assert (document.visibility, document.year, document.publisher) == (
            Visibility.RESEARCHERS, 2018, "Anci",
        )  # fmt: skip
    assert sorted(themes(services, shelf["acque.md"])) == ["biotechnology", "health-care"]
    assert themes(services, shelf["mulino.pdf"]) == ["health-care"]
    with services.database.session() as session:
        newest = select(AuditEntry.subject_id).order_by(AuditEntry.id.desc()).limit(3)
        assert set(session.scalars(newest)) == set(shelf.values())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Non hai indicato nessuna modifica"),
        ({"year": "20x8"}, "«20x8»"),
        ({"language": "klingon"}, "klingon"),
        ({"add_themes": ["nonsense"]}, "nonsense"),
        ({"visibility": "nobody"}, "nobody"),
    ],
)
def test_a_wrong_change_changes_nothing(researcher, services, shelf, change, said):
    ids = [("id", one) for one in shelf.values()]
    before = [read(services, one).updated_at for one in shelf.values()]
    page = tree(researcher.get("/documents/selected", params=ids))
    answer = send(researcher, "/documents/selected", chosen(page), **change)
    assert answer.status_code == 422
    assert said in text_of(tree(answer).xpath("//*[@id='form-problem']")[0])
    assert len(ids_in(tree(answer))) == 3
    assert [read(services, one).updated_at for one in shelf.values()] == before


def test_none_chosen_and_some_that_are_not_there(researcher, services):
    for answer in (
        researcher.get("/documents/selected"),
        researcher.post("/documents/selected", data={"year": "2000"}),
        researcher.post("/documents/selected/delete"),
    ):
        assert answer.status_code == 422
        assert "Non hai scelto nessun documento" in answer.text
    answer = researcher.post("/documents/selected", data={"chosen": "no-such-id:1", "year": "2000"})
    assert answer.status_code == 409
    assert "Uno dei documenti scelti non c’è o non puoi vederlo." in answer.text
    many = " ".join(f"x{n}:1" for n in range(201))
    answer = researcher.post("/documents/selected", data={"chosen": many, "year": "2000"})
    assert answer.status_code == 422
    assert "Hai scelto 201 documenti" in answer.text


def test_what_others_did_meanwhile_is_said_and_kept(researcher, services, shelf):
    ids = [("id", one) for one in shelf.values()]
    page = tree(researcher.get("/documents/selected", params=ids))
    update_metadata(services, shelf["acque.md"], {"publisher": "Comune di Siena"})
    delete_item(services, shelf["bilancio.md"])
    answer = send(researcher, "/documents/selected", chosen(page), publisher="Regione Toscana")
    assert answer.status_code == 409
    said = text_of(tree(answer).xpath("//main")[0])
    assert "Un documento modificato." in said
    assert f"«Piano delle acque del {WORD}» è stato modificato da altri nel frattempo" in said
    assert "«Bilancio sociale» è stato eliminato nel frattempo." in said
    assert read(services, shelf["acque.md"]).publisher == "Comune di Siena"
    assert read(services, shelf["mulino.pdf"]).publisher == "Regione Toscana"
    again = send(researcher, "/documents/selected", chosen(tree(answer)), publisher="Regione")
    assert again.status_code == 303
    assert read(services, shelf["acque.md"]).publisher == "Regione"


def test_several_are_deleted_after_one_has_been_asked(researcher, services, shelf, work):
    ids = [("id", shelf["acque.md"]), ("id", shelf["mulino.pdf"])]
    page = tree(researcher.get("/documents/selected", params=ids))
    [asked] = page.xpath("//details[form/@action='/documents/selected/delete']")
    assert "Elimina per sempre 2 documenti" in text_of(asked)
    answer = send(researcher, "/documents/selected/delete", chosen(page))
    assert answer.headers["location"] == "/documents?deleted=2"
    assert "2 documenti eliminati." in researcher.get("/documents?deleted=2").text
    assert researcher.get(f"/documents/{shelf['acque.md']}").status_code == 404
    work()


def test_readers_choose_nothing(client, sign_in):
    page = tree(client.get("/documents"))
    assert not page.xpath("//form[@id='choose'] | //input[@name='id']")
    assert sign_in(Role.MEMBER).get("/documents/selected").status_code == 403
