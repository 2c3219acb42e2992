"""The first screen: a question with its answer, and what is near the reader's municipality."""

import re
from contextlib import AsyncExitStack

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from tests.web.base import indexed_base
from web.app import create_app
from web.http.queues import QueuedWork, WorkQueues

SIENA = "052032"
TYPICAL_S = 0.1
"""What a search is said to take until one was measured."""
PRACTICES = (
    "mouans-sartoux-mense-biologiche",
    "copenaghen-cucine-pubbliche",
    "unioni-comuni-emilia-romagna",
    "sansepolcro-aboca",
    "siena-toscana-life-sciences",
)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A reader of a base with a few practices that can be searched."""
    with indexed_base(tmp_path_factory.mktemp("kb"), PRACTICES) as services:
        services.warm()
        with TestClient(create_app(services), headers={"Accept-Language": "it"}) as opened:
            yield opened


def section(text, name):
    found = re.search(
        rf'<section [^>]*aria-labelledby="{name}-title".*?</section>', text, re.DOTALL
    )
    return found[0] if found else ""


def test_a_question_stands_with_its_answer(reader):
    shown = section(reader.get("/").text, "example")
    assert "Conviene l&#39;unione o la fusione" in shown
    assert 'href="/search?q=Conviene+l' in shown
    assert 'href="/practices/unioni-comuni-emilia-romagna"' in shown
    assert 'class="figures"' in shown
    assert 'class="passage"' in shown


def test_the_example_is_not_counted_as_a_question(reader):
    reader.get("/")
    assert "la fusione tra piccoli comuni" not in reader.get("/unanswered").text


def test_the_example_is_a_search_among_the_others(reader):
    """It has a place in their queue, or is left out where none is free."""
    reader.app.state.queues = WorkQueues(reader.app.state.services.settings)
    queue = reader.app.state.queues[QueuedWork.SEARCH]
    assert section(reader.get("/").text, "example")

    async def leave_none_free():
        for _ in range(queue.places):
            await held.enter_async_context(queue.place(Request({"type": "http"})))

    held = AsyncExitStack()
    reader.portal.call(leave_none_free)
    assert queue.expected_wait_s != TYPICAL_S / queue.places, "the example was measured"
    page = reader.get("/")
    reader.portal.call(held.aclose)
    assert (page.status_code, section(page.text, "example")) == (200, "")
    assert queue.expected_wait_s == 0
    assert section(reader.get("/").text, "example")


def test_the_municipality_is_asked_once(reader):
    assert "Qual è il tuo comune?" in section(reader.get("/").text, "near")
    reader.post("/places", data={"code": SIENA, "back": "/"})
    shown = section(reader.get("/").text, "near")
    assert "Pratiche vicino a Siena" in shown
    kilometres = [int(km) for km in re.findall(r"· (\d+) km ·", shown)]
    assert len(kilometres) >= 3
    assert kilometres == sorted(kilometres)
    reader.cookies.clear()


def test_a_base_that_has_no_answer_shows_no_example(client):
    """Nothing is indexed there."""
    assert section(client.get("/").text, "example") == ""
