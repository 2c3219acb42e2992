"""Long documents hold nobody up: short ones are ready first, and the long ones go on."""

from __future__ import annotations

import io
import random
import threading
from contextlib import ExitStack

import numpy as np
import pytest
from sqlalchemy import func, select

from ingest.processes.turns import OLDEST_EVERY, Turns
from ingest.submit import submit
from ingest.worker import Worker
from ingest.worker_processes import SLICE, Embedding
from kb.access import OPERATOR
from kb.domain import Status
from kb.embedding.late import embed_with_sentences
from kb.runtime.services import open_services
from kb.storage.tables import Item, Job, PassageRow
from search.results import Question
from search.service import search

WORDS = (
    "river forest school council energy water budget citizens market bridge garden winter".split()
)


def long_text(seed, paragraphs=400):
    chosen = random.Random(seed)
    lines = [" ".join(chosen.choices(WORDS, k=70)).capitalize() + "." for _ in range(paragraphs)]
    return "\n\n".join([f"# Report {seed}", *lines]).encode()


@pytest.fixture
def services(make_settings):
    with open_services(make_settings(passage_tokens=128, passage_overlap=0), own=True) as opened:
        opened.warm()
        yield opened


def statuses(services):
    with services.database.session() as session:
        return {item.id: item.status for item in session.scalars(select(Item))}


@pytest.mark.timeout(900)
def test_a_short_document_is_found_while_more_long_ones_than_readers_are_embedded(services):
    worker = Worker(services)
    longs = [submit(services, io.BytesIO(long_text(n)), f"long-{n}.md").id for n in range(3)]
    at_work = threading.Event()

    def look(stage, done, total):
        with services.database.session() as session:
            embedded = select(func.count()).where(Job.stage == "embedding", Job.done > 0)
            if session.scalar(embedded):
                everywhere = select(func.count()).where(Job.stage == "embedding")
                if session.scalar(everywhere) == len(longs):
                    at_work.set()

    worker.on_report = look
    worker.start()
    try:
        assert at_work.wait(500), "all long documents are read, and one is being embedded"
        text = "# Il mulino\n\nIl mulino di Radicofani fu restaurato nel 2012."
        short = submit(services, io.BytesIO(text.encode()), "short.md").id
        while statuses(services)[short] is not Status.READY:
            services.item_ready.clear()
            if statuses(services)[short] is not Status.READY:
                assert services.item_ready.wait(500)
        now = statuses(services)
        assert [now[one] for one in longs] == [Status.PROCESSING] * 3
        found = search(Question("Quando fu restaurato il mulino?"), services, OPERATOR)
        assert found.results[0].id == short
    finally:
        worker.stop()


def test_a_document_of_many_slices_is_whole(services):
    document = submit(services, io.BytesIO(long_text(7, 60)), "long.md").id
    worker = Worker(services)
    reports = []
    worker.on_report = lambda stage, done, total: reports.append((stage, done, total))
    worker.step()
    worker.stop()
    assert statuses(services)[document] is Status.READY
    with services.database.session() as session:
        passages = session.scalar(select(func.count()).select_from(PassageRow))
    assert passages > SLICE
    assert services.index.count() == passages
    assert ("embedding", passages, passages) in reports


def test_slices_give_the_vectors_of_one_run(services):
    texts = [f"{' '.join(WORDS[: n % 9 + 2])} number {n}. Second sentence {n}." for n in range(45)]
    bodies = [0] * len(texts)
    embedding = Embedding(services)
    progress = []
    made = embedding.of(texts, bodies, progress.append)
    embedding.close()
    whole = embed_with_sentences(services.embedder, texts, bodies)
    assert progress == [SLICE, len(texts)]
    assert made.spans == whole.spans
    assert np.all(np.sum(made.passages * whole.passages, axis=1) > 0.999)
    for mine, theirs in zip(made.sentences, whole.sentences, strict=True):
        assert np.abs(mine.astype(int) - theirs.astype(int)).max() <= 2


def test_no_passages_make_no_vectors(services):
    embedding = Embedding(services)
    made = embedding.of([], [], lambda done: None)
    embedding.close()
    assert (len(made.passages), made.spans, made.sentences) == (0, [], [])


class Line(list):
    """Who waits for a turn; whoever comes is told to those who wait for ``changed``."""

    def __init__(self, changed):
        super().__init__()
        self._changed = changed

    def append(self, ticket):
        super().append(ticket)
        self._changed.notify_all()


def order_of(lefts, rounds):
    """Names of who has a turn, when each that had one asks again with one less left. No turn ends
    before all others that want one stand in line."""
    turns, order, left = Turns(), [], dict(lefts)
    turns._waiting = Line(turns._changed)

    def wait_for_others(own=None):
        wanting = sum(left[name] > 0 for name in left if name != own)
        with turns._changed:
            turns._changed.wait_for(lambda: len(turns._waiting) >= wanting)

    def work(name, place):
        for still in range(left[name], 0, -1):
            with place.turn(still):
                order.append(name)
                left[name] -= 1
                wait_for_others(name)

    with ExitStack() as documents:
        with turns.document() as first, first.turn(0):
            threads = []
            for name in lefts:
                place = documents.enter_context(turns.document())
                threads.append(threading.Thread(target=work, args=(name, place)))
                threads[-1].start()
            wait_for_others()
        for thread in threads:
            thread.join()
    return order[:rounds]


def test_who_has_least_left_is_next_and_nobody_starves():
    order = order_of({"short": 2, "long": 40}, 42)
    assert order.index("short") <= 1
    assert [name for name in order[:4] if name == "short"] == ["short"] * 2
    flood = order_of({"long": 40, **{f"s{n}": 3 for n in range(10)}}, 24)
    assert flood.count("long") >= 24 // OLDEST_EVERY - 1
