"""What two people do at the same moment: one of them is told, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select, text

from kb.access import OPERATOR, Role
from kb.accounts import accounts, links
from kb.collections import commands
from kb.collections.contents import list_rows
from kb.collections.forms import About
from kb.domain import Status, Visibility
from kb.harvesting import public_records
from kb.messages import KbError, PermanentError, TransientError
from kb.runtime.first_index import name_first_index
from kb.runtime.services import open_services
from kb.storage.accounts import Account
from kb.storage.collections import Collection
from kb.storage.db import Database
from kb.storage.public_records import PublicRecord
from kb.storage.tables import Document, Item, now
from tests.databases import BACKENDS, migrated, of_sqlite

ROUNDS = 2
PASSWORD = "sette lampioni sul fiume"
WAITING = """SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'"""


@pytest.fixture(params=BACKENDS)
def database(request, tmp_path) -> Iterator[Database]:
    with migrated(request.param, tmp_path) as url:
        opened = Database(url)
        yield opened
        opened.close()


def both(act: Callable[[int], None]) -> list[KbError]:
    """What those were told who came second."""
    begin = Barrier(2)

    def one(number: int) -> KbError | None:
        begin.wait()
        try:
            act(number)
        except KbError as error:
            return error
        return None

    with ThreadPoolExecutor(2) as pool:
        return [error for error in pool.map(one, range(2)) if error]


@pytest.mark.parametrize("round", range(ROUNDS))
def test_two_administrators_who_leave_at_once_leave_one(database, round):
    with database.transaction() as session:
        ids = [accounts.create(session, name, Role.ADMIN).id for name in ("anna", "bruno")]

    def leave(number: int) -> None:
        with database.transaction() as session:
            accounts.set_role(session, OPERATOR, session.get(Account, ids[number]), Role.MEMBER)

    (refused,) = both(leave)
    assert isinstance(refused, PermanentError)
    assert "last administrator" in str(refused)


@pytest.mark.parametrize("round", range(ROUNDS))
def test_of_links_that_processes_offer_one_makes_the_first_administrator(database, round):
    with database.transaction() as session:
        tokens = [links.offer_claim(session, one_process=False) for _ in range(2)]
    with database.session() as session:
        assert all(links.find(session, token) for token in tokens)

    def claim(number: int) -> None:
        with database.transaction() as session:
            link = links.find(session, tokens[number])
            if link is None:
                raise PermanentError("used")
            links.claim(session, link, f"capo-{number}", "", PASSWORD)

    assert len(both(claim)) == 1
    with database.session() as session:
        assert len(session.scalars(select(Account)).all()) == 1
        assert not any(links.find(session, token) for token in tokens)


@pytest.mark.parametrize("round", range(ROUNDS))
def test_processes_that_start_at_once_agree_on_the_first_index(database, round):
    begin = Barrier(4)

    def start(number: int) -> str:
        begin.wait()
        return name_first_index(database, f"index-{number}").name

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(4)))) == 1


@pytest.mark.parametrize("round", range(ROUNDS))
def test_a_link_used_twice_at_once_works_for_one(database, round):
    with database.transaction() as session:
        token = links.invite(session, OPERATOR, accounts.create(session, "anna", Role.MEMBER))

    def redeem(number: int) -> None:
        with database.transaction() as session:
            link = links.find(session, token)
            if link is None:
                raise PermanentError("used")
            links.redeem(session, link, f"{PASSWORD} {number}")

    assert len(both(redeem)) == 1


@pytest.mark.parametrize("round", range(ROUNDS))
def test_of_two_who_save_one_collection_the_second_is_told(database, round):
    with database.transaction() as session:
        id = commands.create_collection(session, OPERATOR, About(title="First")).id

    def change(number: int) -> None:
        with database.transaction() as session:
            row = session.get(Collection, id)
            commands.change_collection(
                session, OPERATOR, row, About(title=f"Mine {number}"), revision=1
            )

    (refused,) = both(change)
    assert isinstance(refused, commands.CollectionConflict)


@pytest.mark.parametrize("round", range(ROUNDS))
def test_two_items_added_at_once_are_both_in(database, round):
    with database.transaction() as session:
        id = commands.create_collection(session, OPERATOR, About(title="First")).id

    def add(number: int) -> None:
        with database.transaction() as session:
            commands.add_item(session, OPERATOR, session.get(Collection, id), f"item-{number}", "")

    assert both(add) == []
    with database.session() as session:
        row = session.get(Collection, id)
        assert {entry.id for entry in list_rows(row)} == {"item-0", "item-1"}
        assert row.revision == 3


def test_a_harvest_at_the_same_moment_stops_nobody_from_hiding_an_item(tmp_path):
    """On SQLite who writes waits for the other before reading anything."""

    def hide() -> None:
        with opened.transaction() as session:
            session.get_one(Item, "a").visibility = Visibility.RESEARCHERS

    def is_waiting() -> bool:
        with opened.session() as session:
            return bool(session.scalar(text(WAITING)))

    with migrated("postgresql", tmp_path) as url:
        opened = Database(url)
        with opened.transaction() as session:
            fields = {"id": "a", "title": "A", "filename": "a.md", "size": 1}
            session.add(Document(**fields, content_sha256="a", status=Status.READY))
        with ThreadPoolExecutor(1) as pool:
            with opened.transaction() as harvest:
                harvest.add(PublicRecord(key="document/a", changed_at=now(), fingerprint="x"))
                harvest.flush()
                hidden = pool.submit(hide)
                while not is_waiting() and not hidden.done():
                    pass
            hidden.result()
        public_records.refresh(opened)
        with opened.session() as session:
            assert session.get_one(PublicRecord, "document/a").withdrawn
        opened.close()


@of_sqlite
def test_a_process_waits_at_its_start_for_a_database_that_fails(settings, monkeypatch):
    monkeypatch.setattr("kb.runtime.services.RETRY_S", 0)
    with open_services(settings, own=True) as services:
        with services.database.transaction() as session:
            session.execute(text("ALTER TABLE active_index RENAME TO away"))
        tries: list[KbError | None] = []

        def stopping() -> bool:
            tries.append(services.failure)
            return len(tries) == 2

        services.warm(stopping=stopping)
    assert all(isinstance(one, TransientError) for one in tries)
    assert "The database did not answer" in str(tries[1])
