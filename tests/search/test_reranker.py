"""The reranker by one setting, with a real cross-encoder of two layers that the test builds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.bulk import PlainText, add
from kb.access import OPERATOR
from kb.embedding.reranker import BATCH, Reranker, load_reranker
from kb.messages import ConfigurationError
from kb.runtime.services import open_services
from kb.settings import Settings
from search.results import Question
from search.service import rank

QUESTION = "Chi ha riaperto la bottega del paese?"
TEXTS = {
    f"text-{number}": f"{what} Il Comune di Poggio numero {number} ne scrive nel suo bilancio."
    for number, what in enumerate(
        [
            "La bottega del paese è stata riaperta da una cooperativa di dodici abitanti.",
            "Il negozio di alimentari vende pane, latte e giornali ogni mattina.",
            "La scuola ha un orto con galline e un forno per il pane.",
            "Il bus a chiamata porta gli anziani dal medico e al mercato.",
            "Le lampade delle strade sono state cambiate in due mesi.",
            "Il bosco comunale è curato da una cooperativa di giovani.",
        ]
    )
}
WORDS = sorted({word.strip(".,?").lower() for text in TEXTS.values() for word in text.split()})


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory):
    """A folder with a BERT of two layers and random weights, one score."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification
    from transformers.models.bert.tokenization_bert import BertTokenizer

    made, folder = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("reranker")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (made / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=160,
        num_labels=1,
        initializer_range=0.4,
    )
    BertForSequenceClassification(config).save_pretrained(made)
    BertTokenizer(str(made / "vocab.txt"), strip_accents=False).save_pretrained(made)
    CrossEncoder(str(made), local_files_only=True, device="cpu").save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory, cache_dir):
    """A data folder with the texts."""
    folder = tmp_path_factory.mktemp("base") / "data"
    settings = Settings(_env_file=None, data_dir=folder, cache_dir=cache_dir)
    with open_services(settings, own=True) as services:
        add(services, [PlainText(id, id, text) for id, text in TEXTS.items()])
    return settings


def ask(base, **changed):
    with open_services(base.model_copy(update=changed), own=True) as services:
        services.warm()
        return [one.item.title for one in rank(Question(QUESTION), services, OPERATOR)], services


def test_the_leading_passages_stand_in_the_order_of_the_reranker(base, cross_encoder):
    from sentence_transformers import CrossEncoder

    before, _ = ask(base)
    after, services = ask(base, reranker_model=str(cross_encoder), reranker_budget_ms=60_000)
    assert services.reranker_failure is None
    model = CrossEncoder(str(cross_encoder), local_files_only=True, device="cpu")
    pairs = [(QUESTION, f"{id}\n{text}") for id, text in TEXTS.items()]
    given = dict(zip(TEXTS, model.predict(pairs).tolist(), strict=True))
    assert sorted(after) == sorted(before)
    assert after == sorted(after, key=lambda title: -given[title])
    assert after != before


def test_passages_not_read_within_the_budget_follow(base, cross_encoder):
    settings = base.model_copy(
        update={"reranker_model": str(cross_encoder), "reranker_budget_ms": 60_000}
    )
    patient = load_reranker(settings)
    hurried = Reranker(patient.name, patient._model, budget_s=1e-6)
    assert len(patient.scores(QUESTION, list(TEXTS.values()))) == len(TEXTS)
    assert len(hurried.scores(QUESTION, list(TEXTS.values()))) == BATCH < len(TEXTS)


def test_search_goes_on_without_a_reranker_that_cannot_be_used(base, cross_encoder, tmp_path):
    before, _ = ask(base)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text((cross_encoder / "config.json").read_text())
    embedding = tmp_path / "embedding"
    embedding.mkdir()
    (embedding / "config.json").write_text(json.dumps({"architectures": ["BertModel"]}))
    three = tmp_path / "three-classes"
    three.mkdir()
    config = json.loads((cross_encoder / "config.json").read_text())
    classes = {"id2label": {str(n): f"c{n}" for n in range(3)}}
    (three / "config.json").write_text(json.dumps(config | classes))
    for model, budget, said in (
        (tmp_path / "missing", 60_000, "not on this machine"),
        (broken / "config.json", 60_000, "is a file"),
        (embedding, 60_000, "no reranker"),
        (three, 60_000, "no reranker"),
        (broken, 60_000, "cannot be loaded"),
        (cross_encoder, 1, "KB_RERANKER_BUDGET_MS"),
    ):
        found, services = ask(base, reranker_model=str(model), reranker_budget_ms=budget)
        assert found == before
        assert isinstance(services.reranker_failure, ConfigurationError)
        assert said in str(services.reranker_failure)


def test_what_is_wrong_with_the_reranker_is_said_at_start(base, tmp_path):
    command = [sys.executable, "-c", "from kb.cli import main; main()", "search", QUESTION]
    done = subprocess.run(
        command,
        cwd=Path(__file__).resolve().parents[2],
        env={
            **os.environ,
            "KB_DATA_DIR": str(base.data_dir),
            "KB_CACHE_DIR": str(base.cache_dir),
            "KB_RERANKER_MODEL": str(tmp_path / "missing"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "reranker" in done.stderr
    assert "KB_RERANKER_MODEL" in done.stderr
    assert "bottega" in done.stdout


def test_kb_eval_shows_what_the_reranker_brings(base, cross_encoder, tmp_path):
    (tmp_path / "set").mkdir()
    texts = [{"_id": id, "text": text} for id, text in TEXTS.items()]
    queries = [{"_id": "q1", "text": QUESTION}]
    for name, records in (("corpus", texts), ("queries", queries)):
        lines = "\n".join(json.dumps(one) for one in records)
        (tmp_path / "set" / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "set" / "qrels.tsv").write_text("q1\ttext-0\t1\n")
    done = subprocess.run(
        [sys.executable, "-c", "from kb.cli import main; main()", "eval", "set", "--json"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "KB_DATA_DIR": str(tmp_path / "data"),
            "KB_CACHE_DIR": str(base.cache_dir),
            "KB_RERANKER_MODEL": str(cross_encoder),
            "KB_RERANKER_BUDGET_MS": "60000",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    scores = json.loads(done.stdout)
    assert scores["without_reranker"]["mrr@10"] == 1.0
    assert scores["mrr@10"] < 1.0, "random weights put another passage first"
