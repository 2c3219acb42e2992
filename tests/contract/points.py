"""Points to index, and which of them a filter admits, said in the plainest way."""

import uuid

import numpy as np

from kb.domain import Facets, Kind, Visibility
from kb.vectors.opening import Filter, Point, SparseVector

DIMENSION = 16
VOCABULARY = 60
PUBLIC = frozenset({Visibility.PUBLIC})


def unit(vector) -> np.ndarray:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def terms(rng, count: int, query: bool = False) -> SparseVector:
    ids = np.sort(rng.choice(VOCABULARY, count, replace=False))
    values = np.ones(count) if query else rng.uniform(0.5, 2.0, count).astype(np.float32)
    return SparseVector(tuple(ids.tolist()), tuple(values.tolist()))


def random_points(count: int, seed: int = 7) -> list[Point]:
    rng = np.random.default_rng(seed)
    return [
        Point(
            id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{seed}-{number}")),
            dense=unit(rng.normal(size=DIMENSION)),
            sparse=terms(rng, 8),
            facets=Facets(
                kind=list(Kind)[number % 2],
                item_id=f"item{number // 5}",
                visibility=list(Visibility)[rng.integers(3)],
                language=str(rng.choice(["it", "en", "de", ""])),
                year=int(rng.integers(2015, 2025)) if rng.random() < 0.8 else None,
                country=str(rng.choice(["IT", "FR", ""])),
                themes=tuple(rng.choice(["water", "energy", "soil"], rng.integers(3), False)),
            ),
        )
        for number in range(count)
    ]


def point(number: int, **facets) -> Point:
    known = {"kind": Kind.DOCUMENT, "item_id": f"item{number}", "visibility": Visibility.PUBLIC}
    return Point(
        id=str(uuid.UUID(int=number + 1)),
        dense=unit(np.eye(DIMENSION)[number % DIMENSION] + 0.1),
        sparse=SparseVector((number,), (1.0,)),
        facets=Facets(**(known | facets)),
    )


def ids_of(points) -> set[str]:
    return {point.id for point in points}


def admits(where: Filter, facets: Facets) -> bool:
    def among(values, *found) -> bool:
        return values is None or bool({value for value in found if value} & values)

    low, high = where.year_from, where.year_to
    in_years = (low is None and high is None) or (
        facets.year is not None
        and (low is None or facets.year >= low)
        and (high is None or facets.year <= high)
    )
    return (
        among(where.visibility, facets.visibility)
        and among(where.kinds, facets.kind)
        and among(where.languages, facets.language)
        and among(where.countries, facets.country)
        and among(where.themes, *facets.themes)
        and among(where.item_ids, facets.item_id)
        and in_years
    )
