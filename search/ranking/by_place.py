"""The order of the items where a question names a place: practices there first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kb.domain import Kind
from search.asked_place import AskedPlace
from search.ranking.grouping import RankedItem, sort_items

THERE, WITHOUT_PLACE, ELSEWHERE = 0.0, 1.0, 2.0
SUBJECT = 0.55
"""Share of the likeness of the best elsewhere from which a practice in the place is on the subject:
of 39 questions with a place, those with an answer there have more but for one, the others less but
for four on a subject akin."""
CLEARLY = 0.8
"""The same from which practices elsewhere are left out; below they follow, because a practice that
has a word or two of the subject comes as near («mensa biologica»: a biotechnology park, 0.63)."""
NEARLY = 0.75
"""Share of the best score from which a practice in the place is near the question."""
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
    items: Sequence[RankedItem], place: AskedPlace, limits: RelevanceLimits, *, subject: float
) -> list[RankedItem]:
    """Put the practices in the place first and say how far the others are.

    ``subject``: how near those in the place are to the subject (``compare_with_elsewhere``). A
    practice elsewhere answers a question about a region, or a question for whatever there is, no
    better than nearly.
    """
    if place.is_all:
        return sort_items([_order_all(item, place, limits.near) for item in items])
    if subject < SUBJECT:
        return sort_items([_follow(item, place, limits) for item in items])
    if not place.limits:
        return sort_items([_lead(item, place) for item in items])
    items = _raise_there(items, place, limits)
    most = 0.0 if subject >= CLEARLY else limits.answered - 1e-6
    return sort_items([_limit(item, place, most) for item in items])


def compare_with_elsewhere(likeness: Mapping[str, float], place: AskedPlace) -> float:
    """How like the subject the best practice in the place is, as a share of the best elsewhere.

    ``likeness``: of each item's best sentence and the question without the place, in standard
    deviations above usual.
    """
    there = max((one for id, one in likeness.items() if id in place.here), default=0.0)
    elsewhere = max((one for id, one in likeness.items() if id not in place.here), default=0.0)
    if there <= 0:
        return 0.0
    return there / elsewhere if elsewhere > 0 else math.inf


def leads(item: RankedItem) -> bool:
    """Whether an item is among those that a place puts first."""
    return item.order[:1] == (THERE,)


def _raise_there(
    items: Sequence[RankedItem], place: AskedPlace, limits: RelevanceLimits
) -> list[RankedItem]:
    """Practices in the place are near the question if they score about as high as the best
    anywhere; around a municipality, if they are relevant at all."""
    best = max((item.score for item in items), default=0.0)
    least = max(NEARLY * best, LEAST_SCORE)
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


def _limit(item: RankedItem, place: AskedPlace, most: float) -> RankedItem:
    """Practices elsewhere follow with at most this relevance, and are left out where it is 0."""
    item = _lead(item, place)
    if item.order != (ELSEWHERE,):
        return item
    return replace(item, relevance=min(item.relevance, most))


def _lead(item: RankedItem, place: AskedPlace) -> RankedItem:
    distance = place.distance_of(item.id)
    if item.id in place.here:
        return replace(item, distance_km=distance, order=(THERE,))
    is_document = item.item.kind is Kind.DOCUMENT
    after = WITHOUT_PLACE if is_document or not place.limits else ELSEWHERE
    return replace(item, distance_km=distance, order=(after,))


def _follow(item: RankedItem, place: AskedPlace, limits: RelevanceLimits) -> RankedItem:
    """None in the place is on the subject: nothing leads, and only a document, which may tell of
    the place, answers fully."""
    is_document = item.item.kind is Kind.DOCUMENT
    most = limits.answered - 1e-6 if place.limits and not is_document else 1.0
    return replace(
        item,
        distance_km=place.distance_of(item.id),
        relevance=min(item.relevance, most),
        order=(WITHOUT_PLACE,),
    )
