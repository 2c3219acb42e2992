"""The encoder in 8-bit integers: exact enough, and chosen only where it is faster."""

from __future__ import annotations

import json

import numpy as np
import openvino as ov
import pytest

from kb.embedding import precision
from kb.embedding.embedder import find_model, load_embedder
from kb.embedding.int8 import InputRange, Int8Ranges, quantize_weights, ranges_file
from kb.embedding.weights_file import map_weights, without_prefix
from kb.messages import ConfigurationError
from kb.settings import Settings
from tests.kb.test_embedding import PASSAGES, QUESTIONS


@pytest.fixture(scope="module")
def in_int8(cache_dir):
    return load_embedder(_settings(cache_dir, "int8"))


def _settings(cache_dir, wanted):
    return Settings(_env_file=None, cache_dir=cache_dir, embedding_precision=wanted)


@pytest.fixture(scope="module")
def floats(cache_dir):
    return load_embedder(_settings(cache_dir, "float32"))


def test_integers_give_nearly_the_same_vectors(in_int8, floats):
    assert (in_int8.precision, floats.precision) == ("int8", "float32")
    texts = [*PASSAGES, "x", " ".join(PASSAGES * 8)]
    exact, rounded = floats.embed_passages(texts), in_int8.embed_passages(texts)
    cosines = (exact * rounded).sum(axis=1)
    assert cosines[: len(PASSAGES)].min() > 0.999
    assert cosines.min() > 0.995
    assert np.abs(exact - rounded).max() > 1e-5  # they are not the same computation


def test_integers_find_the_same_passages(in_int8, floats):
    asked = list(QUESTIONS)
    best = [
        (embedder.embed_queries(asked) @ passages.T).argmax(axis=1).tolist()
        for embedder in (in_int8, floats)
        for passages in (in_int8.embed_passages(PASSAGES), floats.embed_passages(PASSAGES))
    ]
    assert best == [best[0]] * 4


def test_weights_are_rounded_to_half_a_step():
    weights = np.array([[0.5, -1.27, 0.004], [0, 0, 0]], np.float32)
    rounded, steps = quantize_weights(weights)
    assert rounded.tolist() == [[50, -127, 0], [0, 0, 0]]
    assert np.abs(rounded * steps - weights).max() <= 0.005


def test_an_input_is_smoothed_rounded_and_limited():
    step = 0.01
    own = InputRange(np.array([1.0, 10.0]), low=-1.0, high=-1.0 + 255 * step)
    given = own.quantize(np.array([[0.123, 0.123], [9.0, -90.0]]))
    np.testing.assert_allclose(given, [[0.12, 0.01], [1.55, -1.0]], atol=1e-9)


def test_ranges_survive_being_written(tmp_path):
    inputs = {
        "b.attention.self": InputRange(np.array([1.0, 2.0, 0.5]), -1.5, 3.5),
        "b.output.dense": InputRange(np.array([4.0]), 0.0, 255.0),
    }
    corrections = {"b.output.dense": np.array([0.25, -0.5])}
    Int8Ranges(inputs, corrections).save(tmp_path / "ranges.npz")
    read = Int8Ranges.load(tmp_path / "ranges.npz")
    assert read.corrections["b.output.dense"].tolist() == [0.25, -0.5]
    for name, own in inputs.items():
        assert read.inputs[name].smoothing.tolist() == own.smoothing.tolist()
        assert (read.inputs[name].low, read.inputs[name].high) == (own.low, own.high)
    (tmp_path / "ranges.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(ConfigurationError, match=r"ranges\.npz"):
        Int8Ranges.load(tmp_path / "ranges.npz")


@pytest.fixture
def encoder(cache_dir, tmp_path, monkeypatch):
    """The bundled model with an empty cache, on a processor that the test describes."""
    monkeypatch.setattr(precision, "PROCESSOR_FLAGS", tmp_path / "cpuinfo")
    return _encoder(cache_dir, tmp_path / "openvino")


@pytest.mark.parametrize(
    ("flags", "share", "alike", "chosen"),
    [
        ("fpu avx2 avx512f avx512_vnni", 0.5, 0.93, "int8"),
        ("fpu avx2 avx_vnni", 0.95, 0.93, "floats"),
        ("fpu avx2 avx512_vnni", 0.5, 0.3, "floats"),
        ("fpu avx2 avx512f", 0.5, 0.93, "floats"),
    ],
)
def test_the_processor_and_a_kept_measurement_choose(encoder, flags, share, alike, chosen):
    """The measurement of another processor is given; the model is then loaded in earnest."""
    precision.PROCESSOR_FLAGS.write_text(
        f"processor\t: 0\nmodel name\t: X\nflags\t\t: {flags}\n", encoding="utf-8"
    )
    encoder.cache_dir.mkdir()
    kept = precision.measurement_file(encoder)
    kept.write_text(json.dumps({"share": share, "alike": alike}), encoding="utf-8")
    _, found = precision.compile_encoder(encoder, "auto")
    assert ("int8" if found == "int8" else "floats") == chosen


def _encoder(cache_dir, compiled):
    source = find_model(_settings(cache_dir, "auto"))
    weights = without_prefix(map_weights(source.folder / "model.safetensors"))
    config = json.loads((source.folder / "config.json").read_text("utf-8"))
    return precision.Encoder(source, weights, config, compiled, None)


def test_a_measurement_compares_the_two_and_is_kept(encoder):
    precision.PROCESSOR_FLAGS.write_text("flags : avx512_vnni\n", encoding="utf-8")
    precision.compile_encoder(encoder, "auto")
    found = json.loads(precision.measurement_file(encoder).read_text("utf-8"))
    assert found["alike"] > 0.9
    assert 0 < found["share"] < 10


def test_what_a_processor_cannot_is_said(cache_dir, tmp_path):
    if _has_bfloat16():
        pytest.skip("this processor has bfloat16")
    with pytest.raises(ConfigurationError, match="KB_EMBEDDING_PRECISION"):
        precision.compile_encoder(_encoder(cache_dir, tmp_path), "bfloat16")


def _has_bfloat16():
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def test_the_shipped_ranges_are_small(cache_dir):
    path = ranges_file(find_model(_settings(cache_dir, "auto")).fingerprint)
    assert path.stat().st_size < 200_000
