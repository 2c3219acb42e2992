"""What each RTF control word does to the document being read.

Rich Text Format Specification, version 1.9.1. Names of skipped destinations are those of striprtf.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from striprtf.striprtf import destinations

from ingest.extract.word.rtf_document import Group, RtfDocument
from ingest.extract.word.rtf_flow import Looks, Shape

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
"""Destinations that are read although marked with ``\\*``."""


def apply_word(document: RtfDocument, word: str, number: int | None) -> None:
    """Apply a control word, other than ``\\u`` and ``\\bin``, with its numeric parameter."""
    group = document.group
    if group.skip:
        return
    if word in _STARTS:
        group.starred = False
        _STARTS[word](document, group)
    elif word in _RUNNING:
        document.start_running()
    elif word in _READ:
        group.starred = False
    elif group.starred or word in destinations or word == "nonshppict":
        group.starred, group.skip = False, True
    elif word in _CHARACTERS:
        document.add_text(_CHARACTERS[word])
    elif word in _WORDS:
        _WORDS[word](document, group, number)


def _reset_looks(group: Group) -> None:
    group.looks = Looks(font=group.looks.font)


def _on(number: int | None) -> bool:
    return number != 0


def _start_row(group: Group) -> None:
    group.flow.shape = Shape()


_STARTS: Mapping[str, Callable[[RtfDocument, Group], None]] = {
    "footnote": RtfDocument.start_note,
    "shptxt": RtfDocument.start_box,
    "dptxbxtext": RtfDocument.start_box,
    "listtext": RtfDocument.start_label,
    "pntext": RtfDocument.start_label,
    "fldinst": RtfDocument.start_instruction,
    "fldrslt": RtfDocument.start_result,
    "fonttbl": RtfDocument.start_fonts,
    "stylesheet": RtfDocument.start_styles,
    "pict": RtfDocument.start_picture,
    "info": lambda document, group: None,
    "creatim": lambda document, group: None,
    "formfield": lambda document, group: None,
    "shppict": lambda document, group: None,
    "title": lambda document, group: document.start_metadata(group, "title"),
    "author": lambda document, group: document.start_metadata(group, "author"),
}
_Action = Callable[[RtfDocument, Group, "int | None"], None]


def _set_look(name: str, value: Callable[[int | None], object]) -> _Action:
    return lambda document, group, number: setattr(group.looks, name, value(number))


def _change_shape(change: Callable[[Shape, int | None], None]) -> _Action:
    return lambda document, group, number: change(group.flow.shape, number)


_WORDS: Mapping[str, _Action] = {
    "ansicpg": lambda document, group, number: document.set_code_page(number),
    "mac": lambda document, group, number: document.set_old_code_page("mac_roman"),
    "pc": lambda document, group, number: document.set_old_code_page("cp437"),
    "pca": lambda document, group, number: document.set_old_code_page("cp850"),
    "uc": lambda document, group, number: setattr(group, "after_unicode", number or 0),
    "f": RtfDocument.set_font,
    "fcharset": RtfDocument.set_charset,
    "s": RtfDocument.set_style,
    "outlinelevel": RtfDocument.set_outline_level,
    "pard": lambda document, group, number: document.reset_paragraph(group),
    "plain": lambda document, group, number: _reset_looks(group),
    "par": lambda document, group, number: group.flow.end_paragraph(),
    "sect": lambda document, group, number: group.flow.end_paragraph(),
    "page": lambda document, group, number: group.flow.end_paragraph(),
    "intbl": lambda document, group, number: setattr(group.flow, "in_table", True),
    "cell": lambda document, group, number: group.flow.end_cell(),
    "nestcell": lambda document, group, number: group.flow.end_paragraph(),
    "row": lambda document, group, number: group.flow.end_row(),
    "trowd": lambda document, group, number: _start_row(group),
    "trhdr": _change_shape(lambda shape, number: setattr(shape, "header", True)),
    "cellx": _change_shape(lambda shape, number: shape.end_cell(number or 0)),
    "clvmrg": _change_shape(lambda shape, number: setattr(shape.open, "continues", True)),
    "clmrg": _change_shape(lambda shape, number: setattr(shape.open, "covered", True)),
    "v": _set_look("hidden", _on),
    "deleted": _set_look("deleted", _on),
    "b": _set_look("bold", _on),
    "fs": _set_look("size", lambda number: number or 24),
    "super": _set_look("raised", _on),
    "sub": _set_look("raised", lambda number: False),
    "nosupersub": _set_look("raised", lambda number: False),
    "up": _set_look("raised", lambda number: number is None or number > 0),
    "chftn": lambda document, group, number: document.add_note_mark(group),
    "yr": lambda document, group, number: document.set_year(number),
    "ffres": lambda document, group, number: document.set_box(number, default=False),
    "ffdefres": lambda document, group, number: document.set_box(number, default=True),
}
