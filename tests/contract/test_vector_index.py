"""What every vector index promises about writing, filtering, counting and keeping."""

import uuid
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.domain import Kind, Visibility
from kb.filters import FILTERS, AnyOf, Between
from kb.messages import ConfigurationError
from kb.settings import Settings
from kb.vectors.conditions import payload
from kb.vectors.opening import (
    EVERYTHING,
    Arm,
    Filter,
    HybridQuery,
    Point,
    SparseVector,
    drop_index,
    list_indexes,
    open_index,
)
from tests.contract.conftest import BACKENDS
from tests.contract.points import (
    DIMENSION,
    PUBLIC,
    admits,
    filter_values,
    ids_of,
    point,
    random_points,
    terms,
    unit,
)

POINTS = random_points(300)


def item_ids(index) -> Counter:
    return Counter(item_id for _, item_id in index.ids())


class TestWriting:
    def test_upserting_twice_changes_nothing(self, index):
        points = random_points(40)
        index.upsert(points)
        index.upsert(iter(points))
        assert index.count() == 40
        assert {id for id, _ in index.ids()} == ids_of(points)

    def test_upserting_replaces_vectors_and_facets(self, index):
        index.upsert([point(1, language="it", year=2001)])
        index.upsert([Point(point(1).id, point(5).dense, point(5).sparse, point(1).filters)])
        assert index.count() == 1
        assert index.facet("language", EVERYTHING) == {}
        (hit,) = index.search(HybridQuery((Arm(point(5).dense),), EVERYTHING))
        assert (hit.id, hit.score) == (point(1).id, pytest.approx(1.0, abs=1e-5))

    def test_more_points_than_fit_one_request(self, index):
        points = random_points(2500)
        index.upsert(points)
        assert index.count() == len(points)
        assert dict(index.ids()) == {p.id: p.filters.item_id for p in points}
        first = points[0].filters.item_id
        own = [point.dense for point in points if point.filters.item_id == first]
        read = list(index.vectors(Filter(None, item_ids=frozenset({first}))))
        assert {id for id, _ in read} == {first}
        assert np.allclose(sorted(vector.tolist() for _, vector in read), sorted(map(list, own)))
        assert sum(1 for _ in index.vectors()) == len(points)

    def test_points_are_read_as_they_were_written(self, index):
        points = {one.id: one for one in random_points(1200)}
        index.upsert(points.values())
        read = {one.id: one for one in index.points()}
        assert read.keys() == points.keys()
        for id, one in points.items():
            assert np.abs(read[id].dense - one.dense / np.linalg.norm(one.dense)).max() < 1e-6
            assert dict(zip(read[id].sparse.indices, read[id].sparse.values, strict=True)) == (
                pytest.approx(dict(zip(one.sparse.indices, one.sparse.values, strict=True)))
            )
            assert payload(read[id].filters) == payload(one.filters)
        chosen = {one.filters.item_id for one in list(points.values())[:2]}
        some = list(index.points(Filter(None, item_ids=frozenset(chosen))))
        assert {one.filters.item_id for one in some} == chosen

    def test_deleting_items_takes_all_their_points_and_no_others(self, index):
        index.upsert(random_points(40))
        index.delete_items(["item1", "item3", "unknown"])
        assert item_ids(index) == Counter({f"item{n}": 5 for n in (0, 2, 4, 5, 6, 7)})

    def test_deleting_no_items_deletes_nothing(self, index):
        index.upsert(random_points(10))
        index.delete_items([])
        index.delete_points([])
        assert index.count() == 10

    def test_deleting_points(self, index):
        index.upsert(random_points(10))
        gone, *_ = random_points(10)
        index.delete_points([gone.id, str(uuid.uuid4())])
        assert gone.id not in dict(index.ids())
        assert index.count() == 9

    def test_vectors_of_another_model_are_refused_in_words(self, index):
        alien = Point(str(uuid.uuid4()), np.ones(3, np.float32), point(1).sparse, point(1).filters)
        with pytest.raises(ConfigurationError, match=r"16 numbers, these have 3: .* run kb"):
            index.upsert([point(1), alien])
        assert index.count() == 0

    def test_updated_facets_reach_every_point_of_the_item_but_leave_the_language(self, index):
        before = {"item_id": "a", "country": "FR", "year": 2001, "theme": ("water",)}
        index.upsert([point(1, language="it", **before), point(2, language="en", **before)])
        index.upsert([point(3, language="de", year=2003)])
        index.update_filters(filter_values(Kind.PRACTICE, "a", Visibility.MEMBERS, theme=("soil",)))
        assert index.facet("visibility", EVERYTHING) == {"members": 2, "public": 1}
        assert index.facet("kind", EVERYTHING) == {"practice": 2, "document": 1}
        assert index.facet("language", EVERYTHING) == {"it": 1, "en": 1, "de": 1}
        assert index.facet("themes", EVERYTHING) == {"soil": 2}
        assert index.facet("year", EVERYTHING) == {"2003": 1}
        assert index.facet("country", EVERYTHING) == {}
        assert index.count(Filter(PUBLIC)) == 1

    def test_everything_is_there_after_reopening(self, store):
        points = random_points(50)
        first = store()
        first.upsert(points)
        first.delete_items(["item0"])
        first.flush()
        first.close()
        again = store()
        assert {id for id, _ in again.ids()} == ids_of(points[5:])
        again.close()

    def test_reopening_with_another_dimension_is_refused_in_words(self, store):
        store().close()
        with pytest.raises(ConfigurationError, match=r"16 numbers, these have 8: .* run kb"):
            store(8)


class TestReading:
    def test_an_empty_index_answers(self, index):
        query = HybridQuery((Arm(point(1).dense), Arm(point(1).sparse)), EVERYTHING)
        assert index.search(query) == []
        assert index.count() == 0
        assert list(index.ids()) == []

    def test_the_length_of_a_vector_does_not_count(self, index):
        long = Point(point(1).id, point(1).dense * 7, point(1).sparse, point(1).filters)
        index.upsert([long, point(2)])
        hit, _ = index.search(HybridQuery((Arm(point(1).dense * 3),), EVERYTHING))
        assert (hit.id, hit.score) == (long.id, pytest.approx(1.0, abs=1e-5))

    def test_facets_count_points_within_the_filter(self, index):
        points = random_points(200)
        index.upsert(points)
        where = Filter(PUBLIC, {"year": Between(2018)})
        admitted = [p.filters for p in points if admits(where, p.filters)]
        for field in FILTERS:
            values = [value for one in admitted for value in one.values.get(field.name, ())]
            assert index.facet(field.key, where) == Counter(values), field

    def test_nobody_finds_anything_without_a_right(self, index):
        index.upsert(random_points(50))
        nobody = Filter(frozenset())
        arms = (Arm(point(1).dense), Arm(terms(np.random.default_rng(1), 20, query=True)))
        assert index.search(HybridQuery(arms, nobody)) == []
        assert index.count(nobody) == 0
        assert list(index.ids(nobody)) == []
        assert index.facet("visibility", nobody) == {}

    def test_five_public_points_are_found_behind_a_hundred_nearer_private_ones(self, index):
        rng = np.random.default_rng(3)
        wanted = unit(np.ones(DIMENSION))
        near = [
            Point(
                str(uuid.uuid4()),
                unit(wanted + 0.01 * rng.normal(size=DIMENSION)),
                SparseVector((1, 2), (2.0, 2.0)),
                filter_values(Kind.DOCUMENT, f"private{n}", Visibility.RESEARCHERS),
            )
            for n in range(100)
        ]
        far = [
            Point(
                str(uuid.uuid4()),
                unit(wanted + rng.normal(size=DIMENSION)),
                SparseVector((1,), (0.1,)),
                filter_values(Kind.DOCUMENT, f"public{n}", Visibility.PUBLIC),
            )
            for n in range(5)
        ]
        index.upsert(near + far)
        for arm in (Arm(wanted), Arm(SparseVector((1, 2), (1.0, 1.0)))):
            hits = index.search(HybridQuery((arm,), Filter(PUBLIC), limit=10, depth=10))
            assert {hit.id for hit in hits} == ids_of(far)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_filter_admits_what_it_says(filled, data):
    def some(values, none: bool = True):
        subset = st.frozensets(st.sampled_from(values), max_size=3)
        return data.draw(st.none() | subset if none else subset)

    def any_of(values):
        subset = some(values)
        return None if subset is None else AnyOf(tuple(sorted(map(str, subset))))

    items = [f"item{number}" for number in range(12)]
    years = st.none() | st.integers(2014, 2026)
    where = Filter(
        visibility=some(list(Visibility)),
        conditions={
            name: condition
            for name, condition in (
                ("kind", any_of(list(Kind))),
                ("language", any_of(["it", "en", "de", "fr"])),
                ("country", any_of(["IT", "FR", "DE"])),
                ("theme", any_of(["water", "energy", "soil", "air"])),
                ("year", data.draw(st.none() | st.builds(Between, years, years))),
            )
            if condition is not None and condition != Between()
        },
        item_ids=some(items),
    )
    admitted = ids_of(p for p in POINTS if admits(where, p.filters))
    assert {id for id, _ in filled.ids(where)} == admitted
    assert filled.count(where) == len(admitted)
    hits = filled.search(HybridQuery((Arm(point(1).dense),), where, limit=300, depth=300))
    assert {hit.id for hit in hits} == admitted


@pytest.mark.parametrize("backend", BACKENDS)
def test_indexes_are_listed_and_dropped(tmp_path, backend, request):
    url = request.getfixturevalue("server_url") if backend == "server" else None
    config = Settings(data_dir=tmp_path, qdrant_url=url)
    names = sorted(f"{uuid.uuid4()}" for _ in range(2))
    for name in names:
        open_index(config, name, DIMENSION).close()
    assert set(names) <= set(list_indexes(config))
    for name in names:
        drop_index(config, name)
        drop_index(config, name)
    assert not set(names) & set(list_indexes(config))
