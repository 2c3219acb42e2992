"""What programs read of pages: Open Graph, JSON-LD, canonical addresses, typed links, sitemaps."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time

import extruct
import pytest
from fastapi.testclient import TestClient
from lxml import etree, html

from kb.access import OPERATOR, Role
from kb.domain import Kind, Status, Verdict, Visibility
from kb.practices import pictures
from kb.practices.practice import Practice
from kb.storage.collections import (
    Collection,
    CollectionEntry,
    CollectionKind,
    CollectionSection,
    CollectionState,
    EventType,
)
from kb.storage.periodical import Issue, IssueState
from kb.storage.tables import Document, Item, PageRow, PracticeRow, now
from tests.web.contacts import write_contacts
from tests.web.test_practice_pictures import encoded
from web.app import create_app
from web.exports.sitemap import SitemapPart, list_pages, list_sitemaps
from web.presenters.issue_texts import build_issue
from web.rendering.metadata import PageMetadata, TypedLink, shorten

SITE = "https://kb.example.org"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
CARD, HIDDEN = "contarina-tariffa-puntuale", "bologna-beni-comuni"
HOSTILE = "</script><script>alert(1)</script> <!-- «&amp;» \u2028 \"x\" 'y'"
REPORT = "aaaaaaaa-0000-4000-8000-000000000001"
NAMESPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


@pytest.fixture(scope="module")
def made(services):
    """One thing of each kind beside the corpus, taken away afterwards."""
    with services.database.transaction() as session:
        pictures.set_picture(
            session,
            OPERATOR,
            CARD,
            encoded(),
            pictures.Credit("Bidone", "Ente", "CC BY-SA 4.0"),
            "",
        )
        write_contacts(session, "Via Roma, 1.")
        session.get(Item, HIDDEN).visibility = Visibility.MEMBERS
        hostile = Collection(id="cattiva", title=HOSTILE, title_en=HOSTILE, argument=HOSTILE)
        keys = (CARD, HIDDEN, REPORT)
        hostile.entries = [CollectionEntry(item_id=key, position=n) for n, key in enumerate(keys)]
        event = Collection(
            id="giornata", title="Giornata", argument="Un giorno.", kind=CollectionKind.EVENT,
            event_type=EventType.SEMINAR, held_on=date(2027, 3, 4), begins_at=time(9, 30),
            held_in="Siena", organiser="Ente", licence="CC BY 4.0",
            people=[{"name": "Anna Rossi", "part": "relatrice"}],
        )  # fmt: skip
        path = Collection(
            id="percorso", title="Percorso", argument="Per imparare.", kind=CollectionKind.PATH,
            hours=6, audience="Tecnici", outcomes=["Scrivere un bando"],
            sections=[CollectionSection(position=0, title="Uno")],
        )  # fmt: skip
        draft = Collection(id="bozza", title="Bozza", argument="x", state=CollectionState.DRAFT)
        session.add_all([hostile, event, path, draft])
        session.add(
            Document(
                id=REPORT, kind=Kind.DOCUMENT, title=HOSTILE, language="it", status=Status.READY,
                content_sha256="0" * 64, filename="x.pdf", media_type="application/pdf", size=1,
                authors=["Lucia Bianchi"], publisher="Ente", licence="CC BY 4.0", year=2021,
                author_names=[{"family": "Bianchi", "given": "Lucia"}], page_count=1,
                pages=[PageRow(number=1, label="ii", raw="Il testo.", text="Il testo.", edits=[],
                               verdict=Verdict.TEXT)],
            )
        )  # fmt: skip
        row = Issue(
            collection=Collection(
                id="magazine-8", title="Otto", title_en="Eight", kind=CollectionKind.ISSUE,
                argument="Editoriale.", entries=[CollectionEntry(item_id=CARD, position=0)],
            ),
            number=8, dated=date(2026, 11, 1),
        )  # fmt: skip
        session.add(row)
        session.flush()
        row.texts = build_issue(session, row, services.settings.zone).texts.as_json()
        row.state, row.published_at = IssueState.PUBLISHED, now()
    yield
    with services.database.transaction() as session:
        session.delete(session.get(Issue, "magazine-8"))
        for key in ("cattiva", "giornata", "percorso", "bozza", "magazine-8"):
            session.delete(session.get(Collection, key))
        session.delete(session.get(Item, REPORT))
        session.get(Item, HIDDEN).visibility = Visibility.PUBLIC
        pictures.remove_picture(session, OPERATOR, CARD, encoded().sha256)
        write_contacts(session, "")


@pytest.fixture(scope="module")
def site(services, made):
    """The site with a public address and a licence."""
    settings = services.settings.model_copy(update={"public_url": SITE, "licence": LICENCE})
    app = create_app(replace(services, settings=settings))
    with TestClient(app, headers={"Accept-Language": "it"}) as opened:
        yield opened


def read(answer):
    """Open Graph as a dict, JSON-LD as a list, links by their relation."""
    assert answer.status_code == 200, answer.text
    found = extruct.extract(
        answer.text, base_url=SITE, syntaxes=["json-ld", "opengraph"], uniform=False
    )
    graph = dict(found["opengraph"][0]["properties"]) if found["opengraph"] else {}
    links: dict[str, list[str]] = {}
    for link in html.fromstring(answer.text).xpath("//head/link"):
        rel = link.get("hreflang") or link.get("rel")
        links.setdefault(rel, []).append(link.get("href"))
    return graph, found["json-ld"], links


TYPES = {
    "/": "WebSite",
    f"/practices/{CARD}": "Article",
    f"/practices/{CARD}/press": "WebPage",
    f"/documents/{REPORT}": "Report",
    f"/documents/{REPORT}/pages/1": "WebPage",
    "/collections/cattiva": "Collection",
    "/collections/giornata": "Event",
    "/paths/percorso": "Course",
    "/magazine/8": "PublicationIssue",
    "/magazine/8/press": "WebPage",
    "/about/contacts": "ContactPage",
    "/practices": "CollectionPage",
    "/practices/map": "CollectionPage",
    "/documents": "CollectionPage",
    "/collections": "CollectionPage",
    "/magazine": "CollectionPage",
    "/projects": "CollectionPage",
    "/paths": "CollectionPage",
    "/archive": "CollectionPage",
    "/calendar": "CollectionPage",
    "/about": "AboutPage",
    "/credits": "AboutPage",
}


@pytest.mark.parametrize("path", TYPES)
def test_every_public_page_says_what_it_is_in_both_languages(site, path):
    for code, query, other in (("it", "", "en_GB"), ("en", "?lang=en", "it_IT")):
        answer = site.get(path + (query or "?x=1&page=1"))
        site.cookies.clear()
        graph, nodes, links = read(answer)
        assert nodes[0]["@type"] == TYPES[path]
        assert nodes[0]["@context"] == "https://schema.org"
        assert nodes[0]["url"] == SITE + path
        assert graph["og:url"] == SITE + path + query
        assert links["canonical"] == [SITE + path + query]
        assert links["x-default"] == [SITE + path]
        assert links["it"] == [f"{SITE}{path}?lang=it"]
        assert links["en"] == [f"{SITE}{path}?lang=en"]
        assert graph["og:title"]
        assert graph["og:description"]
        assert graph["og:locale"] == ("it_IT" if code == "it" else "en_GB")
        assert graph["og:locale:alternate"] == other
        assert "noindex" not in answer.text
        page = html.fromstring(answer.text)
        assert page.xpath("//meta[@name='twitter:card']/@content")
        assert page.xpath("//link[@rel='search']/@href") == ["/opensearch.xml"]
        scripts = page.xpath("//script[not(@src)]")
        assert {one.get("type") for one in scripts} == {"application/ld+json"}


def test_a_practice_says_what_its_card_says(site, services):
    with services.database.session() as session:
        row = session.get(PracticeRow, CARD)
        card = Practice.model_validate(row.record)
        answer = site.get(f"/practices/{CARD}")
        graph, nodes, links = read(answer)
        node = nodes[0]
        assert node["headline"] == node["name"] == graph["og:title"] == card.title
        assert node["description"] == graph["og:description"] == card.summary
        assert datetime.fromisoformat(node["datePublished"]) == row.created_at
        assert datetime.fromisoformat(node["dateModified"]) == max(row.created_at, row.updated_at)
    assert node["inLanguage"] == "it"
    assert node["license"] == LICENCE
    assert links["license"] == [LICENCE]
    assert node["author"]["name"] == "Terre Comuni"
    assert [one["name"] for one in node["citation"]] == [one.title for one in card.sources]
    assert [one.get("url", "") for one in node["citation"]] == [
        one.url or "" for one in card.sources
    ]
    assert len(node["about"]) == len(card.themes)
    place = node["spatialCoverage"][0]
    assert place["name"] == card.place.name
    assert place["address"]["addressCountry"] == card.place.country
    values = [one.value for one in card.results if one.achieved and one.value is not None]
    assert [one["value"] for one in node["mentions"]] == values
    assert graph["og:image"].startswith(f"{SITE}/practices/{CARD}/picture/large?v=")
    assert graph["og:image:alt"] == "Bidone"
    assert node["image"]["license"] == "https://creativecommons.org/licenses/by-sa/4.0/"
    given = links_of(answer)
    assert given["cite-as"] == [f"{SITE}/practices/{CARD}"]
    assert given["license"] == [LICENCE]
    assert given["author"] == [f"{SITE}/about"]
    assert set(given["type"]) == {"https://schema.org/AboutPage", "https://schema.org/Article"}
    for address in given["item"] + given["describedby"]:
        assert site.get(address.removeprefix(SITE)).status_code == 200, address
    english = read(site.get(f"/practices/{CARD}?lang=en&text=it"))[1][0]
    assert english["name"] == card.title_en
    site.cookies.clear()


def links_of(answer):
    """The header ``Link``, by relation."""
    found: dict[str, list[str]] = {}
    for address, rel in re.findall(r'<([^>]*)>; rel="([^"]*)"', answer.headers["link"]):
        found.setdefault(rel, []).append(address)
    return found


def test_hostile_titles_stay_text(site):
    for path in ("/collections/cattiva", f"/documents/{REPORT}", f"/documents/{REPORT}/pages/1"):
        answer = site.get(path)
        graph, nodes, _ = read(answer)
        assert HOSTILE in nodes[0]["name"]
        assert HOSTILE.split(maxsplit=1)[0] in graph["og:title"]
        assert not [
            one for one in html.fromstring(answer.text).xpath("//script") if one.text == "alert(1)"
        ]
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    parts = read(site.get("/collections/cattiva"))[1][0]["hasPart"]
    assert [one["url"] for one in parts] == [
        f"{SITE}/practices/{CARD}",
        f"{SITE}/documents/{REPORT}",
    ]
    report = read(site.get(f"/documents/{REPORT}"))[1][0]
    assert report["author"] == [
        {"@type": "Person", "name": "Lucia Bianchi", "givenName": "Lucia", "familyName": "Bianchi"}
    ]
    assert (report["datePublished"], report["numberOfPages"]) == ("2021", 1)
    assert report["license"] == LICENCE
    page = read(site.get(f"/documents/{REPORT}/pages/1?quote=Il"))[1][0]
    assert page["pagination"] == "ii"
    assert page["isPartOf"]["@id"] == f"{SITE}/documents/{REPORT}"


def test_events_paths_and_issues_say_when_where_and_for_whom(site):
    event = read(site.get("/collections/giornata"))[1][0]
    assert event["startDate"] == "2027-03-04T09:30:00+01:00"
    assert event["location"]["name"] == "Siena"
    assert event["organizer"]["name"] == "Ente"
    assert event["contributor"][0]["name"] == "Anna Rossi"
    course = read(site.get("/paths/percorso"))[1][0]
    assert course["teaches"] == ["Scrivere un bando"]
    assert course["timeRequired"] == "PT6H"
    unit = course["hasPart"][0]
    assert unit["name"] == "Uno"
    shown = read(site.get(unit["url"].removeprefix(SITE)))[1][0]
    assert shown["@type"] == "LearningResource"
    issue = read(site.get("/magazine/8"))[1][0]
    assert (issue["issueNumber"], issue["datePublished"]) == ("8", "2026-11-01")
    assert issue["isPartOf"]["@type"] == "Periodical"
    assert [one["url"] for one in issue["hasPart"]] == [f"{SITE}/practices/{CARD}"]
    home = read(site.get("/"))[1]
    assert home[0]["potentialAction"]["target"]["urlTemplate"].startswith(f"{SITE}/search?q=")
    assert home[1]["@type"] == "Organization"


def test_a_list_is_listed_page_by_page_and_not_under_its_filters(site):
    english = {"Accept-Language": "en"}
    for path, canonical, is_listed in (
        ("/practices?page=2", "/practices?page=2", True),
        ("/practices?page=2&lang=en", "/practices?page=2&lang=en", True),
        ("/practices?page=1", "/practices", True),
        ("/practices?theme=energy&page=2", "/practices", False),
        ("/practices?sort=newest", "/practices", False),
        ("/practices/map?country=IT", "/practices/map", False),
        ("/documents?q=bilancio", "/documents", False),
        ("/projects?stage=run", "/projects", False),
        ("/archive?person=Nessuno", "/archive", False),
    ):
        answer = site.get(path)
        site.cookies.clear()
        _, _, links = read(answer)
        assert links["canonical"] == [SITE + canonical], path
        assert ('content="noindex"' not in answer.text) == is_listed, path
    _, _, links = read(site.get("/practices?page=2"))
    assert links["en"] == [f"{SITE}/practices?page=2&lang=en"]
    assert links["x-default"] == [f"{SITE}/practices?page=2"]
    (italian,) = read(site.get("/practices", headers=english))[2]["it"]
    there = site.get(italian.removeprefix(SITE), headers=english)
    site.cookies.clear()
    assert there.headers["content-language"] == "it"
    assert read(there)[2]["canonical"] == [italian]


def test_what_not_everybody_may_see_says_nothing_to_programs(site, made, sign_in):
    reader = sign_in(Role.CURATOR)
    hidden = (f"/practices/{HIDDEN}", f"/practices/{HIDDEN}/press", "/collections/bozza")
    for browser, path in (
        *((reader, path) for path in hidden),
        (site, "/nowhere"), (site, "/login"), (site, "/search"), (site, f"/practices/{HIDDEN}"),
    ):  # fmt: skip
        answer = browser.get(path)
        page = html.fromstring(answer.text)
        assert page.xpath("//meta[@name='robots']/@content") == ["noindex"], path
        assert not page.xpath("//meta[starts-with(@property, 'og:')]")
        assert not page.xpath("//script[@type='application/ld+json']")
        assert not page.xpath("//link[@rel='canonical']")
        assert "link" not in answer.headers
    assert HIDDEN not in site.get("/collections/cattiva").headers["link"]


def test_sitemaps_name_what_everybody_may_see(site, services):
    index = etree.fromstring(site.get("/sitemap.xml").content)
    maps = index.xpath("s:sitemap/s:loc/text()", namespaces=NAMESPACE)
    found = {}
    for address in maps:
        answer = site.get(address.removeprefix(SITE))
        assert answer.headers["content-type"].startswith("application/xml")
        for url in etree.fromstring(answer.content).xpath("s:url", namespaces=NAMESPACE):
            found[url[0].text] = url[1].text if len(url) > 1 else None
    paths = {address.removeprefix(SITE) for address in found}
    assert all(address.startswith(f"{SITE}/") for address in found)
    assert paths >= {one for one in TYPES if not re.search(r"/(press|pages/1)$", one)}
    assert not paths & {f"/practices/{HIDDEN}", "/collections/bozza", "/collections/magazine-8"}
    with services.database.session() as session:
        changed = session.get(Item, CARD).updated_at
        listed = {one.path for one in list_sitemaps(session, most=7)}
    said = datetime.fromisoformat(found[f"{SITE}/practices/{CARD}"])
    assert said == changed.astimezone(UTC).replace(microsecond=0)
    pieces = [path for path in listed if path.startswith("/sitemaps/practices.xml?from=")]
    assert len(pieces) > 2
    again = [
        [one.path for one in list_pages(services.database, SitemapPart.PRACTICES, start, most=7)]
        for start in (path.partition("=")[2] for path in pieces)
    ]
    assert all(len(one) <= 7 for one in again)
    together = [path for one in again for path in one]
    assert sorted(together) == sorted(one for one in paths if re.match(r"/practices/(?!map)", one))
    assert site.get("/sitemaps/issues.xml?from=x").status_code == 404
    assert site.get("/sitemaps/nothing.xml").status_code in (404, 422)


def test_robots_and_the_description_of_the_search(site):
    lines = site.get("/robots.txt").text.splitlines()
    assert "User-agent: *" in lines
    assert f"Sitemap: {SITE}/sitemap.xml" in lines
    assert "Disallow: /search" in lines
    answer = site.get("/opensearch.xml")
    assert answer.headers["content-type"].startswith("application/opensearchdescription+xml")
    root = etree.fromstring(answer.content)
    name = {"o": "http://a9.com/-/spec/opensearch/1.1/"}
    assert len(root.xpath("string(o:ShortName)", namespaces=name)) <= 16
    templates = root.xpath("o:Url[@type='text/html']/@template", namespaces=name)
    assert templates == [f"{SITE}/search?q={{searchTerms}}"]


def test_addresses_in_the_header_cannot_break_it():
    unsafe = [TypedLink("item", one) for one in ('https://x.org/"', "https://x.org/\r\nA: b", "é")]
    said = PageMetadata("T", "https://x.org/a", links=unsafe).link_header()
    assert said.startswith('<https://x.org/a>; rel="cite-as"')
    assert "item" not in said


def test_a_description_is_cut_between_words():
    assert shorten("uno  due\ntre", 20) == "uno due tre"
    assert shorten("uno due tre", 9) == "uno due…"
