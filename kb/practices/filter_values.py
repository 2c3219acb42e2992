"""The values by which searches filter practices, from what the card says."""

from __future__ import annotations

from kb.practices.counts import size_of
from kb.practices.practice import Practice


def filter_values_of(practice: Practice) -> dict[str, tuple[str, ...]]:
    """By the name of the filter (``kb.filters``); what the card does not say is left out."""
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
