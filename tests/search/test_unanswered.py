"""Unanswered questions are noted beside the request, and none is lost at the end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kb.runtime.services import open_services
from kb.storage.tables import UnansweredQuestion
from search.unanswered import note_later, note_unanswered, wait_until_noted
from tests.databases import BACKENDS, migrated


def times(services, text):
    with services.database.session() as session:
        row = session.get(UnansweredQuestion, text)
        return row.times if row else 0


def test_nobody_waits_for_a_writer_to_note_a_question(settings):
    with open_services(settings, own=True) as services:
        with services.database.transaction() as session:
            assert session.get(UnansweredQuestion, "Chi?") is None  # takes the lock of writers
            note_later(services, "Chi?", "it")
            assert times(services, "Chi?") == 0
        wait_until_noted(services)
        assert times(services, "Chi?") == 1


def test_closing_waits_until_all_is_noted(settings):
    with open_services(settings, own=True) as services:
        writing, noted = threading.Event(), threading.Event()

        def write():
            with services.database.transaction() as session:
                session.get(UnansweredQuestion, "Chi?")  # takes the lock of writers
                writing.set()
                noted.wait(10)

        writer = threading.Thread(target=write)
        writer.start()
        writing.wait(10)
        for number in range(20):
            note_later(services, f"Chi {number % 10}?", "it")
        noted.set()
    writer.join()
    with open_services(settings, own=True) as services:
        assert [times(services, f"Chi {number}?") for number in range(10)] == [2] * 10


def test_what_cannot_be_noted_stops_nothing(settings):
    with open_services(settings, own=True) as services:
        note_later(services, "x" * 10, None)
        note_later(services, "Chi?", "it")
        wait_until_noted(services)
        assert times(services, "Chi?") == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_question_that_several_ask_at_once_is_counted_for_each(backend, tmp_path, make_settings):
    with (
        migrated(backend, tmp_path) as url,
        open_services(make_settings(database_url=url), own=True) as services,
        ThreadPoolExecutor(4) as pool,
    ):
        list(pool.map(lambda _: note_unanswered(services, "Chi?", "it"), range(12)))
        assert times(services, "Chi?") == 12
