"""State of an RTF file while it is read: groups, fonts, styles, and the text collected so far.

Control words are applied by ``ingest.extract.word.rtf_words``. Code pages are those of striprtf.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from striprtf.striprtf import charset_map

from ingest.extract.shared.blocks import Block, BlockKind
from ingest.extract.shared.heading_names import heading_level, is_contents
from ingest.extract.shared.symbols import symbol, symbol_text
from ingest.extract.word.rtf_flow import Flow, Looks

MAX_DEPTH = 1000
"""Nested groups that are followed, against hostile files."""
_SYMBOL_FIELD = re.compile(r"SYMBOL\s+(\d{1,5})\s.*?\\f\s*\"?([\w ]+)", re.DOTALL)
_PAGE_FIELDS = (["PAGE"], ["NUMPAGES"], ["SECTIONPAGES"])


@dataclass
class Group:
    """State between two braces, inherited from the group around it.

    ``take``: list that collects text which is not part of a flow, used by ``end`` when the group
    closes. ``entries``: "fonts" or "styles" inside those tables. ``skip``: nothing is read.
    ``starred``: a ``\\*`` was read, so the group is skipped unless its destination is known.
    ``after_unicode``: replacement characters after each ``\\u`` word.
    """

    flow: Flow
    looks: Looks = field(default_factory=Looks)
    skip: bool = False
    starred: bool = False
    take: list[str] | None = None
    end: Callable[[Group], None] | None = None
    entries: str = ""
    after_unicode: int = 1
    style: int = 0
    level: int | None = None


class RtfDocument:
    """Applies groups, control words and text to the flows of the document.

    ``body``, ``endnotes`` and ``running`` (page headers and footers) hold its text, ``about`` its
    metadata, ``pictures`` the number of pictures.
    """

    def __init__(self) -> None:
        self.body = Flow()
        self.endnotes: list[Block] = []
        self.running: list[Block] = []
        self.about: dict[str, str] = {}
        self.pictures = 0
        self._code_page = "cp1252"
        self._fonts: dict[int, tuple[str, str]] = {}
        """Name and code page by number."""
        self._styles: dict[int, tuple[str, int | None]] = {}
        """Name and heading level (from 0) by number."""
        self._groups = [Group(self.body)]
        self._notes = 0
        self._box = 0
        self._without_result = False

    @property
    def is_complete(self) -> bool:
        """Whether the outermost group was closed."""
        return not self._groups

    @property
    def group(self) -> Group:
        """The innermost open group."""
        return self._groups[-1]

    def open_group(self) -> None:
        above = self.group
        group = replace(above, looks=replace(above.looks), starred=False, end=None)
        if len(self._groups) > MAX_DEPTH:
            group.skip = True
        self._groups.append(group)

    def close_group(self) -> None:
        group = self._groups.pop()
        if group.end and not group.skip:
            group.end(group)

    def add_bytes(self, data: bytes) -> None:
        """Add text in the code page of the current font."""
        name, page = self._font()
        self.add_text(data.decode(page or self._code_page, errors="replace"), name)

    def add_character(self, code: int) -> None:
        """Add a Unicode character or surrogate in the current font (perhaps a symbol font)."""
        self.add_text(chr(code), self._font()[0])

    def add_text(self, text: str, font: str = "") -> None:
        group = self.group
        if group.skip:
            return
        if group.take is not None:
            group.take.append(symbol_text(font, text))
        else:
            group.flow.add(symbol_text(font, text), group.looks)

    def _font(self) -> tuple[str, str]:
        """Name and code page of the current font."""
        return self._fonts.get(int(self.group.looks.font or -1), ("", ""))

    def start_running(self) -> None:
        """Start a page header or footer."""
        self._start_flow(self.running.extend)

    def _start_flow(self, use: Callable[[list[Block]], None]) -> None:
        """Send the group's text to a flow of its own, whose blocks ``use`` gets at the end."""
        group = self.group
        flow = group.flow = Flow()
        group.take, group.looks = None, Looks(size=group.looks.size)
        group.end = lambda _: use(flow.finish())

    def start_note(self, group: Group) -> None:
        """Start a footnote, placed with its number below the paragraph that refers to it."""
        number, above = self._notes, group.flow

        def use(blocks: list[Block]) -> None:
            made = [Block(block.text, block.kind) for block in blocks]
            if made and number and made[0].kind is not BlockKind.ROW:
                made[0] = Block(f"[{number}] {made[0].text}", made[0].kind)
            above.put_after(made)

        self._start_flow(use)

    def start_box(self, group: Group) -> None:
        self._start_flow(group.flow.put_after)

    def start_label(self, group: Group) -> None:
        flow, texts = group.flow, self._collect(group)

        def use(_: Group) -> None:
            flow.label = "".join(texts)

        group.end = use

    def start_metadata(self, group: Group, name: str) -> None:
        """Collect the group's text as metadata field ``name``."""
        texts = self._collect(group)
        group.end = lambda _: self.about.__setitem__(name, "".join(texts))

    def start_instruction(self, group: Group) -> None:
        """Start a field's code, which may be a symbol, a check box or a page number."""
        flow, looks, texts = group.flow, group.looks, self._collect(group)

        def use(_: Group) -> None:
            code = "".join(texts)
            self._without_result = code.split()[:1] in _PAGE_FIELDS and flow is not self.body
            if found := _SYMBOL_FIELD.search(code):
                flow.add(symbol(found[2].strip(), int(found[1])), looks)
                self._without_result = True
            elif "FORMCHECKBOX" in code:
                flow.add("☒" if self._box == 1 else "☐", looks)

        group.end = use

    def start_result(self, group: Group) -> None:
        """Start a field's result; skipped if the code has given the text already."""
        group.skip, self._without_result = self._without_result, False

    def start_fonts(self, group: Group) -> None:
        self._collect(group)
        group.entries = "fonts"

    def start_styles(self, group: Group) -> None:
        self._collect(group)
        group.entries = "styles"

    def start_picture(self, group: Group) -> None:
        """Count a picture and skip its data."""
        self.pictures += 1
        group.skip = True

    def _collect(self, group: Group) -> list[str]:
        """Collect the group's text in a list instead of the flow."""
        texts: list[str] = []
        group.take, group.starred = texts, False
        return texts

    def set_year(self, number: int | None) -> None:
        self.about.setdefault("yr", str(number or ""))

    def set_code_page(self, number: int | None) -> None:
        name = f"cp{number}" if number else "cp1252"
        try:
            codecs.lookup(name)
        except LookupError:
            name = "utf-8" if number == 65001 else "cp1252"
        self._code_page = name

    def set_old_code_page(self, name: str) -> None:
        self._code_page = name

    def set_font(self, group: Group, number: int | None) -> None:
        group.looks.font = str(number or 0)
        if group.entries == "fonts" and group.take is not None:
            texts = group.take
            del texts[:]
            group.end = lambda ended: self._name_font(ended, texts)

    def _name_font(self, group: Group, texts: list[str]) -> None:
        number = int(group.looks.font)
        name = "".join(texts).strip().rstrip(";").strip()
        self._fonts[number] = (name, self._fonts.get(number, ("", ""))[1])
        del texts[:]

    def set_charset(self, group: Group, number: int | None) -> None:
        if group.entries == "fonts" and group.looks.font:
            page = charset_map.get(number or 0, "") if number not in (0, 1, 2) else ""
            self._fonts[int(group.looks.font)] = ("", page)

    def set_style(self, group: Group, number: int | None) -> None:
        group.style = number or 0
        if group.entries == "styles" and group.take is not None:
            texts = group.take
            del texts[:]
            group.level = None
            group.end = lambda ended: self._name_style(ended, texts)
        elif group.take is None:
            name, level = self._styles.get(group.style, ("", None))
            group.flow.level, group.flow.contents = level, is_contents(name)

    def _name_style(self, group: Group, texts: list[str]) -> None:
        name = "".join(texts).strip().rstrip(";").strip()
        del texts[:]
        level = heading_level(name)
        self._styles[group.style] = (name, group.level if level is None else level - 1)

    def set_outline_level(self, group: Group, number: int | None) -> None:
        group.level = number
        if group.take is None:
            group.flow.level = number

    def reset_paragraph(self, group: Group) -> None:
        """``\\pard``: reset the paragraph's properties."""
        if group.take is None:
            group.flow.level, group.flow.in_table, group.flow.contents = None, False, False

    def add_note_mark(self, group: Group) -> None:
        """``\\chftn``: add a note's number to the body; in the note, ``start_note`` adds it."""
        if group.flow is self.body:
            self._notes += 1
            if not group.looks.hidden and not group.looks.deleted and group.flow.level is None:
                group.flow.mark(str(self._notes))

    def set_box(self, number: int | None, *, default: bool) -> None:
        """``\\ffres`` and ``\\ffdefres``: state of a check box; 25 stands for the default state."""
        if default and self._box != 25:
            return
        self._box = number or 0
