"""Vectors stored small for the first pass: the best are still compared exactly."""

import uuid

import numpy as np
import pytest

from kb.domain import FilterValues, Visibility
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.vectors.opening import (
    EVERYTHING,
    Arm,
    HybridQuery,
    Point,
    Quantization,
    SparseVector,
    drop_index,
    open_index,
)
from tests.contract.conftest import BACKENDS
from tests.contract.points import DIMENSION, point, random_points

DIMENSIONS, LATENT = 384, 24
ENOUGH_FOR_A_GRAPH = 7_500


@pytest.mark.parametrize("kind", Quantization)
@pytest.mark.parametrize("engine", BACKENDS)
def test_every_kind_finds_with_exact_scores(tmp_path, engine, kind, request):
    url = request.getfixturevalue("server_url") if engine == "server" else None
    settings = Settings(data_dir=tmp_path, quantization=kind.value, qdrant_url=url)
    name = f"{kind.value}-{uuid.uuid4()}"
    index = open_index(settings, name, DIMENSION)
    points = random_points(200)
    index.upsert(points)
    asked = point(3).dense
    expected = {p.id: float(asked @ p.dense) for p in points}
    hits = index.search(HybridQuery((Arm(asked),), EVERYTHING, 10))
    assert [hit.id for hit in hits] == sorted(expected, key=lambda id: -expected[id])[:10]
    assert [h.score for h in hits] == pytest.approx([expected[h.id] for h in hits], abs=1e-5)
    index.close()
    drop_index(settings, name)


def test_after_the_graph_is_built_int8_finds_nearly_all_and_scores_exactly(tmp_path):
    rng = np.random.default_rng(3)
    surface = rng.normal(size=(LATENT, DIMENSIONS))
    vectors = rng.normal(size=(ENOUGH_FOR_A_GRAPH, LATENT)) @ surface
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    ids = [str(uuid.UUID(int=number + 1)) for number in range(len(vectors))]
    filters = FilterValues("item", Visibility.PUBLIC, {})
    index = open_index(Settings(data_dir=tmp_path), "model-1-1", DIMENSIONS)
    words = SparseVector((1,), (1.0,))
    index.upsert(Point(id, v, words, filters) for id, v in zip(ids, vectors, strict=True))
    index.optimize()
    assert list(tmp_path.rglob("quantized*"))
    right = 0
    for asked in vectors[::500]:
        scores = vectors @ asked
        hits = index.search(HybridQuery((Arm(asked),), EVERYTHING, 10))
        right += len({h.id for h in hits} & {ids[n] for n in np.argsort(-scores)[:10]})
        exact = [float(scores[uuid.UUID(h.id).int - 1]) for h in hits]
        assert [h.score for h in hits] == pytest.approx(exact, abs=1e-4)
    index.close()
    assert right >= 0.95 * 10 * len(vectors[::500])


def test_another_kind_answers_until_the_new_index_is_built(tmp_path, cache_dir):
    fields = {"_env_file": None, "data_dir": tmp_path, "cache_dir": cache_dir}
    with open_services(Settings(**fields), own=True) as services:
        name = services.index.name
        assert name.endswith("-int8")
        assert services.due() is None
    with open_services(Settings(**fields, quantization="none"), own=True) as services:
        assert services.index.name == services.due() == name
        assert services.recipe.endswith("-none")
