"""One question being answered by its words alone, while nothing computes its vector.

BM25 finds the passages; filters and places work as ever. Texts that say the same in other words or
in another language are not found: what is found is not said to answer, and what is not found is not
said to be missing from the base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from kb.access import Access
from kb.runtime.services import Services
from kb.vectors.opening import Arm, Filter, HybridQuery
from search.asked_place import AskedPlace
from search.beside_results import BesideResults, find_spelling
from search.hybrid_search import HybridSearch
from search.query import EmbeddedQuestion, write_word_query
from search.ranking.by_place import compare_with_elsewhere
from search.ranking.cross_encoder import rerank_by_reading
from search.ranking.exact_words import keep_phrases, raise_rare_words
from search.ranking.grouping import RankedItem, group_by_item
from search.ranking.leading import place_unfit_passages
from search.ranking.scored_passage import ScoredPassage, sort_best_first
from search.results import AnswerVerdict, Question
from search.verdict.judging import verdict_model
from search.verdict.shared_words import estimate_by_words, load_with_words, share_words


@dataclass(frozen=True)
class WordSearch(HybridSearch):
    by_meaning: ClassVar[bool] = False

    @staticmethod
    def prepare(services: Services, question: Question, access: Access) -> EmbeddedQuestion:
        return write_word_query(services, question, access)

    def rank_passages(
        self, found: Sequence[ScoredPassage]
    ) -> tuple[list[RankedItem], Mapping[str, float]]:
        self.load(found)
        services, session, asked = self.services, self.session, self.embedded
        passages = sort_best_first(found)
        passages = rerank_by_reading(services.reranker, asked.text, passages)
        passages = raise_rare_words(session, services.bm25, asked, passages)
        passages = keep_phrases(session, asked, passages)
        passages = place_unfit_passages(passages)
        return group_by_item(passages, asked.language), self.estimate(asked, passages)

    def estimate(
        self, asked: EmbeddedQuestion, passages: Sequence[ScoredPassage]
    ) -> Mapping[str, float]:
        shares = share_words(self.services, self.session, self.access, asked, passages)
        return estimate_by_words(shares, verdict_model(self.services))

    def compare_with_elsewhere(self, place: AskedPlace, passages: Sequence[ScoredPassage]) -> float:
        """By the share of the words beside the place."""
        asked = replace(self.embedded, text=place.mentions.rest)
        shares = share_words(self.services, self.session, self.access, asked, passages)
        return compare_with_elsewhere(shares, place)

    def query_place(self, where: Filter) -> HybridQuery:
        """All practices there, whether they share a word or not: any direction does, and counts
        nothing."""
        own, others, words = self.embedded.arms
        somewhere = np.full_like(self.embedded.dense, self.embedded.dense.size**-0.5)
        arms = (
            Arm(somewhere, 0.0, languages=own.languages),
            Arm(somewhere, 0.0, except_languages=others.except_languages),
            words,
        )
        return replace(self.embedded.hybrid, arms=arms, filter=where)

    def load(self, passages: Sequence[ScoredPassage]) -> None:
        load_with_words(self.services, self.session, self.access, self.embedded, passages)

    def judge(self, items: Sequence[RankedItem]) -> AnswerVerdict:
        """Never “nothing”, and “answered” only where a place is all that is asked for."""
        found = super().judge(items)
        return AnswerVerdict.NEAR if found is AnswerVerdict.NOTHING else found

    def find_beside(self) -> BesideResults:
        """Collections and people are found by meaning."""
        spelling = find_spelling(
            self.services, self.session, self.access, self.question, self.embedded.language
        )
        return BesideResults(spelling)
