"""Results as a page shows them, from ranked items whose passages are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from kb.domain import Kind
from kb.places.facts import load_facts
from kb.practices.practice import Practice
from search.asked_place import AskedPlace
from search.practice_records import CONTEXTS, PRACTICES
from search.ranking.answering_sentences import find_answering_sentences, split_fragments
from search.ranking.by_place import leads
from search.ranking.grouping import RankedItem, sort_items
from search.ranking.scored_passage import PassageText, ScoredPassage
from search.results import NearPractice, PlaceAnswer, Result, ResultPassage, SameAnswer
from search.similarity.gower import (
    ContextValues,
    blend_scores,
    choose_weights,
    compare_contexts,
    context_of_practice,
    context_of_reader,
)
from search.similarity.viewpoint import Viewpoint

HEADING_SEPARATOR = " › "


def apply_context_similarity(
    session: Session, items: Sequence[RankedItem], viewpoint: Viewpoint
) -> list[RankedItem]:
    """Compare each practice's context with the reader's and sort by the blended score.

    Without a viewpoint the items are returned as they are.

    Raises:
        PermanentError: no municipality, or no activity, has the reader's code.
    """
    mine = context_of_reader(session, viewpoint)
    if mine is None:
        return list(items)
    weights = choose_weights(viewpoint)
    contexts = _load_contexts(session, items)
    compared = []
    for item in items:
        theirs = contexts.get(item.id)
        alike = None if theirs is None else compare_contexts(mine, theirs, weights)
        score = blend_scores(item.score, alike, viewpoint.influence)
        compared.append(replace(item, similarity=alike, score=score))
    return sort_items(compared)


def _load_contexts(session: Session, items: Sequence[RankedItem]) -> dict[str, ContextValues]:
    """What is known of the context of each practice among the items."""
    cards = CONTEXTS.load_revisions(session, _revisions(items))
    facts = load_facts(session, {card.place.istat_code or "" for card in cards.values()})
    return {
        id: context_of_practice(card, facts.get(card.place.istat_code or ""))
        for id, card in cards.items()
    }


def passages_of(items: Iterable[RankedItem]) -> list[ScoredPassage]:
    """The passages that a page shows of the items, and the best one of each in ``also_in``."""
    return [
        passage
        for item in items
        for passage in (*item.passages, *(other.passages[0] for other in item.also_in))
    ]


def build_results(session: Session, items: Sequence[RankedItem]) -> list[Result]:
    """Everything a page shows of the items. ``passages_of`` them must be loaded; items of which no
    passage is there any more are left out."""
    also = [other for item in items for other in item.also_in]
    practices = PRACTICES.load_revisions(session, _revisions([*items, *also]))
    return [
        _build_result(item, practices)
        for item in items
        if any(passage.content for passage in item.passages)
    ]


def build_place_answer(
    place: AskedPlace, relevant: Sequence[RankedItem], listed: Sequence[RankedItem]
) -> PlaceAnswer:
    """What is said of the place asked for, from the ``relevant`` items and those ``listed``."""
    there = [item for item in relevant if item.id in place.here and leads(item)]
    nearest = [] if there else place.find_nearest([item.id for item in listed])
    return PlaceAnswer(
        areas=place.areas,
        near=place.near,
        radius_km=place.radius_km,
        limits=place.limits,
        practices=place.practice_count,
        relevant=sum(item.item.kind is Kind.PRACTICE for item in there),
        nearest=tuple(
            NearPractice(one.id, one.title, one.place, distance) for one, distance in nearest
        ),
        is_all=place.is_all,
        documents=any(item.item.kind is Kind.DOCUMENT for item in listed),
        traits=place.traits,
    )


def _build_result(ranked: RankedItem, practices: Mapping[str, Practice]) -> Result:
    item, practice = ranked.item, practices.get(ranked.id)
    return Result(
        kind=item.kind,
        id=item.id,
        title=item.title,
        title_language=item.language,
        score=ranked.score,
        relevance=ranked.relevance,
        place=practice.place.name if practice else next(iter(item.values.get("place", ())), None),
        country=item.country,
        year=item.year,
        themes=item.themes,
        similarity=ranked.similarity,
        distance_km=ranked.distance_km,
        measured_results=practice.results if practice else (),
        title_en=practice.title_en if practice else "",
        passages=tuple(
            _build_passage(passage, passage.content)
            for passage in ranked.passages
            if passage.content
        ),
        also_in=tuple(
            _build_same_answer(best, best.content, practices.get(other.id))
            for other in ranked.also_in
            for best in other.passages[:1]
            if best.content
        ),
    )


def _build_same_answer(
    passage: ScoredPassage, content: PassageText, practice: Practice | None
) -> SameAnswer:
    item = passage.item
    return SameAnswer(
        kind=item.kind,
        id=item.id,
        title=item.title,
        title_language=item.language,
        passage_id=passage.id,
        page=_find_answer_page(content, find_answering_sentences(passage)),
        title_en=practice.title_en if practice else "",
    )


def _build_passage(passage: ScoredPassage, content: PassageText) -> ResultPassage:
    item = passage.item
    pages = [page for page, _, _ in content.spans]
    return ResultPassage(
        passage_id=passage.id,
        item_id=item.id,
        document_id=item.id if item.kind is Kind.DOCUMENT else None,
        document_title=item.title,
        page_first=pages[0] if pages else None,
        page_last=pages[-1] if pages else None,
        page_answer=_find_answer_page(
            content, passage.answers or find_answering_sentences(passage)
        ),
        heading=HEADING_SEPARATOR.join(content.heading_path),
        language=passage.language,
        text=content.text,
        fragments=split_fragments(content, passage.answers),
        score=passage.score,
    )


def _find_answer_page(content: PassageText, answers: Sequence[tuple[int, int]]) -> int | None:
    """The page on which the first answer begins, or the first page; a passage is its spans joined
    by line ends."""
    offset = answers[0][0] if answers else 0
    at = 0
    for page, start, end in content.spans:
        at += end - start + 1
        if offset < at:
            return page
    return content.spans[0][0] if content.spans else None


def _revisions(items: Iterable[RankedItem]) -> dict[str, str]:
    """The checksum of the content of each practice among the items, by id."""
    return {one.id: one.item.revision for one in items if one.item.kind is Kind.PRACTICE}
