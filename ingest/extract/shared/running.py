"""Page headers and footers of files without pages: each text drop_repeated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingest.extract.shared.blocks import Block

_PAGE_WORDS = frozenset(
    {"", "pag", "pagina", "page", "seite", "página", "p", "di", "of", "von", "de", "sur"}
)
"""Words around page numbers, which the readers have removed before."""


def drop_repeated(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks with words, each text drop_repeated, without "Pagina … di …"."""
    seen: set[str] = set()
    for block in blocks:
        words = {word.strip(".:-–—|/()").lower() for word in block.text.split()}
        text = " ".join(block.text.split())
        if any(map(str.isalpha, text)) and text not in seen and not words <= _PAGE_WORDS:
            seen.add(text)
            yield Block(block.text, block.kind)
