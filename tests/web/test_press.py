"""Pages for the media: the words of the card or issue, figures with sources, texts to share."""

import re

import pytest
from lxml import html

from kb.access import OPERATOR
from kb.domain import Kind, Visibility
from kb.periodical.texts import EntryKind, EntryTexts, IssueTexts, TextFact
from kb.practices import pictures
from kb.practices.practice import Practice
from kb.storage.collections import Collection, CollectionEntry, CollectionKind
from kb.storage.periodical import Issue, IssueState
from kb.storage.tables import Document, Item, PracticeRow, now
from kb.text.licences import find_licence_address, name_licence
from tests.web.contacts import write_contacts
from tests.web.test_practice_pictures import encoded
from web.presenters.issue_texts import IssueEntry, ShownIssue, ShownSection, build_issue
from web.presenters.press import press_of_issue, press_of_practice
from web.presenters.share_texts import SHORT_LENGTH, fit
from web.rendering.i18n import load_locales
from web.rendering.markdown import plain_text

CARD = "contarina-tariffa-puntuale"
HIDDEN = "bologna-beni-comuni"
EDITORIAL = "Che cosa **resta** </textarea>.\n\n[Le pratiche](/practices) lo dicono.\n\nTerzo."


@pytest.fixture(scope="module", autouse=True)
def told(services):
    """A picture, our contacts, and an issue whose second card has changed since."""
    with services.database.transaction() as session:
        credit = pictures.Credit("Un bidone «verde»", "Contarina", "CC BY-SA 4.0")
        picture = encoded()
        pictures.set_picture(session, OPERATOR, CARD, picture, credit, "")
        write_contacts(session, "Scrivi a **stampa@ente.it**.")
        session.get(Item, HIDDEN).visibility = Visibility.MEMBERS
        issue = Collection(
            id="magazine-7", title="Rifiuti", kind=CollectionKind.ISSUE, argument=EDITORIAL
        )
        keys = (CARD, "besancon-compostaggio-diffuso")
        issue.entries = [CollectionEntry(item_id=key, position=n) for n, key in enumerate(keys)]
        row = Issue(collection=issue, number=7, dated=now().date())
        session.add(row)
        session.flush()
        said = build_issue(session, row, services.settings.zone).texts.as_json()
        said["sections"][0]["entries"][1]["facts"][0]["value"] = "tutto"
        row.texts, row.state, row.published_at = said, IssueState.PUBLISHED, now()
    yield
    with services.database.transaction() as session:
        session.delete(session.get(Issue, "magazine-7"))
        session.delete(session.get(Collection, "magazine-7"))
        pictures.remove_picture(session, OPERATOR, CARD, picture.sha256)
        write_contacts(session, "")
        session.get(Item, HIDDEN).visibility = Visibility.PUBLIC


def words(node):
    return " ".join(node.text_content().split())


def test_the_page_of_a_practice_quotes_its_card(client, services):
    with services.database.session() as session:
        card = Practice.model_validate(session.get(PracticeRow, CARD).record)
    answer = client.get(f"/practices/{CARD}/press")
    page = html.fromstring(answer.text)
    said = words(page.xpath("//main")[0])
    assert card.summary in said
    assert " ".join(plain_text(card.solution).split()) in said
    rows = page.xpath("//table//tbody/tr")
    achieved = [one for one in card.results if one.achieved]
    assert len(rows) == len(achieved)
    for row, result in zip(rows, achieved, strict=True):
        source = card.source(result.source)
        assert result.indicator in words(row)
        assert source.publisher in words(row)
        assert f"p. {result.page}" in words(row) or not result.page
        assert source.url in row.xpath(".//a/@href") or not source.url
        assert row.xpath(f".//*[contains(@class, 'evidence-{result.evidence}')]")
    assert "Immagine: Contarina, CC BY-SA 4.0" in said
    assert page.xpath("//figure//img/@alt") == ["Un bidone «verde»"]
    assert "Scrivi a stampa@ente.it." in said
    assert all(one.office in said for one in card.contact)
    assert page.xpath("//a[@rel='license']")[0].text == "CC BY 4.0"
    short, mail = (one.text for one in page.xpath("//textarea[@readonly]"))
    assert len(short) <= SHORT_LENGTH
    assert short.endswith(f"http://testserver/practices/{CARD}")
    assert card.summary in mail
    assert "http://testserver/practices/" in mail
    assert [one for one in page.xpath("//script/@src") if not one.startswith("/static/")] == []
    assert f'href="/practices/{CARD}/press"' in client.get(f"/practices/{CARD}").text
    english = client.get(f"/practices/{CARD}/press?lang=en").text
    assert card.summary_en in " ".join(html.fromstring(english).text_content().split())
    assert "written in Italian only" in english


def test_the_page_of_an_issue_leaves_out_what_its_cards_no_longer_say(client):
    answer = client.get("/magazine/7/press")
    page = html.fromstring(answer.text).xpath("//main")[0]
    said = words(page)
    assert "Che cosa resta </textarea>." in said
    assert "Le pratiche lo dicono." in said
    assert "Terzo." not in said
    assert "1 cifra del numero è tralasciata" in said
    assert f"/practices/{CARD}" in page.xpath(".//table//th/a/@href")
    assert page.xpath("//figure//img/@alt") == ["Un bidone «verde»"]
    mail = page.xpath("//textarea[@id='share-mail']")[0].text
    assert "http://testserver/magazine/7" in mail
    assert 'href="/magazine/7/press"' in client.get("/magazine/7").text


def test_only_values_count_as_checked_and_only_pages_for_everybody_are_cited(services):
    reader = load_locales()["it"]
    value, because = TextFact(label="Iscritti", value="12"), reader.gettext("Why it stopped")
    stopped = TextFact(label=because, value="Mancavano i fondi")
    entries = tuple(
        IssueEntry(EntryTexts(key=key, kind=EntryKind.PROJECT, title=key, facts=facts))
        for key, facts in (("both", (value, stopped)), ("none", (stopped,)))
    )
    texts = IssueTexts(number=7, dated=now().date(), title="x", language="it", editorial="")
    shown = ShownIssue(texts, (ShownSection("", "", entries),))
    with services.database.transaction() as session:
        issue = session.get(Issue, "magazine-7")
        sheet = press_of_issue(session, issue, shown, reader, "http://testserver/magazine/7", "")
        assert [(one.key, one.facts) for one in sheet.measured] == [("both", (value,))]
        held = Document(
            title="x", kind=Kind.DOCUMENT, filename="a.txt", size=1, content_sha256="x",
            language="it", visibility=Visibility.RESEARCHERS,
        )  # fmt: skip
        session.add(held)
        session.flush()
        card = Practice.model_validate(session.get(PracticeRow, CARD).record)
        sources = [one.model_copy(update={"document": held.id}) for one in card.sources]
        card = card.model_copy(update={"sources": sources})
        for visibility in (Visibility.RESEARCHERS, Visibility.PUBLIC):
            held.visibility = visibility
            session.flush()
            cited = press_of_practice(session, card, reader, "http://testserver", "").figures
            assert cited
            assert all(bool(one.here) is (visibility is Visibility.PUBLIC) for one in cited)
        session.delete(held)


def test_who_does_not_see_the_item_does_not_see_its_page(client, researcher):
    assert researcher.get(f"/practices/{HIDDEN}/press").status_code == 200
    client.cookies.clear()
    for address in (f"/practices/{HIDDEN}/press", "/practices/nowhere/press", "/magazine/8/press"):
        assert client.get(address).status_code == 404


def test_a_short_text_is_cut_between_words_and_keeps_its_address():
    address = "https://kb.example.org/practices/x"
    assert fit("Titolo.", "Cifra: 3.", address) == f"Titolo. Cifra: 3. {address}"
    long = fit("parola " * 60, "Cifra: 3.", address)
    assert len(long) <= SHORT_LENGTH
    assert re.search(r"parola… https", long)
    assert fit("a" * 400, "", address).endswith(f"a… {address}")


@pytest.mark.parametrize(
    ("licence", "address"),
    [
        ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("cc-by-sa-3.0-it", "https://creativecommons.org/licenses/by-sa/3.0/it/"),
        ("CC BY-NC-ND 4.0", "https://creativecommons.org/licenses/by-nc-nd/4.0/"),
        ("Creative Commons Attribuzione - Condividi allo stesso modo 4.0 Internazionale",
         "https://creativecommons.org/licenses/by-sa/4.0/"),
        ("CC0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("IODL 2.0", "https://www.dati.gov.it/iodl/2.0/"),
        ("https://example.org/licenza", "https://example.org/licenza"),
        ("CC BY", ""), ("tutti i diritti riservati", ""), ("javascript:alert(1)", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_address_of_a_licence(licence, address):
    assert find_licence_address(licence) == address


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://creativecommons.org/licenses/by-sa/4.0/", "CC BY-SA 4.0"),
        ("https://creativecommons.org/licenses/by/3.0/it/", "CC BY 3.0 IT"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("https://example.org/licenza", "https://example.org/licenza"),
    ],
)
def test_the_name_of_a_licence(address, name):
    assert name_licence(address) == name
