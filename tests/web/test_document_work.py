"""Following, describing, replacing and deleting documents over HTTP, the work done in between."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from kb.access import Role
from kb.domain import Status, Visibility
from kb.storage.accounts import AuditEntry
from kb.storage.disposal import referred
from kb.storage.tables import Document
from tests.pdf_files import write_pdf

TEXT = "The mill of the village was restored by a cooperative of {} families. " * 12


@pytest.fixture
def add(researcher):
    def added(text, name="report.md", **fields):
        file = {"file": (name, text.encode())}
        answer = researcher.post("/api/v1/documents", files=file, data=fields)
        assert answer.status_code == 202
        return answer.json()["id"]

    return added


def state(client, document_id):
    return client.get(f"/api/v1/documents/{document_id}").json()


def document(services, document_id):
    with services.database.session() as session:
        return session.get(Document, document_id)


def actions(services, document_id):
    with services.database.session() as session:
        found = select(AuditEntry.action, AuditEntry.account_name).order_by(AuditEntry.id)
        return session.execute(found.where(AuditEntry.subject_id == document_id)).all()


def test_ranges_of_a_file_are_those_of_its_bytes_also_where_answers_are_compressed(researcher, add):
    text = "# Ranges\n\n" + "The plan saves energy. " * 200
    address = f"/documents/{add(text)}/original"
    packed = {"Accept-Encoding": "gzip"}
    part = researcher.get(address, headers={**packed, "Range": "bytes=2-2999"})
    assert (part.status_code, part.text) == (206, text[2:3000])
    assert "content-encoding" not in part.headers
    assert part.headers["content-range"] == f"bytes 2-2999/{len(text)}"
    whole = researcher.get(address, headers=packed)
    assert (whole.text, "content-encoding" in whole.headers) == (text, False)
    for asked in ("9" * 5000 + "-", "-" + "9" * 5000):
        answer = researcher.get(address, headers={**packed, "Range": f"bytes={asked}"})
        assert answer.status_code in (200, 206, 400, 416), asked[:3]


def test_buttons_of_every_state_work_and_leave_their_trace(researcher, services, add, work):
    one = add("# Waiting\n\nIt waits for its turn.")
    page = researcher.get(f"/documents/{one}/work").text
    assert f"/documents/{one}/cancel" in page
    assert f"/documents/{one}/retry" not in page
    assert f"/documents/{one}/delete" in page
    assert one in researcher.get("/work?state=waiting").text

    assert researcher.post(f"/documents/{one}/cancel", follow_redirects=False).status_code == 303
    page = researcher.get(f"/documents/{one}/work").text
    assert "annullato" in page
    assert f"/documents/{one}/retry" in page
    assert f"/documents/{one}/cancel" not in page
    assert one in researcher.get("/work?state=failed").text

    researcher.post(f"/documents/{one}/retry")
    work()
    assert state(researcher, one)["status"] == "ready"
    assert f"/documents/{one}/retry" in researcher.get(f"/documents/{one}/work").text
    assert researcher.get(f"/documents/{one}/delete").status_code == 200
    assert one in [d.id for d in [document(services, one)] if d.status is Status.READY]
    answer = researcher.post(f"/documents/{one}/delete")
    assert "Waiting" in answer.text  # the list says what was deleted
    assert researcher.get(f"/documents/{one}").status_code == 404
    work()
    assert document(services, one) is None
    assert [action for action, _ in actions(services, one)] == [
        "document.add", "document.cancel", "document.retry", "document.delete",
    ]  # fmt: skip
    assert {name for _, name in actions(services, one)} == {"a-researcher"}


@pytest.mark.parametrize("end", ["work", "edit", "versions", "delete"])
def test_others_are_led_away(sign_in, researcher, add, end):
    one = add(f"# For {end}\n\nSomething to read.")
    member = sign_in(Role.MEMBER)
    assert member.get(f"/documents/{one}/{end}").status_code == 403
    assert member.post(f"/api/v1/documents/{one}/retry").status_code == 403
    assert member.patch(f"/api/v1/documents/{one}", json={"title": "Mine"}).status_code == 403
    assert f"/documents/{one}/{end}" not in member.get(f"/documents/{one}").text


@pytest.mark.parametrize("end", ["retry", "cancel", "delete", "versions/withdraw"])
def test_what_is_not_there_is_not_there(researcher, end):
    assert researcher.post(f"/documents/no-such-id/{end}").status_code == 404


def test_a_document_is_described_otherwise(researcher, services, add, work):
    one = add("# Draft title\n\nA restored mill grinds the wheat of the village.")
    work()
    before = document(services, one)
    change = {"year": 2019, "themes": ["energy"], "visibility": "members", "country": "IT"}
    answer = researcher.patch(f"/api/v1/documents/{one}", json=change)
    assert answer.status_code == 200
    shown = answer.json()["metadata"]
    assert {name: shown[name] for name in change} == change
    assert shown["title"] == "Draft title"
    after = document(services, one)
    assert (after.status, after.visibility) == (Status.READY, Visibility.MEMBERS)
    assert after.content_sha256 == before.content_sha256
    with services.database.session() as session:
        assert [job.operation for job in jobs_of(session, one)] == ["index"]

    form = researcher.get(f"/documents/{one}/edit").text
    assert 'value="2019"' in form
    data = {"title": "Another title", "year": "2019", "visibility": "public"}
    assert researcher.post(f"/documents/{one}/edit", data=data).url.path == f"/documents/{one}"
    with services.database.session() as session:
        assert [job.operation for job in jobs_of(session, one)] == ["refresh", "index"]
    assert document(services, one).status is Status.READY
    work()
    assert document(services, one).title == "Another title"
    assert document(services, one).status is Status.READY


def test_a_form_opened_earlier_leaves_what_others_changed_since(researcher, services, add):
    one = add("# To be hidden\n\nThe accounts of the mill name its debtors.")
    form = researcher.get(f"/documents/{one}/edit").text
    (shown,) = re.findall(r'name="shown" value="([^"]*)"', form)
    hidden = {"visibility": "researchers", "authors": ["B. Rossi", "A. Verdi"]}
    researcher.patch(f"/api/v1/documents/{one}", json=hidden)
    typed = {"title": "To be hidden", "year": "2020", "visibility": "public"}
    title = {**typed, "title": document(services, one).title, "shown": unescape(shown)}
    assert researcher.post(f"/documents/{one}/edit", data=title).url.path == f"/documents/{one}"
    after = document(services, one)
    assert (after.year, after.visibility) == (2020, Visibility.RESEARCHERS)
    assert after.authors == ["B. Rossi", "A. Verdi"]
    order = {"authors": ["A. Verdi", "B. Rossi"]}
    researcher.patch(f"/api/v1/documents/{one}", json=order)
    assert document(services, one).authors == ["A. Verdi", "B. Rossi"]


def test_a_version_in_waiting_is_told_to_nobody(researcher, add, work):
    one = add("# Known\n\nA page that everybody reads, about the mill.")
    work()
    new = {"file": ("next.md", b"# Next\n\nA page that nobody has read yet.")}
    researcher.post(f"/api/v1/documents/{one}/versions", files=new)
    page = researcher.get(f"/documents/{one}?older=2")
    assert page.status_code == 200
    assert "alert-warning" not in page.text


@pytest.mark.parametrize("give_up", ["versions/withdraw", "cancel"])
def test_a_new_title_is_found_though_the_next_version_is_given_up(
    researcher, services, add, work, give_up
):
    one = add(f"# Before {give_up}\n\nA restored mill grinds the wheat of the village.")
    work()
    new = {"file": ("next.md", b"\xff\xd8\xff no text " + give_up.encode())}
    researcher.post(f"/api/v1/documents/{one}/versions", files=new)
    researcher.patch(f"/api/v1/documents/{one}", json={"title": f"Millstone {give_up}"})
    researcher.post(f"/documents/{one}/{give_up}")
    work()
    with services.database.session() as session:
        newest = jobs_of(session, one)[0]
        assert (newest.operation, newest.status) == ("refresh", "done")
    assert document(services, one).title == f"Millstone {give_up}"


def test_a_theme_named_twice_counts_once(researcher, services):
    file = {"file": ("twice.md", b"# Twice\n\nThe theme of this text was named twice.")}
    fields = {"themes": ["energy", "energy"]}
    answer = researcher.post("/api/v1/documents", files=file, data=fields)
    assert answer.status_code == 202
    assert list(document(services, answer.json()["id"]).themes) == ["energy"]


def jobs_of(session, document_id):
    from kb.storage import jobs

    return jobs.list_history(session, document_id)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"title": ""}, "titolo"), ({"year": 3}, "Anno"), ({"visibility": "all"}, "Chi può vederlo")],
)
def test_a_wrong_description_changes_nothing(researcher, services, add, change, says):
    one = add(f"# Kept {says}\n\nA sentence that stays as it is.")
    answer = researcher.patch(f"/api/v1/documents/{one}", json=change)
    assert answer.status_code == 422
    assert says in answer.text
    form = {"title": "x", "visibility": "public"} | {k: str(v) for k, v in change.items()}
    answer = researcher.post(f"/documents/{one}/edit", data=form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert document(services, one).year is None


def test_a_new_version_takes_over_when_it_is_ready(researcher, sign_in, services, add, work):
    one = add("# The plan\n\nThe first edition counts four hundred passengers.")
    work()
    with services.database.session() as session:
        cited = session.get(Document, one).passages[0].id
    new = {"file": ("plan-2.md", b"# The plan\n\nThe second edition counts nine hundred trips.")}
    answer = researcher.post(f"/api/v1/documents/{one}/versions", files=new)
    assert (answer.status_code, answer.json()["existing"]) == (202, False)
    assert state(researcher, one)["next_version"] == "incoming"
    assert state(researcher, one)["status"] == "ready"
    assert "four hundred" in researcher.get(f"/documents/{one}/pages/1").text
    work()
    assert state(researcher, one)["version"] == 2
    assert "nine hundred" in researcher.get(f"/documents/{one}/pages/1").text
    listed = researcher.get(f"/api/v1/documents/{one}/pages").json()
    assert (listed["page_count"], listed["next"]) == (1, None)
    assert "nine hundred" in listed["pages"][0]["text"]
    told = researcher.get(f"/api/v1/documents/{one}/pages/1").json()
    assert [passage["pages"] for passage in told["passages"]] == [[1]]
    assert told["passages"][0]["heading_path"] == ["The plan"]
    assert "nine hundred" in researcher.get(told["url"]).text
    assert researcher.get(f"/api/v1/documents/{one}/pages?after=1").json()["pages"] == []
    assert researcher.get(f"/api/v1/documents/{one}/pages/2").status_code == 404
    page = researcher.get(f"/documents/{one}/pages/1?passage={cited}")
    assert page.url.path == f"/documents/{one}/versions/1/pages/1"
    assert "four hundred" in page.text
    assert '<mark id="passage">' in page.text
    assert researcher.get(f"/documents/{one}/versions/1/original").content.startswith(b"# The plan")
    assert "/versions/1/pages/1" in researcher.get(f"/documents/{one}/versions").text
    kept = researcher.get(f"/api/v1/documents/{one}/versions").json()
    assert [(row["number"], row["state"]) for row in kept["versions"]] == [
        (2, "present"), (1, "replaced"),
    ]  # fmt: skip
    assert kept["versions"][1]["replaced_at"] is not None
    home = f"/api/v1/documents/{one}/versions"
    first = researcher.get(f"{home}?limit=1").json()
    rest = researcher.get(f"{home}?limit=1&cursor={first['next']}").json()
    assert (rest["versions"], rest["next"]) == (kept["versions"][1:], None)
    (older,) = researcher.get(f"{home}/1/pages").json()["pages"]
    assert "four hundred" in older["text"]
    assert "four hundred" in researcher.get(older["url"]).text
    assert researcher.get(f"{home}/1/pages?after=1").json()["pages"] == []
    assert researcher.get(f"{home}/2/pages").status_code == 404, "the present one"
    again = researcher.post(f"/documents/{one}/versions", files=new)
    assert again.status_code == 422

    member = sign_in(Role.MEMBER)
    page = member.get(f"/documents/{one}/pages/1?passage={cited}")
    assert page.url.path == f"/documents/{one}"
    assert "versione 1" in page.text
    for address in (f"/documents/{one}/versions/1/pages/1", home, f"{home}/1/pages"):
        assert member.get(address).status_code == 403


def test_a_version_that_cannot_be_read_leaves_the_one_before(researcher, services, add, work):
    one = add("# Sound\n\nThis text can be read by everybody.")
    work()
    researcher.post(f"/documents/{one}/versions", files={"file": ("x.pdf", b"%PDF-1.7\nbroken")})
    work()
    assert (state(researcher, one)["status"], state(researcher, one)["version"]) == ("ready", 1)
    assert state(researcher, one)["next_version"] == "failed"
    failed, present = researcher.get(f"/api/v1/documents/{one}/versions").json()["versions"]
    assert (failed["state"], present["state"]) == ("failed", "present")
    assert failed["reason"].endswith(".")
    assert one in researcher.get("/work?state=failed").text
    assert "versions/withdraw" in researcher.get(f"/documents/{one}/work").text
    researcher.post(f"/documents/{one}/versions/withdraw")
    assert state(researcher, one)["next_version"] is None
    with services.database.session() as session:
        assert set(services.originals.all()) <= referred(session)


def test_what_is_nearly_the_same_is_pointed_out(researcher, sign_in, services, add, work):
    words = " ".join(f"word{n} of the report" for n in range(300))
    one = add(f"# Report\n\n{words}")
    two = add(f"# Report again\n\n{words} and a little more.", visibility="researchers")
    other = add("# Another\n\n" + " ".join(f"thing{n} is different" for n in range(300)))
    work()
    assert state(researcher, one)["very_similar"] == [two]
    assert state(researcher, two)["very_similar"] == [one]
    assert state(researcher, other)["very_similar"] == []
    assert two in researcher.get(f"/documents/{one}").text
    assert one in researcher.get(f"/documents/{two}/work").text
    assert one in researcher.get(f"/upload/progress?id={two}").text
    member = sign_in(Role.MEMBER)
    assert two not in member.get(f"/documents/{one}").text


def test_the_page_of_a_document_says_which_of_its_pages_are_empty(researcher, work):
    pages = (TEXT.replace("{}", "4"), "", "The second mill stands below. " * 8, "")
    file = {"file": ("mills.pdf", write_pdf(pages))}
    document = researcher.post("/api/v1/documents", files=file).json()["id"]
    work()
    page = researcher.get(f"/documents/{document}").text
    assert "<dt>Pagine vuote</dt><dd>2 (2, 4)</dd>" in page
