"""For who may not see them, hidden things change nothing: not a result, a count, a list, a file.

The base is read by everybody before and after things for members, then for researchers, come in.
"""

import io
import json
import re
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient

from ingest.metadata import Metadata
from ingest.submit import submit
from ingest.worker import Worker
from kb.access import OPERATOR, Role
from kb.accounts import accounts, tokens
from kb.accounts.sessions import open_session
from kb.corpus.card_files import load_corpus
from kb.corpus.loading import CORPUS
from kb.domain import Status, Visibility
from kb.practices.publishing import publish_practice
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.collections import Collection, CollectionEntry, CollectionSection
from kb.storage.tables import Item, UnansweredQuestion
from search.unanswered import wait_until_noted
from tests.pdf_files import write_pdf
from web.app import create_app
from web.http.cookies import SESSION_COOKIE

WORDS = {
    Visibility.PUBLIC: "zafferano",
    Visibility.MEMBERS: "corbezzolo",
    Visibility.RESEARCHERS: "ginestrone",
}
"""A word that only the things of a visibility have, in every text of theirs."""
COUNTRIES = {Visibility.PUBLIC: "IT", Visibility.MEMBERS: "IS", Visibility.RESEARCHERS: "MT"}
THEMES = {
    Visibility.PUBLIC: "energy",
    Visibility.MEMBERS: "tourism-agriculture",
    Visibility.RESEARCHERS: "health-care",
}
LANGUAGE = {Visibility.PUBLIC: "it", Visibility.MEMBERS: "it", Visibility.RESEARCHERS: "mt"}
READERS = (None, Role.MEMBER, Role.OFFICER, Role.RESEARCHER, Role.CURATOR, Role.ADMIN)
SHARED = "La cooperativa del paese ha rimesso in funzione il vecchio mulino ad acqua."

LISTS = (
    "/", "/search", "/practices", "/documents", "/collections", "/about/corpus", "/feed.atom",
    "/practices?country={country}", "/documents?country={country}", "/documents?theme={theme}",
    "/search?q={word}", "/search?q=mulino+ad+acqua", "/search?q=mulino&country={country}",
    "/search?q=mulino&theme={theme}", "/search?q={word}&kind=practice", "/compare",
    "/search/references.bib?q=mulino+ad+acqua", "/search/references.csv?q={word}",
    "/api/v1/search?q={word}", "/api/v1/search?q=mulino+ad+acqua&limit=100",
    "/api/v1/search?q=mulino&country={country}", "/api/v1/search?q=mulino&language={language}",
    "/api/v1/practices", "/api/v1/practices?country={country}", "/api/v1/collections",
    "/api/v1/documents", "/api/v1/events", "/api/v1/events?past=true", "/api/v1/paths",
)  # fmt: skip
OF_A_DOCUMENT = (
    "/documents/{document}", "/documents/{document}/original", "/documents/{document}/pages/1",
    "/documents/{document}/pages/1/image", "/documents/{document}/references.bib",
    "/documents/{document}/references.csv", "/api/v1/documents/{document}",
    "/api/v1/documents/{document}/pages", "/api/v1/documents/{document}/pages/1",
)  # fmt: skip
OF_A_PRACTICE = (
    "/practices/{practice}", "/practices/{practice}?text=en", "/api/v1/practices/{practice}",
    "/practices/{practice}/references.ris",
)  # fmt: skip
OF_A_COLLECTION = (
    "/collections/{collection}", "/collections/{collection}/feed.atom",
    "/collections/{collection}/dossier.pdf", "/collections/{collection}/references.json",
    "/api/v1/collections/{collection}",
)  # fmt: skip
OF_A_PATH = ("/paths/{path}", "/api/v1/paths/{path}")
FOR_WRITERS = (
    "/api/v1/documents/{document}/versions", "/api/v1/documents/{document}/versions/1/pages",
    "/api/v1/practices/{practice}/revisions",
)  # fmt: skip
ADDRESSES = (*OF_A_DOCUMENT, *OF_A_PRACTICE, *OF_A_COLLECTION, *OF_A_PATH)


class Base:
    """A running application, what is in it of each visibility, and what everybody saw when."""

    def __init__(self, services, client):
        self.services, self.client = services, client
        self.things: dict[Visibility, dict[str, str]] = {}
        self.seen: list[dict[tuple[Role | None, str], str]] = []

    def ask(self, role, address):
        """The answer to who has the role; ``None``: to who has not signed in."""
        self.client.cookies.clear()
        if role is not None:
            with self.services.database.transaction() as session:
                account = accounts.get(session, f"a-{role}")
                self.client.cookies.set(
                    SESSION_COOKIE, open_session(session, account, timedelta(days=1))
                )
        return self.client.get(address)

    def look(self):
        """Remember what each is shown of every list from whom something is to be hidden."""
        texts = {}
        addresses = {fill(template, visibility) for template in LISTS for visibility in Visibility}
        for role in (None, Role.MEMBER, Role.OFFICER):
            for address in addresses:
                answer = self.ask(role, address)
                assert answer.status_code == 200, address
                texts[role, address] = plain(answer)
        self.seen.append(texts)

    def add(self, visibility):
        """A document, a practice and a collection that holds both."""
        word = WORDS[visibility]
        metadata = Metadata(
            title=f"Rapporto {word}", visibility=visibility, country=COUNTRIES[visibility],
            themes=[THEMES[visibility]], language=LANGUAGE[visibility], publisher=f"Editore {word}",
        )  # fmt: skip
        pages = pdf(f"{SHARED} Il {word} cresce accanto al mulino.")
        document = submit(self.services, pages, f"{word}.pdf", metadata).id
        practice = PRACTICES[visibility]
        with self.services.database.transaction() as session:
            publish_practice(session, practice, visibility)
            session.add(
                Collection(
                    id=f"raccolta-{word}", title=f"Raccolta {word}", argument=f"Sul {word}.",
                    visibility=visibility,
                    entries=[
                        CollectionEntry(position=0, item_id=document, note=f"Nota {word}"),
                        CollectionEntry(position=1, item_id=practice.id, note=""),
                    ],
                )
            )  # fmt: skip
            self.add_path_and_events(session, visibility, word, practice.id)
        Worker(self.services).run_until_idle()
        with self.services.database.session() as session:
            for item_id in (document, practice.id):
                assert session.get(Item, item_id).status is Status.READY
        self.things[visibility] = {
            "document": document, "practice": practice.id, "collection": f"raccolta-{word}",
            "path": f"raccolta-percorso-{word}",
        }  # fmt: skip

    def add_path_and_events(self, session, visibility, word, practice_id):
        """A path with a unit, an event that was held and one that is coming."""
        told = {"argument": f"Sul {word}.", "visibility": visibility}
        unit = CollectionSection(position=0, title=f"Unità {word}", text=f"Testo {word}.")
        session.add(
            Collection(
                id=f"raccolta-percorso-{word}", title=f"Percorso {word}", kind="path",
                entries=[CollectionEntry(position=1, item_id=practice_id, note="")],
                sections=[unit], **told,
            )
        )  # fmt: skip
        for name, day in (("held", date(2025, 5, 8)), ("coming", date(2100, 1, 1))):
            session.add(
                Collection(
                    id=f"raccolta-{name}-{word}", title=f"Evento {word}", kind="event",
                    event_type="workshop", held_on=day, **told,
                )
            )  # fmt: skip


def practices():
    """One card of the corpus, three times, as different practices."""
    card = next(one for one in load_corpus(CORPUS).practices if one.id == "danimarca-fusioni-2007")
    for visibility, word in WORDS.items():
        text = json.dumps(card.model_dump(mode="json")).replace("Danimarca", word)
        changed = type(card).model_validate_json(text)
        place = changed.place.model_copy(update={"country": COUNTRIES[visibility]})
        yield (
            visibility,
            changed.model_copy(
                update={
                    "id": f"pratica-{word}",
                    "title": f"Il mulino ad acqua del {word}",
                    "themes": (THEMES[visibility],),
                    "place": place,
                }
            ),
        )


PRACTICES = dict(practices())


def pdf(text):
    return io.BytesIO(write_pdf([text]))


def fill(template, visibility):
    return template.format(
        word=WORDS[visibility], country=COUNTRIES[visibility], theme=THEMES[visibility],
        language=LANGUAGE[visibility],
    )  # fmt: skip


def plain(answer):
    """The text without how long the search took, and without scores: how rare a word is in the
    whole base weighs in them, in the third decimal (SECURITY.md says so)."""
    text = re.sub(r'"(took_ms|score|relevance|likeness)":\s*[\d.]+', "", answer.text)
    return re.sub(r'<p class="took">.*?</p>', "", text, flags=re.DOTALL)


@pytest.fixture(scope="module")
def base(tmp_path_factory, cache_dir, database):
    settings = Settings(
        _env_file=None, data_dir=tmp_path_factory.mktemp("kb"), cache_dir=cache_dir, worker=False,
        rate_search="100000/minute", rate_paper="100000/minute", **database,
    )  # fmt: skip
    with open_services(settings, own=True) as services:
        with services.database.transaction() as session:
            for role in Role:
                accounts.create(session, f"a-{role}", role)
        with TestClient(create_app(services), headers={"Accept-Language": "it"}) as client:
            base = Base(services, client)
            for visibility in (Visibility.PUBLIC, Visibility.MEMBERS, Visibility.RESEARCHERS):
                base.add(visibility)
                base.look()
            yield base


def may_see(role, visibility):
    if visibility is Visibility.PUBLIC:
        return True
    if visibility is Visibility.MEMBERS:
        return role is not None
    return role not in (None, Role.MEMBER, Role.OFFICER)


@pytest.mark.parametrize(
    ("visibility", "before", "after"), [("members", 0, 1), ("researchers", 1, 2)]
)
def test_lists_results_counts_and_feeds_stay_as_they_were(base, visibility, before, after):
    hidden = Visibility(visibility)
    for (role, address), text in base.seen[before].items():
        if not may_see(role, hidden):
            assert base.seen[after][role, address] == text, (role, address)


@pytest.mark.parametrize("role", READERS, ids=lambda role: role or "anonymous")
def test_who_may_see_them_finds_them(base, role):
    """So that the other tests do not look at a base where nothing is found."""
    for visibility, word in WORDS.items():
        found = base.ask(role, f"/api/v1/search?q={word}+mulino&limit=100").json()["results"]
        ids = {result["id"] for result in found}
        wanted = {base.things[visibility][kind] for kind in ("document", "practice")}
        assert (wanted <= ids) is may_see(role, visibility)
        assert bool(wanted & ids) is may_see(role, visibility)
        counted = base.ask(role, f"/practices?country={COUNTRIES[visibility]}").text
        assert (f"pratica-{word}" in counted) is may_see(role, visibility)


@pytest.mark.parametrize("role", READERS, ids=lambda role: role or "anonymous")
def test_addresses_of_hidden_things_lead_nowhere(base, role):
    for visibility, things in base.things.items():
        for template in ADDRESSES:
            answer = base.ask(role, template.format(**things))
            feed = template.endswith("feed.atom")  # feed readers cannot sign in
            let_in = visibility is Visibility.PUBLIC if feed else may_see(role, visibility)
            expected = 200 if let_in else 404
            assert answer.status_code == expected, (role, template, visibility)
            if expected == 404:
                assert f" {WORDS[visibility]}" not in answer.text, "only in its own address"


@pytest.mark.parametrize("role", READERS, ids=lambda role: role or "anonymous")
def test_programs_read_paths_events_and_versions_of_what_may_be_seen(base, role):
    for address, name in (
        ("events", "Evento"), ("events?past=true", "Evento"), ("paths", "Percorso"),
    ):  # fmt: skip
        text = base.ask(role, f"/api/v1/{address}").text
        for visibility, word in WORDS.items():
            assert (f"{name} {word}" in text) is may_see(role, visibility), address
    for things in base.things.values():
        for template in FOR_WRITERS:
            status = base.ask(role, template.format(**things)).status_code
            writes = role in (Role.RESEARCHER, Role.CURATOR, Role.ADMIN)
            there = 404 if "/versions/1" in template else 200
            assert status == (there if writes else 403 if role else 401), template


def test_what_refers_to_hidden_things_does_not_show_them(base):
    """A public collection with everything in it, comparisons and worksheets, by their ids."""
    every = [one for things in base.things.values() for one in things.values()]
    items = [one for one in every if not one.startswith("raccolta")]
    with base.services.database.transaction() as session:
        entries = [CollectionEntry(position=n, item_id=one) for n, one in enumerate(items)]
        session.add(Collection(id="tutto", title="Tutto", argument="", entries=entries))
        readings = [CollectionEntry(position=n, item_id=one) for n, one in enumerate(items, 1)]
        hidden = f"raccolta-coming-{WORDS[Visibility.RESEARCHERS]}"
        unit = CollectionSection(position=0, title="Tutto", event_id=hidden)
        session.add(
            Collection(
                id="percorso", title="Tutto", argument="", kind="path", sections=[unit],
                entries=readings,
            )
        )  # fmt: skip
    try:
        compared = "&".join(f"id=pratica-{word}" for word in WORDS.values())
        public = base.things[Visibility.PUBLIC]
        for address in (
            *(one.format(collection="tutto") for one in OF_A_COLLECTION),
            f"/compare?{compared}", f"/compare.csv?{compared}",
            "/collections/tutto?q=mulino", "/collections/tutto?q=ginestrone",
            "/paths/percorso", "/api/v1/paths/percorso",
            f"/documents/{public['document']}", f"/practices/{public['practice']}",
        ):  # fmt: skip
            for role in READERS:
                text = base.ask(role, address).text
                for visibility in Visibility:
                    if not may_see(role, visibility) and f"q={WORDS[visibility]}" not in address:
                        if "api/v1/paths" in address:
                            things = base.things[visibility].values()
                            assert not [one for one in things if one in text], (role, visibility)
                            assert hidden not in text
                        assert f"Rapporto {WORDS[visibility]}" not in text, (role, address)
                        assert f"mulino ad acqua del {WORDS[visibility]}" not in text
    finally:
        with base.services.database.transaction() as session:
            session.delete(session.get(Collection, "tutto"))
            session.delete(session.get(Collection, "percorso"))


def test_a_token_sees_what_its_account_sees_and_no_more(base):
    base.client.cookies.clear()
    for role in (Role.MEMBER, Role.CURATOR):
        with base.services.database.transaction() as session:
            account = accounts.get(session, f"a-{role}")
            token = tokens.create(session, OPERATOR, account, "reading", [])
        shown = {"Authorization": f"Bearer {token}"}
        for visibility, things in base.things.items():
            address = f"/api/v1/documents/{things['document']}"
            status = base.client.get(address, headers=shown).status_code
            assert status == (200 if may_see(role, visibility) else 404)


def test_progress_and_questions_without_answer_are_for_researchers(base):
    hidden = base.things[Visibility.RESEARCHERS]["document"]
    asked = "quanti struzzi pascolano sulla luna"
    base.ask(None, f"/search?q={asked}")
    wait_until_noted(base.services)
    with base.services.database.session() as session:
        kept = [row.text for row in session.query(UnansweredQuestion)]
    for role in READERS:
        for address in (
            f"/upload/progress?id={hidden}", f"/upload/progress/{hidden}", "/unanswered",
            f"/documents/{hidden}/work", "/work", f"/documents/{hidden}/versions",
            f"/documents/{hidden}/candidates",
        ):  # fmt: skip
            answer = base.ask(role, address)
            if may_see(role, Visibility.RESEARCHERS):
                assert answer.status_code == 200, address
            else:
                assert "ginestrone" not in answer.text
                assert not kept or kept[0] not in answer.text
