"""BM25 term weights of passages and queries, for all index adapters."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from kb.vectors.base import SparseVector

if TYPE_CHECKING:
    import qdrant_edge

AVERAGE_TERMS = 180
"""Average passage length in words, for BM25's length normalisation."""

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
"""ISO 639-1 codes of languages with a Snowball stemmer and stop words."""


class Bm25:
    """Converts text to BM25 term weights; the index multiplies them by IDF.

    Words and numbers in lower case without accents. Stemming and stop words depend on the text's
    language, so a query matches only passages stemmed in the same language; other languages are
    neither stemmed nor filtered.
    """

    version = f"bm25s{AVERAGE_TERMS}"
    """Part of the index name; weights of different versions are not comparable."""

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
            # The multilingual tokenizer would drop every number: years, laws, amounts.
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
