"""Practice records are parsed once per revision, and a change is seen at once."""

from __future__ import annotations

import pytest

from kb.corpus.card_files import load_corpus
from kb.corpus.loading import CORPUS
from kb.practices.practice import Practice
from kb.practices.publishing import publish_practice
from kb.practices.record_cache import RecordCache
from kb.runtime.services import open_services

NAMES = ("capannori-rifiuti-zero", "besancon-compostaggio-diffuso", "altena-governare-il-calo")


@pytest.fixture
def services(settings):
    with open_services(settings, own=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def cards():
    practices = {practice.id: practice for practice in load_corpus(CORPUS).practices}
    return [practices[name] for name in NAMES]


def publish(services, *practices):
    with services.database.transaction() as session:
        for practice in practices:
            publish_practice(session, practice)


def load(cache, services, ids=NAMES):
    with services.database.session() as session:
        return cache.load(session, ids)


def test_a_record_is_parsed_again_only_after_a_change(services, cards):
    parsed = []

    def parse(record):
        parsed.append(record["id"])
        return Practice.model_validate(record)

    first, *others = cards
    publish(services, first, *others)
    cache = RecordCache(parse, most=10)
    assert load(cache, services) == {card.id: card for card in (first, *others)}
    load(cache, services)
    assert sorted(parsed) == sorted(NAMES)
    changed = first.model_copy(update={"title": "Un altro titolo"})
    publish(services, changed)
    assert load(cache, services)[first.id].title == "Un altro titolo"
    assert parsed[len(NAMES) :] == [first.id]
    assert load(cache, services, ["gone"]) == {}


def test_no_more_records_are_kept_than_allowed(services, cards):
    publish(services, *cards)
    parsed = []
    cache = RecordCache(lambda record: parsed.append(record["id"]), most=2)
    load(cache, services)
    parsed.clear()
    load(cache, services)
    assert len(parsed) == 1
