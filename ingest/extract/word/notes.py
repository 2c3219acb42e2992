"""Footnotes and endnotes of a Word document: numbering and placement of their texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.extract.shared.blocks import Block, BlockKind
from ingest.extract.shared.numbering import formatted
from ingest.extract.word.paragraph import Note
from ingest.extract.word.parts import DocumentSettings


class Notes:
    """Texts of notes by reference. Footnotes are placed below the paragraph that refers to them,
    endnotes at the end, each after its mark."""

    def __init__(self, settings: DocumentSettings) -> None:
        self._formats = {"footnote": settings.footnotes, "endnote": settings.endnotes}
        self._blocks: dict[Note, list[Block]] = {}
        self._marks: dict[Note, str] = {}
        self._counts = {"footnote": 0, "endnote": 0}
        self._given: set[Note] = set()

    def add(self, kind: str, id: str, blocks: Sequence[Block]) -> None:
        self._blocks[Note(kind, id)] = [Block(one.text, one.kind) for one in blocks]

    def mark(self, note: Note) -> str:
        """The mark of a note, numbered in the order of references; empty for a note without
        text."""
        if note not in self._blocks:
            return ""
        if note not in self._marks:
            self._counts[note.kind] += 1
            self._marks[note] = formatted(self._counts[note.kind], self._formats[note.kind])
        return self._marks[note]

    def below(self, note: Note) -> list[Block]:
        """The text of a footnote at its first reference; empty afterwards."""
        return self._text(note) if note.kind == "footnote" else []

    def at_end(self) -> Iterator[Block]:
        """The endnotes, and all notes without a reference."""
        referred = [note for note in self._marks if note.kind == "endnote"]
        for note in (*referred, *self._blocks):
            yield from self._text(note)

    def _text(self, note: Note) -> list[Block]:
        blocks = self._blocks.get(note, [])
        if not blocks or note in self._given:
            return []
        self._given.add(note)
        mark = self._marks.get(note)
        first = blocks[0]
        if not mark or first.kind is BlockKind.ROW or first.text.startswith("["):
            return blocks
        return [replace(first, text=f"[{mark}] {first.text}"), *blocks[1:]]
