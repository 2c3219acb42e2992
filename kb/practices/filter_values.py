"""Filter values of practices, from the card."""

from __future__ import annotations

from kb.practices.counts import size_of
from kb.practices.practice import Practice


def filter_values_of(practice: Practice) -> dict[str, tuple[str, ...]]:
    """Values by name of the filter (``kb.filters``); filters without a value are left out."""
    values = {
        "outcome": (practice.outcome.value,),
        "evidence": (practice.best_evidence.value,) if practice.best_evidence else (),
        "population": (size_of(practice.place),),
        "costs": ("yes",) if any(cost.amount is not None for cost in practice.costs) else (),
        "region": (practice.place.region,) if practice.place.region else (),
        "sector": tuple(practice.sectors),
        "strand": (practice.strand,),
    }
    return {name: own for name, own in values.items() if own}
