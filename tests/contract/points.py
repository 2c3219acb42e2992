"""Points to index, and which of them a filter admits, said in the plainest way."""

import uuid

import numpy as np

from kb.domain import FilterValues, Kind, Visibility
from kb.filters import AnyOf
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
            filters=filter_values(
                list(Kind)[number % 2],
                f"item{number // 5}",
                list(Visibility)[rng.integers(3)],
                language=str(rng.choice(["it", "en", "de", ""])),
                year=int(rng.integers(2015, 2025)) if rng.random() < 0.8 else None,
                country=str(rng.choice(["IT", "FR", ""])),
                theme=tuple(rng.choice(["water", "energy", "soil"], rng.integers(3), False)),
            ),
        )
        for number in range(count)
    ]


def filter_values(kind, item_id, visibility, **values) -> FilterValues:
    """Filter values of an item; single values and tuples, empty ones left out."""
    several = {
        name: value if isinstance(value, tuple) else (value,) for name, value in values.items()
    }
    by_name = {"kind": (str(kind),)} | {
        name: tuple(str(one) for one in own if one) for name, own in several.items()
    }
    return FilterValues(item_id, visibility, {name: own for name, own in by_name.items() if own})


def point(number: int, **facets) -> Point:
    known = {"kind": Kind.DOCUMENT, "item_id": f"item{number}", "visibility": Visibility.PUBLIC}
    return Point(
        id=str(uuid.UUID(int=number + 1)),
        dense=unit(np.eye(DIMENSION)[number % DIMENSION] + 0.1),
        sparse=SparseVector((number,), (1.0,)),
        filters=filter_values(**(known | facets)),
    )


def ids_of(points) -> set[str]:
    return {point.id for point in points}


def admits(where: Filter, filters: FilterValues) -> bool:
    def meets(name, condition) -> bool:
        own = filters.values.get(name, ())
        if isinstance(condition, AnyOf):
            return bool(set(own) & set(condition.values))
        low, high = condition.low, condition.high
        return any((low is None or int(v) >= low) and (high is None or int(v) <= high) for v in own)

    return (
        (where.visibility is None or filters.visibility in where.visibility)
        and (where.item_ids is None or filters.item_id in where.item_ids)
        and all(meets(name, condition) for name, condition in where.conditions.items())
    )
