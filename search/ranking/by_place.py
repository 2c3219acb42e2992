"""The order of the items where a question names a place: practices there first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.domain import Kind
from search.asked_place import AskedPlace
from search.ranking.grouping import RankedItem, sort_items

THERE, WITHOUT_PLACE, ELSEWHERE = 0.0, 1.0, 2.0
SUBJECT = 0.75
"""Share of the best score from which a practice in the place is on the subject."""
FAINT = 0.6
"""Share of the best score below which practices elsewhere are not left out for it."""
LEAST_SCORE = 0.3
"""What questions on other subjects do not reach."""
CERTAIN = 1.0
"""Relevance of a practice in a place to a question for whatever there is."""


@dataclass(frozen=True)
class RelevanceLimits:
    """The relevance at which results end, and that makes the verdicts “near” and “answered”."""

    end: float
    near: float
    answered: float


def order_by_place(
    items: Sequence[RankedItem], place: AskedPlace, limits: RelevanceLimits
) -> list[RankedItem]:
    """Put the practices in the place first and say how far the others are.

    A practice elsewhere answers a question about a region, or a question for whatever there is, no
    better than nearly.
    """
    if place.is_all:
        return sort_items([_order_all(item, place, limits.near) for item in items])
    items = _raise_there(items, place, limits)
    best = max((item.score for item in items), default=0.0)
    has_some = any(
        item.id in place.here and item.relevance >= limits.near and item.score >= FAINT * best
        for item in items
    )
    if place.limits and has_some:
        return sort_items([_limit(item, place) for item in items])
    most = limits.answered - 1e-6 if place.limits else 1.0
    return sort_items([_lead(item, place, most, has_some=has_some) for item in items])


def leads(item: RankedItem) -> bool:
    """Whether an item is among those that a place puts first."""
    return item.order[:1] == (THERE,)


def _raise_there(
    items: Sequence[RankedItem], place: AskedPlace, limits: RelevanceLimits
) -> list[RankedItem]:
    """Practices in the place are near the question if they score about as high as the best
    anywhere; around a municipality, if they are relevant at all."""
    best = max((item.score for item in items), default=0.0)
    least = max(SUBJECT * best, LEAST_SCORE)
    return [
        replace(item, relevance=limits.near)
        if item.id in place.here
        and item.relevance < limits.near
        and (item.score >= least or (place.near and item.relevance >= limits.end))
        else item
        for item in items
    ]


def _order_all(item: RankedItem, place: AskedPlace, near: float) -> RankedItem:
    """Those there; where there are none or it is a municipality, those around by their distance."""
    distance = place.distance_of(item.id)
    if item.id in place.here:
        order = (THERE, distance or 0.0) if place.near else (THERE,)
        return replace(item, distance_km=distance, relevance=CERTAIN, order=order)
    if item.id in place.around:
        order = (ELSEWHERE, distance or 0.0)
        return replace(item, distance_km=distance, relevance=near, order=order)
    if item.item.kind is Kind.DOCUMENT:
        return replace(item, order=(WITHOUT_PLACE,))
    return replace(item, distance_km=distance, relevance=0.0, order=(ELSEWHERE + 1,))


def _limit(item: RankedItem, place: AskedPlace) -> RankedItem:
    distance = place.distance_of(item.id)
    if item.id in place.here:
        return replace(item, distance_km=distance, order=(THERE,))
    if item.item.kind is Kind.DOCUMENT:
        return replace(item, order=(WITHOUT_PLACE,))
    return replace(item, distance_km=distance, relevance=0.0, order=(ELSEWHERE,))


def _lead(item: RankedItem, place: AskedPlace, most: float, *, has_some: bool) -> RankedItem:
    """Nothing is limited: practices there lead if they are on the subject."""
    if item.item.kind is Kind.DOCUMENT:
        return replace(item, order=(WITHOUT_PLACE,))
    leads = has_some and item.id in place.here
    return replace(
        item,
        distance_km=place.distance_of(item.id),
        relevance=min(item.relevance, most),
        order=(THERE if leads else WITHOUT_PLACE,),
    )
