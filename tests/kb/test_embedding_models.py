"""Models other than the bundled one: tiny ones with random weights, in the usual layouts."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kb.embedding.embedder import find_model, load_embedder, load_tokenizer
from kb.embedding.late import embed_with_sentences
from kb.embedding.local import load_local_embedder
from kb.messages import ConfigurationError

TEXTS = ["il borgo e la valle", "valle", "", "la scuola " * 90, "the village school"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
WORDS = [*SPECIAL, "il", "la", "e", "borgo", "valle", "scuola"]
WORDS += ["the", "village", "school", "find", "text", ":"]
PROMPTS = {"query": "find: ", "document": "text: "}
MEAN = {"pooling_mode": "mean"}
REVISION = "0123456789abcdef0123456789abcdef01234567"


def _tokenizer_files(folder: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]"}
    special["sep_token"] = "[SEP]"
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 48} | special
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def _model(
    folder: Path,
    kind: str,
    prompts: dict[str, str] | None = None,
    pooling: dict[str, Any] = MEAN,
) -> Path:
    """A sentence-transformers folder of the given transformers architecture, 16 dimensions."""
    import torch
    from transformers import AutoConfig, AutoModel

    torch.manual_seed(7)
    sizes: dict[str, Any] = {"vocab_size": len(WORDS), "max_position_embeddings": 64}
    if kind == "distilbert":
        sizes |= {"dim": 16, "hidden_dim": 32, "n_layers": 2, "n_heads": 2}
    else:
        sizes |= {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
        sizes |= {"num_attention_heads": 2, "pad_token_id": 1 if "roberta" in kind else 0}
    folder.mkdir(parents=True)
    AutoModel.from_config(AutoConfig.for_model(kind, **sizes)).save_pretrained(folder)
    _tokenizer_files(folder)
    module = "sentence_transformers.sentence_transformer.modules"
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"embedding_dimension": 16} | pooling)
    )
    (folder / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": prompts or {}})
    )
    return folder


@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-roberta"])
def test_openvino_computes_what_torch_computes(make_settings, tmp_path: Path, kind: str):
    folder = _model(tmp_path / "Tiny Model", kind, PROMPTS)
    vectors = _compare_backends(make_settings, folder, tmp_path / "cache")
    passages, queries = np.split(vectors, 2)
    assert (passages * queries).sum(axis=1).max() < 0.9999


@pytest.mark.parametrize(
    "pooling",
    [
        {"pooling_mode": "cls"},
        {"pooling_mode": ["mean"]},
        {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False},
        {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True},
        {"pooling_mode": "max"},
        {"pooling_mode": "mean", "include_prompt": False},
    ],
)
def test_both_backends_pool_as_the_model_says(make_settings, tmp_path: Path, pooling):
    folder = _model(tmp_path / "tiny", "bert", PROMPTS, pooling)
    texts = [text for text in TEXTS if text]  # without its prompt, nothing is left of an empty one
    _compare_backends(make_settings, folder, tmp_path / "cache", texts)


def test_layers_after_pooling_are_computed_too(make_settings, tmp_path: Path):
    from sentence_transformers.sentence_transformer.modules import Dense

    folder = _model(tmp_path / "tiny", "bert", PROMPTS)
    (folder / "2_Dense").mkdir()
    Dense(16, 16).save(str(folder / "2_Dense"))
    modules = json.loads((folder / "modules.json").read_text())
    dense = {"path": "2_Dense", "type": modules[1]["type"].replace("Pooling", "Dense")}
    modules.append({"idx": 2, "name": "2"} | dense)
    (folder / "modules.json").write_text(json.dumps(modules))
    _compare_backends(make_settings, folder, tmp_path / "cache")


def _compare_backends(make_settings, folder: Path, cache_dir: Path, texts=TEXTS) -> np.ndarray:
    """Vectors of ``texts`` as passages and as questions."""
    vectors = []
    for backend in ("openvino", "torch"):
        fields = {"cache_dir": cache_dir, "embedding_backend": backend}
        embedder = load_local_embedder(make_settings(embedding_model=str(folder), **fields))
        assert embedder.dimension == 16
        assert embedder.max_tokens == 48
        vectors.append(np.vstack([embedder.embed_passages(texts), embedder.embed_queries(texts)]))
        np.testing.assert_allclose(np.linalg.norm(vectors[-1], axis=1), 1, atol=1e-5)
        assert np.linalg.norm(next(embedder.run(texts))[1].vector) == pytest.approx(1, abs=1e-5)
    assert (vectors[0] * vectors[1]).sum(axis=1).min() > 0.999
    return vectors[1]


def test_an_architecture_openvino_is_not_used_for_runs_on_torch(make_settings, tmp_path: Path):
    folder = _model(tmp_path / "tiny", "distilbert")
    cache_dir = tmp_path / "cache"
    settings = make_settings(embedding_model=str(folder), cache_dir=cache_dir)
    assert find_model(settings).dimension == 16
    assert load_embedder(settings).embed_passages(TEXTS).shape == (len(TEXTS), 16)
    forced = make_settings(
        embedding_model=str(folder), cache_dir=cache_dir, embedding_backend="openvino"
    )
    with pytest.raises(ConfigurationError, match="KB_EMBEDDING_BACKEND"):
        load_embedder(forced)


def test_without_openvino_models_run_on_torch(make_settings, tmp_path: Path, monkeypatch):
    folder = _model(tmp_path / "tiny", "bert")
    monkeypatch.setitem(sys.modules, "openvino", None)
    for name in ("openvino", "precision", "int8", "encoder_graph"):
        monkeypatch.delitem(sys.modules, f"kb.embedding.{name}", raising=False)
    settings = make_settings(embedding_model=str(folder), cache_dir=tmp_path / "cache")
    assert load_embedder(settings).embed_passages(TEXTS).shape == (len(TEXTS), 16)
    assert not (tmp_path / "cache" / "openvino").exists()


def test_the_fingerprint_follows_weights_and_prompts(make_settings, tmp_path: Path):
    def fingerprint(folder: Path) -> str:
        return find_model(make_settings(embedding_model=str(folder))).fingerprint

    first = _model(tmp_path / "a" / "tiny", "bert")
    same = _model(tmp_path / "b" / "tiny", "bert")
    prompted = _model(tmp_path / "c" / "tiny", "bert", {"query": "find: "})
    assert fingerprint(first) == fingerprint(same)
    assert fingerprint(first) != fingerprint(prompted)
    before = fingerprint(first)
    weights = first / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\x00\x00\x80\x3f")
    assert fingerprint(first) != before


CARD = """---
tags: [sentence-transformers]
---
```json
{"loss": "MultipleNegativesRankingLoss", "matryoshka_dims": [
    16,
    8
]}
```
"""


@pytest.mark.parametrize("told", ["config", "card"])
def test_vectors_are_cut_where_the_model_was_trained_for_it(make_settings, tmp_path: Path, told):
    folder = _model(tmp_path / "tiny", "bert", {"query": "find: "})
    if told == "config":
        config = json.loads((folder / "config.json").read_text()) | {"matryoshka_dimensions": [8]}
        (folder / "config.json").write_text(json.dumps(config))
    else:
        (folder / "README.md").write_text(CARD)
    fields = {"embedding_model": str(folder), "cache_dir": tmp_path / "cache"}
    settings = [make_settings(**fields, embedding_dimensions=n) for n in (None, 8)]
    assert len({find_model(one).fingerprint for one in settings}) == len(settings)
    whole, short = map(load_embedder, settings)
    assert (whole.dimension, short.dimension) == (16, 8)
    for method in ("embed_passages", "embed_queries"):
        expected = getattr(whole, method)(TEXTS)[:, :8]
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        np.testing.assert_allclose(getattr(short, method)(TEXTS), expected, atol=1e-5)
    late = embed_with_sentences(short, ["the village school. il borgo."], [0])
    assert late.passages.shape == (1, 8)
    assert late.sentences[0].shape[1] == 8
    header = "a village school\n"
    headed = embed_with_sentences(short, [header + "the village school. il borgo."], [len(header)])
    assert headed.spans == late.spans
    assert headed.sentences[0].shape == (len(late.spans[0]) + 1, 8)
    assert np.any(headed.sentences[0][-1])


@pytest.mark.parametrize("dimensions", [8, 17])
def test_vectors_of_any_other_length_are_refused_in_words(make_settings, tmp_path, dimensions):
    folder = _model(tmp_path / "tiny", "bert")
    settings = make_settings(embedding_model=str(folder), embedding_dimensions=dimensions)
    with pytest.raises(ConfigurationError, match="KB_EMBEDDING_DIMENSIONS to one of 16,"):
        find_model(settings)
    full = make_settings(embedding_model=str(folder), embedding_dimensions=16)
    assert find_model(full).fingerprint == find_model(full.model_copy(
        update={"embedding_dimensions": None})).fingerprint  # fmt: skip


def test_a_damaged_model_is_refused(make_settings, tmp_path: Path):
    folder = _model(tmp_path / "tiny", "bert")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        load_embedder(make_settings(embedding_model=str(folder)))


def test_the_tokenizer_of_another_model(make_settings, tmp_path: Path):
    folder = _model(tmp_path / "tiny", "bert")
    tokenizer = load_tokenizer(make_settings(embedding_model=str(folder)))
    assert tokenizer.count("la scuola " * 90) == 182
    assert tokenizer.encode("il borgo").offsets[1:-1] == [(0, 2), (3, 8)]


def test_a_hub_id_is_found_in_the_local_cache(tmp_path: Path):
    hub = tmp_path / "hub" / "models--terre--tiny"
    _model(hub / "snapshots" / REVISION, "bert")
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text(REVISION)
    code = """
from kb.embedding.embedder import find_model, load_embedder
from kb.settings import Settings
source = find_model(Settings())
assert (source.name, source.revision) == ("terre-tiny", source.folder.name), source
print(load_embedder(Settings()).embed_query("il borgo").shape)
"""
    environment = {
        **os.environ,
        "HF_HOME": str(tmp_path),
        "KB_CACHE_DIR": str(tmp_path / "cache"),
        "KB_EMBEDDING_MODEL": "terre/tiny",
    }
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, env=environment, capture_output=True, text=True
    )
    assert found.stdout.strip() == "(16,)"
