"""A preparation for models that none is shipped for, learned from the program's own texts."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from kb.embedding.embedder import find_model
from kb.embedding.learning import load_normalizer, normalizer_version, own_texts
from kb.embedding.preparation import ANY, shipped_normalizer
from kb.messages import TransientError
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.vocabulary.vocabularies import LANGUAGES

QUESTION = "Come si produce l'energia elettrica con il vento?"
ANSWER = "Wind turbines turn the movement of the air into electricity."
ITALIAN = [
    "L'energia elettrica prodotta arriva nelle case attraverso linee e trasformatori.",
    "Come si trasporta l'energia elettrica nelle case?",
    "Come si paga la tassa sui rifiuti del comune?",
]
OTHERS = set("pt nl pl ca ro sv da fi cs hu sl hr el".split())


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Settings:
    """The bundled model under another name, which nothing is shipped for."""
    folder = tmp_path_factory.mktemp("models") / "stranger"
    folder.mkdir()
    for path in find_model(Settings(_env_file=None, cache_dir=cache_dir)).folder.iterdir():
        if path.is_dir():
            shutil.copytree(path, folder / path.name)
        else:
            (folder / path.name).symlink_to(path)
    return Settings(
        _env_file=None,
        data_dir=tmp_path_factory.mktemp("data"),
        cache_dir=tmp_path_factory.mktemp("cache"),
        embedding_model=str(folder),
    )


def never():
    """In the place of a model that must not be loaded."""
    raise AssertionError("this would learn again")


class Stub:
    """A model of 4 dimensions that counts its calls."""

    calls = 0

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        self.calls += 1
        digests = [hashlib.sha256(text.encode()).digest()[:4] for text in texts]
        return np.array([list(digest) for digest in digests], np.float32)

    embed_queries = embed_passages


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_italian_question_finds_its_english_answer_with_any_model(settings):
    with open_services(settings) as services:
        recipe = services.recipe
        assert not (settings.cache_dir / "preparations").exists(), "naming it needs no learning"
        embedder = services.embedder
        with capture_logs() as told:
            preparation = services.preparation
        assert "learning" in told[0]["event"]
        passages = embedder.embed_passages([*ITALIAN, ANSWER])
        question = embedder.embed_query(QUESTION)
        prepared = preparation.passages(passages, ["it"] * len(ITALIAN) + ["en"])
        assert np.argmax(passages @ question) != len(ITALIAN)
        assert np.argmax(prepared @ preparation.query(question, "it")) == len(ITALIAN)
        assert set(preparation.passage_means) == {*LANGUAGES, *OTHERS, ANY}
        np.testing.assert_array_equal(
            preparation.query(question, "eo"), preparation.query(question, ANY)
        )
    with open_services(settings) as services, capture_logs() as told:
        kept = services.preparation
        assert not told
        np.testing.assert_array_equal(kept.transform, preparation.transform)
        assert services.recipe == recipe
    shutil.rmtree(settings.cache_dir)
    with open_services(settings) as services:
        assert services.recipe == recipe


def test_processes_that_start_together_learn_once_and_a_damaged_copy_is_made_again(tmp_path):
    model = Stub()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: load_normalizer("m", tmp_path, lambda: model), range(4)))
    assert model.calls == 2, "once for passages, once for queries"
    for other in found[1:]:
        np.testing.assert_array_equal(found[0].transform, other.transform)
    [path] = (tmp_path / "preparations").glob("*.npz")
    whole = path.read_bytes()
    overwritten = whole[:300] + bytes(100) + whole[400:]
    for number, damaged in enumerate((b"", b"no archive", whole[:1000], overwritten), start=2):
        path.write_bytes(damaged)
        again = load_normalizer("m", tmp_path, lambda: model)
        assert model.calls == 2 * number
        np.testing.assert_array_equal(found[0].transform, again.transform)
    load_normalizer("m", tmp_path, never)


def test_a_full_disk_is_told_in_words(tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(TransientError, match="KB_CACHE_DIR"):
        load_normalizer("m", blocked, Stub)


def test_the_shipped_one_comes_first_and_every_model_has_a_version(settings, cache_dir):
    bundled = find_model(Settings(_env_file=None, cache_dir=cache_dir)).fingerprint
    shipped = shipped_normalizer(bundled)
    assert normalizer_version(bundled) == shipped.version
    assert load_normalizer(bundled, cache_dir, never).version == shipped.version
    learned = normalizer_version(find_model(settings).fingerprint)
    assert learned == normalizer_version("another") != shipped.version


def test_every_text_has_its_translations():
    texts = own_texts()
    assert Counter(text.short for text in texts) == {True: 120, False: 120}
    widely = [text for text in texts if set(text.texts) > set(LANGUAGES)]
    assert Counter(text.short for text in widely) == {True: 40, False: 40}
    for text in texts:
        assert set(text.texts) in ({*LANGUAGES}, {*LANGUAGES, *OTHERS})
        for words in text.texts.values():
            assert not re.search(r"[{}<>%$\\_|]|TODO|XXX|\s\s", words), words
            assert 0.5 < len(words) / len(text.texts["en"]) < 2 or text.short, words
            assert text.short or words[-1] == ".", words


def test_no_text_stands_twice_or_untranslated():
    texts = own_texts()
    for language in (*LANGUAGES, *OTHERS):
        said = Counter(text.texts[language] for text in texts if language in text.texts)
        assert set(said.values()) == {1}
    for text in texts:
        said = Counter(text.texts.values())
        assert max(said.values()) == 1, said.most_common(1)
