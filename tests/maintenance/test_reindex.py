"""A new index beside the old one: interrupted, taken up again, with another model or other text."""

from __future__ import annotations

import io
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from ingest.reindex.reindex import ReindexMode, needed_source, reindex
from ingest.submit import submit
from ingest.worker import Worker
from kb.access import OPERATOR
from kb.embedding.embedder import find_model
from kb.maintenance.check import check_base
from kb.messages import ConfigurationError
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.tables import ActiveIndex, Document, PageRow, PassageRow, StagedItem
from kb.vectors.opening import list_indexes
from search.results import Question
from search.service import search
from tests.databases import copied
from tests.maintenance.texts import LONG, QUESTIONS, fill

KILLED = """
import os, signal, sys
from pathlib import Path
from ingest.reindex.reindex import ReindexMode, reindex
from kb.runtime.services import open_services
from kb.settings import Settings

def report(done, total):
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(
    _env_file=None, data_dir=Path(sys.argv[1]), cache_dir=Path(sys.argv[2]),
    database_url=sys.argv[3],
)
with open_services(settings, own=True) as services:
    reindex(services, ReindexMode.PASSAGES, report, batch_items=1)
"""


def quiet(done, total):
    """Nobody watches."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory, cache_dir, database) -> Path:
    """The data folder of a base that nobody has open."""
    data_dir = tmp_path_factory.mktemp("kb") / "data"
    settings = Settings(_env_file=None, data_dir=data_dir, cache_dir=cache_dir, **database)
    with open_services(settings, own=True) as services:
        fill(services)
    return data_dir


@pytest.fixture
def settings(filled, tmp_path, cache_dir, database) -> Iterator[Settings]:
    """A copy of that base."""
    shutil.copytree(filled, tmp_path / "data")
    with copied(database) as fields:
        yield Settings(_env_file=None, data_dir=tmp_path / "data", cache_dir=cache_dir, **fields)


@pytest.fixture
def tiny(settings, tmp_path) -> Settings:
    """The same base with a model of random weights and 32 dimensions."""
    import torch
    from transformers import BertConfig, BertModel

    bundled = find_model(settings).folder
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        if (bundled / name).is_file():
            shutil.copy(bundled / name, folder)
    size = json.loads((bundled / "config.json").read_text())["vocab_size"]
    config = BertConfig(
        vocab_size=size, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=512,
    )  # fmt: skip
    torch.manual_seed(5)
    BertModel(config).save_pretrained(folder)
    module = "sentence_transformers.sentence_transformer.modules"
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    pooling = {"embedding_dimension": 32, "pooling_mode": "mean"}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return settings.model_copy(update={"embedding_model": str(folder)})


def answers(services):
    """The score of each title that each question finds. Vectors made in another batch differ a
    little."""
    return {
        (question, one.title): one.score
        for question in QUESTIONS
        for one in search(Question(question), services, OPERATOR).results
    }


def test_killed_in_the_middle_it_goes_on_and_the_old_index_answers_meanwhile(settings):
    with open_services(settings, own=True) as services:
        before, old = answers(services), services.index.name
        texts = services.index.count()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, settings.data_dir, settings.cache_dir, settings.sql_url],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    with open_services(settings, own=True) as services:
        assert services.index.name == old
        assert answers(services) == pytest.approx(before, abs=0.005)
        report = check_base(services)
        assert report.clean
        [half] = report.differences
        assert (half.where, half.command) == (f"{old}.g2", "kb reindex --reembed")

    steps = []
    with open_services(settings, own=True) as services:
        done = reindex(
            services, ReindexMode.PASSAGES, lambda *step: steps.append(step), batch_items=1
        )
        assert (done.name, done.points, done.kept) == (f"{old}.g2", texts, ())
        assert steps[0][0] >= 2, "what was done before the kill is not done again"
        assert steps[-1][0] == steps[-1][1]
        assert services.index.name == f"{old}.g2"
        assert list_indexes(settings) == [f"{old}.g2"]
        assert answers(services) == pytest.approx(before, abs=0.005)
        assert check_base(services).differences == ()


def test_another_model_is_noticed_and_named_and_changed_to(settings, tiny):
    with open_services(settings, own=True) as services:
        before, old = answers(services), services.index.name
    with open_services(tiny, own=True) as services:
        with pytest.raises(ConfigurationError, match="run `kb reindex`, or set KB_EMBEDDING_MODEL"):
            services.index.count()
        [difference] = check_base(services).differences
        assert difference.command == "kb reindex"
        done = reindex(services, ReindexMode.PASSAGES, quiet)
        assert done.name == services.recipe != old
        assert services.index.dimension == 32
        assert {question for question, _ in answers(services)} == set(QUESTIONS)
        assert check_base(services).differences == ()
    with open_services(settings, own=True) as services:
        with pytest.raises(ConfigurationError, match="run `kb reindex`"):
            services.index.count()
        reindex(services, ReindexMode.PASSAGES, quiet)
        assert answers(services) == pytest.approx(before, abs=0.005)
        assert list_indexes(settings) == [services.recipe]
        assert check_base(services).differences == ()


def test_an_unfinished_index_of_other_settings_is_given_up(settings, tiny):
    with open_services(tiny, own=True) as services:

        def stop(done, total):
            if done:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            reindex(services, ReindexMode.PASSAGES, stop, batch_items=1)
    assert len(list_indexes(settings)) == 2
    with open_services(settings, own=True) as services:
        reindex(services, ReindexMode.PASSAGES, quiet)
        assert list_indexes(settings) == [services.index.name]
        with services.database.session() as session:
            assert session.scalar(select(func.count()).select_from(StagedItem)) == 0
        assert check_base(services).differences == ()


def test_pages_are_split_again_with_the_present_rules(settings):
    shorter = settings.model_copy(update={"passage_tokens": 64, "passage_overlap": 0})
    with open_services(shorter, own=True) as services:
        long = submit(services, io.BytesIO(LONG.encode()), "long.txt").id
        Worker(services).run_until_idle()
        fine = passages_of(services, long)
    with open_services(settings, own=True) as services:
        reindex(services, ReindexMode.PAGES, quiet)
        coarse = passages_of(services, long)
        assert 0 < coarse < fine
        assert services.index.count() == passages_of(services)
        assert check_base(services).differences == ()


def test_originals_are_read_again_and_one_that_is_lost_keeps_its_passages(settings):
    with open_services(settings, own=True) as services:
        with services.database.transaction() as session:
            mill = session.scalars(select(Document).where(Document.filename == "mill.md")).one()
            bus = session.scalars(select(Document).where(Document.filename == "bus.md")).one()
            session.execute(
                update(PageRow).where(PageRow.document_id == mill.id).values(text="Wrong.")
            )
        lost = services.originals.own_path(bus.content_sha256)
        assert lost is not None
        content = lost.read_bytes()
        lost.unlink()
        done = reindex(services, ReindexMode.ORIGINALS, quiet)
        [kept] = done.kept
        assert (kept.id, kept.title) == (bus.id, bus.title)
        assert passages_of(services, bus.id) > 0
        lost.write_bytes(content)
        assert check_base(services).differences == ()


def test_an_index_that_is_gone_is_missed_and_made_again(settings):
    with open_services(settings, own=True) as services:
        before = answers(services)
    shutil.rmtree(settings.index_dir)
    with open_services(settings, own=True) as services:
        with pytest.raises(ConfigurationError, match="is not there: run `kb reindex`"):
            services.index.count()
        [difference] = check_base(services).differences
        assert difference.command == "kb reindex"
        reindex(services, ReindexMode.PASSAGES, quiet)
        assert answers(services) == pytest.approx(before, abs=0.005)


def passages_of(services, item_id=None):
    counted = select(func.count()).select_from(PassageRow)
    with services.database.session() as session:
        return session.scalar(counted.filter_by(item_id=item_id) if item_id else counted)


def test_a_base_of_an_older_splitter_is_noticed_and_split_anew(make_settings):
    settings = make_settings()
    rows = "\n".join(f"Scuola n. {n};{n * 17}" for n in range(80))
    with open_services(settings, own=True) as services:
        csv = io.BytesIO(f"Edificio;Consumo di gas\n{rows}".encode())
        item_id = submit(services, csv, "consumi.csv").id
        Worker(services).run_until_idle()
        name = services.index.name
    with open_services(settings, own=True) as services:
        with services.database.transaction() as session:
            session.get(ActiveIndex, 1).name = name.replace("-2-", "-1-", 1)
            for row in session.scalars(select(PassageRow).where(PassageRow.ordinal > 0)):
                row.spans, row.text = row.spans[1:], row.text.partition("\n")[2]
        assert services.due() == name.replace("-2-", "-1-", 1)

    with open_services(settings, own=True) as services:
        assert needed_source(services) is ReindexMode.PAGES
        reindex(services, needed_source(services), quiet)
        assert needed_source(services) is ReindexMode.PASSAGES

    with open_services(settings, own=True) as services:
        assert services.index.name == name
        with services.database.session() as session:
            texts = session.scalars(select(PassageRow.text).where(PassageRow.item_id == item_id))
            assert all(text.startswith("Edificio | Consumo di gas\n") for text in texts)
        assert check_base(services).differences == ()
