"""Rich Text Format (Microsoft's specification, version 1.9.1), as the old word processors and
many offices still send it. Code pages and the names of destinations are those of striprtf."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from striprtf.striprtf import charset_map, destinations

from ingest.extract.about import sensible_authors, sensible_title, sensible_year
from ingest.extract.blocks import Block, BlockKind, cut_sections, join_blocks
from ingest.extract.bold_headings import promote_headings
from ingest.extract.extracted import Extracted, ExtractRequest, statements
from ingest.extract.heading_names import heading_level, is_contents
from ingest.extract.office import pictures_note
from ingest.extract.rtf_flow import Flow, Looks, Shape
from ingest.extract.running import once
from ingest.extract.sniff import RTF
from ingest.extract.symbols import symbol, symbol_text
from kb.domain import GuessedField, GuessReason, PageUnit

MAX_DEPTH = 1000
REPORT_EVERY = 200_000
_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?"
    rb"|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])|(?P<brace>[{}])"
    rb"|(?P<text>[^\\{}\r\n\x00]+)"
)
_SYMBOL_FIELD = re.compile(r"SYMBOL\s+(\d{1,5})\s.*?\\f\s*\"?([\w ]+)", re.DOTALL)
_SIGNS = {"~": "\xa0", "_": "-", "-": "", "\n": "", "\r": ""}
_CHARACTERS: Mapping[str, str] = {
    "tab": " ",
    "line": "\n",
    "lbr": "\n",
    "emdash": "—",
    "endash": "–",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
    "softline": " ",
}
_RUNNING = frozenset(
    {"header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"}
)
_READ = frozenset({"shpinst", "shptxt", "shp", "upr", "do", "dptxbxtext", "field", "shpgrp"})
"""Groups that are read although programs that do not know them may skip them."""
_PAGE_FIELDS = (["PAGE"], ["NUMPAGES"], ["SECTIONPAGES"])


def extract_rtf(source: ExtractRequest) -> Extracted:
    reader = _Reader(source)
    blocks = promote_headings(reader.body.finish())
    text, marks, tables = join_blocks([*blocks, *reader.endnotes, *once(reader.running)])
    pages, headings = cut_sections(text, marks, tables)
    source.on_page(len(pages), len(pages))
    title = sensible_title(reader.about.get("title"))
    return Extracted(
        media_type=RTF,
        unit=PageUnit.SECTION,
        pages=tuple(pages),
        headings=tuple(headings),
        title=title or sensible_title(marks[0].title if marks else ""),
        authors=sensible_authors([reader.about.get("author")]),
        year=sensible_year(title, reader.about.get("yr")),
        notes=pictures_note(reader.pictures),
        statements=(
            *statements(GuessedField.TITLE, GuessReason.PROPERTIES, reader.about.get("title")),
            *statements(GuessedField.YEAR, GuessReason.CREATED, reader.about.get("yr")),
        ),
    )


@dataclass
class _Group:
    """What holds between two braces. ``take``: where text goes that is no part of a flow, to be
    used at the group's ``end``; ``entries``: "fonts" or "styles" in a table of them; ``skip``:
    nothing of it is read."""

    flow: Flow
    looks: Looks = field(default_factory=Looks)
    skip: bool = False
    starred: bool = False
    take: list[str] | None = None
    end: Callable[[_Group], None] | None = None
    entries: str = ""
    after_unicode: int = 1
    style: int = 0
    level: int | None = None


class _Reader:
    """Reads the whole file. ``about`` holds what the file says about itself."""

    def __init__(self, source: ExtractRequest) -> None:
        self.body = Flow()
        self.endnotes: list[Block] = []
        self.running: list[Block] = []
        self.about: dict[str, str] = {}
        self.pictures = 0
        self._code_page = "cp1252"
        self._fonts: dict[int, tuple[str, str]] = {}
        self._styles: dict[int, tuple[str, int | None]] = {}
        self._groups = [_Group(self.body)]
        self._skipped_characters = 0
        self._bytes = bytearray()
        self._notes = 0
        self._box = 0
        self._without_result = False
        data = source.path.read_bytes()
        for number, match in enumerate(self._tokens(data)):
            if number % REPORT_EVERY == 0:
                source.on_page(0, 1)
            self._token(match)
            if not self._groups:
                break
        self._flush_bytes()

    def _tokens(self, data: bytes) -> Iterator[re.Match[bytes]]:
        place = 0
        while match := _TOKEN.search(data, place):
            place = match.end()
            if match["word"] == b"bin":  # pictures as they are
                place += max(0, int(match["number"] or 0))
            yield match

    @property
    def _group(self) -> _Group:
        return self._groups[-1]

    def _token(self, match: re.Match[bytes]) -> None:
        if match["hex"]:
            if not self._skips_one():
                self._bytes += bytes.fromhex(match["hex"].decode())
            return
        if match["text"] is not None:
            text = match["text"]
            skipped = min(self._skipped_characters, len(text))
            self._skipped_characters -= skipped
            self._bytes += text[skipped:]
            return
        self._flush_bytes()
        if match["brace"]:
            self._skipped_characters = 0
            self._open() if match["brace"] == b"{" else self._close()
        elif match["sign"]:
            self._sign(match["sign"].decode("latin-1"))
        else:
            number = match["number"]
            self._word(match["word"].decode(), None if number is None else int(number))

    def _skips_one(self) -> bool:
        if self._skipped_characters:
            self._skipped_characters -= 1
            return True
        return False

    def _flush_bytes(self) -> None:
        if self._bytes:
            name, page = self._fonts.get(int(self._group.looks.font or -1), ("", ""))
            data, self._bytes = self._bytes, bytearray()
            self._text(data.decode(page or self._code_page, errors="replace"), name)

    def _text(self, text: str, font: str = "") -> None:
        group = self._group
        if group.skip:
            return
        if group.take is not None:
            group.take.append(symbol_text(font, text))
        else:
            group.flow.add(symbol_text(font, text), group.looks)

    def _open(self) -> None:
        above = self._group
        group = replace(above, looks=replace(above.looks), starred=False, end=None)
        if len(self._groups) > MAX_DEPTH:
            group.skip = True
        self._groups.append(group)

    def _close(self) -> None:
        group = self._groups.pop()
        if group.end and not group.skip:
            group.end(group)

    def _sign(self, sign: str) -> None:
        if sign == "*":
            self._group.starred = True
        else:
            self._skipped_characters = 0
            self._text(_SIGNS.get(sign, sign))

    def _word(self, word: str, number: int | None) -> None:
        group = self._group
        self._skipped_characters = 0
        if word == "u" and number is not None:
            self._skipped_characters = group.after_unicode
            self._text(chr(number % 0x10000), self._font_name())
        elif group.skip:
            return
        elif word in _STARTS:
            group.starred = False
            _STARTS[word](self, group)
        elif word in _RUNNING:
            self._start_flow(self.running.extend)
        elif word in _READ:
            group.starred = False
        elif group.starred or word in destinations or word == "nonshppict":
            group.starred, group.skip = False, True
        elif word in _CHARACTERS:
            self._text(_CHARACTERS[word])
        elif word in _WORDS:
            _WORDS[word](self, group, number)

    def _font_name(self) -> str:
        return self._fonts.get(int(self._group.looks.font or -1), ("", ""))[0]

    # Groups with a purpose of their own

    def _start_flow(self, use: Callable[[list[Block]], None]) -> None:
        group = self._group
        flow = group.flow = Flow()
        group.take, group.looks = None, Looks(size=group.looks.size)
        group.end = lambda _: use(flow.finish())

    def start_note(self, group: _Group) -> None:
        number, above = self._notes, group.flow

        def use(blocks: list[Block]) -> None:
            made = [Block(one.text, one.kind) for one in blocks]
            if made and number and made[0].kind is not BlockKind.ROW:
                made[0] = Block(f"[{number}] {made[0].text}", made[0].kind)
            above.put_after(made)

        self._start_flow(use)

    def start_box(self, group: _Group) -> None:
        self._start_flow(group.flow.put_after)

    def start_label(self, group: _Group) -> None:
        flow, kept = group.flow, self._take(group)

        def use(_: _Group) -> None:
            flow.label = "".join(kept)

        group.end = use

    def start_about(self, name: str) -> Callable[[_Group], None]:
        def start(group: _Group) -> None:
            kept = self._take(group)
            group.end = lambda _: self.about.__setitem__(name, "".join(kept))

        return start

    def start_instruction(self, group: _Group) -> None:
        """The code of a field: a symbol stands in it, a box is told beside it."""
        flow, looks, kept = group.flow, group.looks, self._take(group)

        def use(_: _Group) -> None:
            code = "".join(kept)
            self._without_result = code.split()[:1] in _PAGE_FIELDS and flow is not self.body
            if found := _SYMBOL_FIELD.search(code):
                flow.add(symbol(found[2].strip(), int(found[1])), looks)
                self._without_result = True
            elif "FORMCHECKBOX" in code:
                flow.add("☒" if self._box == 1 else "☐", looks)

        group.end = use

    def start_result(self, group: _Group) -> None:
        group.skip, self._without_result = self._without_result, False

    def start_fonts(self, group: _Group) -> None:
        self._take(group)
        group.entries = "fonts"

    def start_styles(self, group: _Group) -> None:
        self._take(group)
        group.entries = "styles"

    def start_picture(self, group: _Group) -> None:
        self.pictures += 1
        group.skip = True

    def _take(self, group: _Group) -> list[str]:
        kept: list[str] = []
        group.take, group.starred = kept, False
        return kept

    def note_year(self, number: int | None) -> None:
        self.about.setdefault("yr", str(number or ""))

    # Words

    def code_page(self, number: int | None) -> None:
        name = f"cp{number}" if number else "cp1252"
        try:
            codecs.lookup(name)
        except LookupError:
            name = "utf-8" if number == 65001 else "cp1252"
        self._code_page = name

    def old_code_page(self, name: str) -> None:
        self._code_page = name

    def font(self, group: _Group, number: int | None) -> None:
        group.looks.font = str(number or 0)
        if group.entries == "fonts" and group.take is not None:
            kept = group.take
            del kept[:]
            group.end = lambda ended: self._name_font(ended, kept)

    def _name_font(self, group: _Group, kept: list[str]) -> None:
        number = int(group.looks.font)
        name = "".join(kept).strip().rstrip(";").strip()
        self._fonts[number] = (name, self._fonts.get(number, ("", ""))[1])
        del kept[:]

    def charset(self, group: _Group, number: int | None) -> None:
        if group.entries == "fonts" and group.looks.font:
            page = charset_map.get(number or 0, "") if number not in (0, 1, 2) else ""
            self._fonts[int(group.looks.font)] = ("", page)

    def style(self, group: _Group, number: int | None) -> None:
        group.style = number or 0
        if group.entries == "styles" and group.take is not None:
            kept = group.take
            del kept[:]
            group.level = None
            group.end = lambda ended: self._name_style(ended, kept)
        elif group.take is None:
            name, level = self._styles.get(group.style, ("", None))
            group.flow.level, group.flow.contents = level, is_contents(name)

    def _name_style(self, group: _Group, kept: list[str]) -> None:
        name = "".join(kept).strip().rstrip(";").strip()
        del kept[:]
        level = heading_level(name)
        self._styles[group.style] = (name, group.level if level is None else level - 1)

    def outline_level(self, group: _Group, number: int | None) -> None:
        group.level = number
        if group.take is None:
            group.flow.level = number

    def new_paragraph(self, group: _Group) -> None:
        """``\\pard``: properties of paragraphs as at the beginning."""
        if group.take is None:
            group.flow.level, group.flow.in_table, group.flow.contents = None, False, False

    def note_mark(self, group: _Group) -> None:
        """``\\chftn``: the number of a note, in the text; in the note it stands before it."""
        if group.flow is self.body:
            self._notes += 1
            if not group.looks.hidden and not group.looks.deleted and group.flow.level is None:
                group.flow.mark(str(self._notes))

    def box_state(self, number: int | None, *, default: bool) -> None:
        """``\\ffres`` and ``\\ffdefres``: 25 says that the box was left as it is by default."""
        if default and self._box != 25:
            return
        self._box = number or 0


def _plain(group: _Group) -> None:
    group.looks = Looks(font=group.looks.font)


def _on(number: int | None) -> bool:
    return number != 0


def _row_starts(group: _Group) -> None:
    group.flow.shape = Shape()


_STARTS: Mapping[str, Callable[[_Reader, _Group], None]] = {
    "footnote": _Reader.start_note,
    "shptxt": _Reader.start_box,
    "dptxbxtext": _Reader.start_box,
    "listtext": _Reader.start_label,
    "pntext": _Reader.start_label,
    "fldinst": _Reader.start_instruction,
    "fldrslt": _Reader.start_result,
    "fonttbl": _Reader.start_fonts,
    "stylesheet": _Reader.start_styles,
    "pict": _Reader.start_picture,
    "info": lambda reader, group: None,
    "creatim": lambda reader, group: None,
    "formfield": lambda reader, group: None,
    "shppict": lambda reader, group: None,
    "title": lambda reader, group: reader.start_about("title")(group),
    "author": lambda reader, group: reader.start_about("author")(group),
}
_Word = Callable[[_Reader, _Group, "int | None"], None]


def _looks(name: str, value: Callable[[int | None], object]) -> _Word:
    return lambda reader, group, number: setattr(group.looks, name, value(number))


def _shape(change: Callable[[Shape, int | None], None]) -> _Word:
    return lambda reader, group, number: change(group.flow.shape, number)


_WORDS: Mapping[str, _Word] = {
    "ansicpg": lambda reader, group, number: reader.code_page(number),
    "mac": lambda reader, group, number: reader.old_code_page("mac_roman"),
    "pc": lambda reader, group, number: reader.old_code_page("cp437"),
    "pca": lambda reader, group, number: reader.old_code_page("cp850"),
    "uc": lambda reader, group, number: setattr(group, "after_unicode", number or 0),
    "f": _Reader.font,
    "fcharset": _Reader.charset,
    "s": _Reader.style,
    "outlinelevel": _Reader.outline_level,
    "pard": lambda reader, group, number: reader.new_paragraph(group),
    "plain": lambda reader, group, number: _plain(group),
    "par": lambda reader, group, number: group.flow.end_paragraph(),
    "sect": lambda reader, group, number: group.flow.end_paragraph(),
    "page": lambda reader, group, number: group.flow.end_paragraph(),
    "intbl": lambda reader, group, number: setattr(group.flow, "in_table", True),
    "cell": lambda reader, group, number: group.flow.end_cell(),
    "nestcell": lambda reader, group, number: group.flow.end_paragraph(),
    "row": lambda reader, group, number: group.flow.end_row(),
    "trowd": lambda reader, group, number: _row_starts(group),
    "trhdr": _shape(lambda shape, number: setattr(shape, "header", True)),
    "cellx": _shape(lambda shape, number: shape.end_cell(number or 0)),
    "clvmrg": _shape(lambda shape, number: setattr(shape.open, "continues", True)),
    "clmrg": _shape(lambda shape, number: setattr(shape.open, "covered", True)),
    "v": _looks("hidden", _on),
    "deleted": _looks("deleted", _on),
    "b": _looks("bold", _on),
    "fs": _looks("size", lambda number: number or 24),
    "super": _looks("raised", _on),
    "sub": _looks("raised", lambda number: False),
    "nosupersub": _looks("raised", lambda number: False),
    "up": _looks("raised", lambda number: number is None or number > 0),
    "chftn": lambda reader, group, number: reader.note_mark(group),
    "yr": lambda reader, group, number: reader.note_year(number),
    "ffres": lambda reader, group, number: reader.box_state(number, default=False),
    "ffdefres": lambda reader, group, number: reader.box_state(number, default=True),
}
