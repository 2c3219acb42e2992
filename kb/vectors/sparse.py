"""BM25 term weights of passages and queries, the same for every index adapter."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from kb.vectors.base import SparseVector

if TYPE_CHECKING:
    import qdrant_edge

AVERAGE_TERMS = 180
"""Words of a usual passage: BM25 holds longer ones to be wordy, shorter ones to be dense."""

STEMMED = {
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hu": "Hungarian",
    "it": "Italian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pt": "Portuguese",
    "ro": "Romanian",
    "sv": "Swedish",
    "tr": "Turkish",
}
"""ISO 639-1 codes of languages with a Snowball stemmer and a list of stop words."""


class Bm25:
    """Turns text into term weights; the index multiplies them by the terms' rarity (IDF).

    Words and numbers, lower case, without accents. Endings are cut and stop words left out by the
    language of the text, so a query meets only the passages that were stemmed in the same language;
    in a language without stemmer nothing is cut or left out.
    """

    version = f"bm25s{AVERAGE_TERMS}"
    """Part of an index's name: weights of different versions do not compare."""

    def passage(self, text: str, language: str = "") -> SparseVector:
        return _plain(_model(STEMMED.get(language)).embed_document(text))

    def query(self, text: str, language: str = "") -> SparseVector:
        return _plain(_model(STEMMED.get(language)).embed_query(text))


def _plain(vector: qdrant_edge.SparseVector) -> SparseVector:
    return SparseVector(tuple(vector.indices), tuple(vector.values))


@cache
def _model(stemmer: str | None) -> qdrant_edge.Bm25:
    import qdrant_edge as edge

    return edge.Bm25(
        edge.Bm25Config(
            avg_len=float(AVERAGE_TERMS),
            # The multilingual tokenizer drops every number: years, laws, amounts.
            tokenizer=edge.TokenizerType.Word,
            lowercase=True,
            ascii_folding=True,
            stopwords=getattr(edge.Language, stemmer) if stemmer else edge.StopwordsSet(),
            stemmer=(
                edge.SnowballParams(getattr(edge.SnowballLanguage, stemmer))
                if stemmer
                else edge.DisabledStemmer()
            ),
        )
    )
