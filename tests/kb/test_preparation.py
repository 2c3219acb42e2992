"""Vectors without their language: the shipped means, the arithmetic, languages without a mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kb.embedding.embedder import Embedder, find_model, load_embedder
from kb.embedding.parallel import Parallel, language_means, learn, normalising
from kb.embedding.preparation import ANY, LanguageNormalizer, shipped_normalizer
from kb.messages import ConfigurationError
from kb.settings import Settings

QUESTION = "Come si produce l'energia elettrica con il vento?"
ANSWER = "Wind turbines turn the movement of the air into electricity."
ITALIAN = [
    "Il mulino ad acqua macinava il grano dei contadini della valle.",
    "La centrale del latte distribuisce bottiglie di vetro ogni mattina.",
    "Come si paga la tassa sui rifiuti del comune?",
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(Settings(), threads=1)


@pytest.fixture(scope="module")
def shipped() -> LanguageNormalizer:
    found = shipped_normalizer(find_model(Settings()).fingerprint)
    assert found is not None
    return found


def test_an_answer_in_another_language_wins_over_unrelated_text(
    embedder: Embedder, shipped: LanguageNormalizer
) -> None:
    passages = embedder.embed_passages([*ITALIAN, ANSWER])
    question = embedder.embed_query(QUESTION)
    prepared = shipped.passages(passages, ["it"] * len(ITALIAN) + ["en"])
    scores = prepared @ shipped.query(question, "it")
    assert np.argmax(scores) == len(ITALIAN)
    centred = shipped.undo_transform(prepared[-1:])[0]
    rest = passages[-1] - shipped.passage_means["en"]
    assert centred @ rest / np.linalg.norm(rest) == pytest.approx(1, abs=1e-4)
    before = passages @ question
    assert scores[-1] - max(scores[:-1]) > before[-1] - max(before[:-1])


def test_prepared_vectors_have_length_one(embedder: Embedder, shipped: LanguageNormalizer) -> None:
    prepared = shipped.passages(embedder.embed_passages(ITALIAN), ["it", "xx", ANY])
    assert prepared.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(prepared, axis=1), 1, atol=1e-5)
    assert np.linalg.norm(shipped.query(embedder.embed_query(""), "")) == pytest.approx(1, abs=1e-5)


def test_no_passages_are_prepared_to_none(shipped: LanguageNormalizer) -> None:
    assert len(shipped.passages(np.zeros((0, 384), np.float32), [])) == 0


def test_a_language_without_mean_gets_the_mean_of_all(
    embedder: Embedder, shipped: LanguageNormalizer
) -> None:
    vector = embedder.embed_query("saluton al la mondo")
    np.testing.assert_array_equal(shipped.query(vector, "eo"), shipped.query(vector, ANY))


def test_versions_tell_different_means_apart(shipped: LanguageNormalizer, tmp_path: Path) -> None:
    shipped.save(tmp_path / "copy.npz")
    assert LanguageNormalizer.load(tmp_path / "copy.npz").version == shipped.version
    swapped = LanguageNormalizer(shipped.query_means, shipped.passage_means, shipped.transform)
    assert swapped.version != shipped.version


def test_a_damaged_file_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "preparation-x.npz"
    path.write_bytes(b"not an archive")
    with pytest.raises(ConfigurationError, match=r"preparation-x\.npz"):
        LanguageNormalizer.load(path)


def test_means_are_of_the_language_not_of_the_topics_it_has() -> None:
    rng = np.random.default_rng(1)
    topics, offsets = rng.normal(size=(40, 8)), {"it": 1.0, "en": -1.0}
    rows = [(t, code) for code in offsets for t in range(40) if code == "en" or topics[t, 0] > 0]
    vectors = np.array([topics[t] + offsets[code] for t, code in rows])
    texts = Parallel(vectors, [t for t, _ in rows], [code for _, code in rows], ["a"] * len(rows))
    means = language_means(texts)
    np.testing.assert_allclose(means["it"] - means["en"], 2.0, atol=1e-4)
    np.testing.assert_allclose(means[ANY], (means["it"] + means["en"]) / 2, atol=1e-6)


def test_directions_in_which_translations_differ_count_less() -> None:
    uneven = normalising(np.diag([4.0, 1.0, 1.0]))
    assert uneven[0, 0] < 1 < uneven[1, 1]
    np.testing.assert_allclose(uneven, np.diag(np.diag(uneven)), atol=1e-6)
    np.testing.assert_array_equal(normalising(np.eye(3) * 7), np.eye(3))
    np.testing.assert_array_equal(normalising(np.zeros((3, 3))), np.eye(3))


def test_a_preparation_can_be_learned_for_any_model(embedder: Embedder) -> None:
    texts = [
        ("it", "Il ponte collega i due paesi."),
        ("en", "The bridge connects the two villages."),
        ("it", "La scuola riapre a settembre."),
        ("en", "The school opens again in September."),
    ]
    meanings, sources = [0, 0, 1, 1], ["sample"] * 4
    languages = [code for code, _ in texts]
    vectors = embedder.embed_passages([text for _, text in texts])
    learned = Parallel(vectors, meanings, languages, sources)
    preparation = learn(passages=learned, queries=learned)
    prepared = preparation.passages(vectors, languages)
    by_language, by_meaning = vectors[0] @ vectors[2], vectors[0] @ vectors[1]
    assert by_meaning - by_language < prepared[0] @ prepared[1] - prepared[0] @ prepared[2]
    assert prepared[0] @ prepared[1] > prepared[0] @ prepared[2]
