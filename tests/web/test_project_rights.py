"""Who sees what of projects, on every way to read them: one public, one for members, one removed.

Each has a word of its own in all its texts; their evidence is for researchers. All were public
and indexed; what was hidden since is hidden before the worker has run again."""

import re
from datetime import timedelta

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from ingest.worker import Worker
from kb.access import Role
from kb.accounts import accounts
from kb.accounts.sessions import open_session
from kb.domain import Visibility
from kb.storage.network import BoardLine, Profile, ProfileKind
from kb.storage.tables import now
from tests.web.base import loaded_base
from web.app import create_app
from web.http.cookies import SESSION_COOKIE

UNIONS = "unioni-comuni-emilia-romagna"
WORDS = {"public": "zafferano", "members": "corbezzolo", "removed": "ginestrone"}
EVIDENCE = "sambuco"
PEOPLE = {
    "lead": Role.OFFICER, "partner": Role.MEMBER, "observer": Role.OFFICER,
    "invited": Role.OFFICER, "left": Role.OFFICER, "outside": Role.OFFICER,
    "member": Role.MEMBER, "researcher": Role.RESEARCHER, "curator": Role.CURATOR,
    "admin": Role.ADMIN,
}  # fmt: skip
READERS = (None, *PEOPLE)
RESEARCH = ("researcher", "curator", "admin")
FILES = ("measurements.csv", "indicators.csv", "data.json", "results.xml", "due.ics")
LISTS = (
    "/", "/projects", "/projects?q={word}", "/projects?province=SI",
    "/projects?practice={practice}", "/projects/feed.atom", "/feed.atom",
    "/practices", "/practices?taken_up=italy", "/documents",
    "/practices?measured_here=yes", "/practices/{practice}", "/practices/map",
    "/practices/feed.atom",
    "/search?q={word}", "/search?q=il+comune+coltiva+{word}", "/search?q={word}&kind=project",
    "/search?q={word}&place=052032", "/search?q={cut}*",
    "/scenarios?measure=members", "/search/references.csv?q={word}", "/compare?id={practice}",
    "/network", "/network?need={word}", "/network/{profile}", "/about/corpus", "/collections",
    "/api/v1/projects", "/api/v1/projects?q={word}", "/api/v1/search?q={word}",
    "/api/v1/search?q={word}&kind=project", "/api/v1/practices", "/api/v1/practices/{practice}",
    "/api/v1/network", "/api/v1/network?need={word}", "/api/v1/network/{profile}",
)  # fmt: skip
"""What anybody may open; what it shows depends on who asks."""
SHOWS = (
    "/projects", "/projects?q={word}", "/projects?practice={practice}", "/practices/{practice}",
    "/search?q={word}", "/api/v1/projects?q={word}", "/api/v1/search?q={word}",
    "/network/{profile}",
)  # fmt: skip
"""Those of them where the project does stand for who may see it."""
OF_A_PROJECT = (
    "/projects/{id}", "/api/v1/projects/{id}", *(f"/projects/{{id}}/download/{f}" for f in FILES),
    *(f"/api/v1/projects/{{id}}/download/{f}" for f in FILES),
)  # fmt: skip
TYPED = (
    "/admin/audit",
    "/admin/audit.csv",
    "/api/v1/audit",
    "/network/{profile_id}/edit",
    "/unanswered",
)
"""What was done, for administrators, and what somebody typed or asked, for who may read it."""
TO_WRITE = ("/projects/{id}/edit/steps", "/projects/{id}/indicators/new")
TO_LEAD = ("/projects/{id}/members",)


class Base:
    def __init__(self, services, site):
        self.services, self.site = services, site
        self.ids, self.known = {}, {"practice": UNIONS}
        self.anybody = []

    def be(self, who):
        """The browser of somebody; ``None``: of who has not signed in."""
        self.site.cookies.clear()
        if who is not None:
            with self.services.database.transaction() as session:
                account = accounts.get(session, who)
                token = open_session(session, account, timedelta(days=1))
            self.site.cookies.set(SESSION_COOKIE, token)
        return self.site

    def fill(self, name):
        """What stands for the names in addresses. ``cut``: the beginning of the word."""
        word = WORDS[name]
        return {"id": self.ids.get(name, "-"), "word": word, "cut": word[:-2], **self.known}

    def ask(self, who, template, name):
        address = template.format(**self.fill(name))
        return self.be(who).get(address, follow_redirects=False)

    def read(self, template, name):
        """The text of an answer, once for what does not depend on the project."""
        address = template.format(**self.fill(name))
        return self.site.get(address, follow_redirects=False).text

    def send(self, who, method, address, status=200, **given):
        answer = self.be(who).request(method, f"/api/v1/projects{address}", **given)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else {}

    def begin(self, name):
        """A public project with everybody in it and a checked value."""
        word = WORDS[name]
        told = {
            "title": f"Il comune coltiva {word}", "municipality": "052032",
            "lead_body": f"Comune del {word}", "practice_id": UNIONS, "why": f"Il {word} cresce.",
            "seeks": [f"Chi lavora il {word}"], "contact": f"Ufficio {word}",
        }  # fmt: skip
        self.ids[name] = self.send("lead", "POST", "", 201, json=told)["id"]
        home = f"/{self.ids[name]}"
        for who in ("partner", "observer", "invited", "left"):
            part = "observer" if who == "observer" else "partner"
            member = {"body": f"Ente {word} {who}", "account": who, "part": part}
            self.send("lead", "POST", f"{home}/members", 201, json=member)
            if who != "invited":
                self.send(who, "POST", f"{home}/accept")
        mine = self.send("left", "GET", home)["members"]
        (own,) = [one["id"] for one in mine if one["id"]]
        self.send("left", "DELETE", f"{home}/members/{own}", 204)
        indicator = {
            "text": f"Resa del {word}", "measure": "members", "baseline": 1,
            "baseline_on": "2025-12-31", "target": 9, "target_on": "2029-12-31",
            "owner": f"Ufficio {word}", "every_months": 12,
        }  # fmt: skip
        made = self.send("lead", "POST", f"{home}/indicators", 201, json=indicator)["id"]
        value = {"period_start": "2026-01-01", "period_end": "2026-12-31", "value": "4"}
        file = {"file": (f"{EVIDENCE}.txt", f"{EVIDENCE}: 4 kg".encode(), "text/plain")}
        told = {**value, "note": f"Nota {word}", "visibility": "researchers"}
        address = f"{home}/indicators/{made}/measurements"
        value = self.send("partner", "POST", address, 201, data=told, files=file)["id"]
        address = f"{home}/measurements/{value}/checks"
        self.send("researcher", "POST", address, 201, json={"decision": "checked"})
        self.send("lead", "PUT", f"{home}/visibility", json={"visibility": "public"})

    def name_projects(self):
        """A public profile that knows them, and a line of the board that came of them."""
        given = {"on": "2026-11-01", "text": "2026-11"}
        with self.services.database.transaction() as session:
            profile = Profile(
                kind=ProfileKind.BODY, name="Consorzio", offers="Semine", agreed_by="Anna",
                known=list(self.ids.values()), visibility=Visibility.PUBLIC,
                consents=dict.fromkeys(("name", "offers", "known"), given),
            )  # fmt: skip
            line = BoardLine(
                text="Coltivare", ideas=list(self.ids.values()), signed_by="Anna",
                signed_on=now().date(),
            )  # fmt: skip
            session.add_all((profile, line))
            session.flush()
            self.known["profile"] = profile.id

    def look(self):
        """What anybody is shown of every list."""
        self.anybody.append(
            {one: plain(self.ask(None, one, "members")) for one in LISTS if "{profile}" not in one}
        )


def plain(answer):
    """Without how long it took and without scores, in which the rarity of words weighs."""
    assert answer.status_code == 200, answer.url
    text = re.sub(r'"(took_ms|score|relevance|likeness)":\s*[\d.]+', "", answer.text)
    return re.sub(r'<p class="took">.*?</p>', "", text, flags=re.DOTALL)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    with loaded_base(tmp_path_factory.mktemp("projects"), [UNIONS]) as services:
        with services.database.transaction() as session:
            for name, role in PEOPLE.items():
                accounts.create(session, name, role)
        worker = Worker(services)

        def work():
            while worker.step():
                pass

        with TestClient(create_app(services), headers={"Accept-Language": "it"}) as site:
            base = Base(services, site)
            base.begin("public")
            base.begin("removed")
            work()
            base.send("lead", "DELETE", f"/{base.ids['removed']}", 204)
            base.look()
            base.begin("members")
            work()
            base.look()
            members = {"visibility": "members"}
            base.send("lead", "PUT", f"/{base.ids['members']}/visibility", json=members)
            base.look()
            base.name_projects()
            yield base
        worker.stop()


def may_see(who, name):
    return name == "public" or (name == "members" and who is not None)


def test_a_project_for_members_changes_nothing_for_anybody_else(base):
    """Results, counts, filters, suggestions, feeds and boxes beside stay as they were."""
    before, meanwhile, after = base.anybody
    assert [address for address in before if after[address] != before[address]] == []
    for address in SHOWS:
        assert "{profile}" in address or meanwhile[address] != before[address], address


@pytest.mark.parametrize("who", [None, "lead", "outside", "researcher"], ids=str)
def test_lists_name_the_projects_that_one_may_see(base, who):
    base.be(who)
    for template in LISTS:
        texts = {name: base.read(template, name) for name in WORDS}
        for name, word in WORDS.items():
            text = texts[name]
            if not may_see(who, name):
                assert f"Comune del {word}" not in text, (template, name)
                assert f"Il comune coltiva {word}" not in text, (template, name)
                assert base.ids[name] not in text, (template, name)
            elif template in SHOWS:
                assert base.ids[name] in text, (template, name)
            if who not in RESEARCH:
                assert f"{EVIDENCE}: 4" not in text, template


@pytest.mark.parametrize("who", [None, "admin"], ids=str)
def test_no_other_page_tells_what_one_may_not_see(base, who):
    """Every address that can be opened without the id of a project."""
    known = {"practice_id": UNIONS, "item_id": UNIONS, "profile_id": base.known["profile"],
             "place": "052032", "istat_code": "052032", "format": "csv"}  # fmt: skip
    site = base.be(who)
    asked = 0
    for route in iter_route_contexts(site.app.routes):
        if "GET" not in (getattr(route, "methods", None) or ()) or "project_id" in route.path:
            continue
        if route.path in TYPED:
            continue
        path = re.sub(r"{(\w+)(:\w+)?}", lambda name: known.get(name[1], "1"), route.path)
        text = site.get(path, params={"q": "coltiva"}, follow_redirects=False).text
        asked += 1
        for name, word in WORDS.items():
            assert may_see(who, name) or word not in text, (path, name)
    assert asked > 100


@pytest.mark.parametrize("who", READERS, ids=str)
def test_a_project_opens_for_who_may_see_it_and_its_evidence_for_researchers(base, who):
    for name, word in WORDS.items():
        for template in OF_A_PROJECT:
            answer = base.ask(who, template, name)
            assert answer.status_code == (200 if may_see(who, name) else 404), (template, name)
            if answer.status_code == 404:
                assert name == "removed" or word not in answer.text.replace(base.ids[name], ""), (
                    template
                )
            assert (EVIDENCE in answer.text) <= (who in RESEARCH), (template, name)
    found = base.be(who).get("/api/v1/search", params={"q": f"{EVIDENCE} 4 kg"}).text
    assert (f"{EVIDENCE}: 4 kg" in found) is (who in RESEARCH)


@pytest.mark.parametrize("who", READERS, ids=str)
def test_who_may_write_who_may_lead_and_who_is_invited(base, who):
    for name in WORDS:
        for template, writers in (
            *((one, {"lead", "partner"}) for one in TO_WRITE),
            *((one, {"lead", "admin"}) for one in TO_LEAD),
        ):
            status = base.ask(who, template, name).status_code
            if who is None:
                assert status == 303, template
            elif name == "removed":
                assert status == 404, template
            else:
                assert status == (200 if who in writers else 403), (template, name)
    for name in ("public", "members"):
        text = base.ask(who, "/api/v1/projects/{id}", name).text
        invited = f"Ente {WORDS[name]} invited"
        assert (invited in text) is (who in ("lead", "partner", "invited", "admin")), name
        page = base.ask(who, "/projects/{id}", name).text
        assert (invited in page) is (who in ("lead", "partner", "invited", "admin")), name
        change = {"revision": 900, "kept": "Tutto"}
        sent = base.be(who).patch(f"/api/v1/projects/{base.ids[name]}", json=change)
        assert sent.status_code == (
            401 if who is None else 409 if who in ("lead", "partner") else 422
        ), "409: another revision"


@pytest.mark.parametrize("who", READERS, ids=str)
def test_what_is_done_is_read_by_administrators_and_lines_by_members(base, who):
    for address in ("/admin/audit", "/admin/audit.csv"):
        assert ("corbezzolo" in base.ask(who, address, "members").text) is (who == "admin")
    text = base.ask(who, "/direction", "members").text
    for name in WORDS:
        assert may_see(who, name) or base.ids[name] not in text
