"""Text entered on a PDF page: values of form fields and free-text annotations.

Pop-up notes are comments and not part of the page.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

from ingest.extract.pdf.words import shown_box
from ingest.extract.shared.layout import LinePiece
from kb.text.storable import storable

MOST = 2000
"""Annotations of a page that are looked at."""
LONGEST = 20_000
"""Bytes of a value."""
TICKED, UNTICKED = "[x]", "[ ]"
_HIDDEN, _NO_VIEW = 2, 32
_PASSWORD = 1 << 13


def read_entered_text(page: Any) -> list[LinePiece]:
    """Values of form fields and free-text annotations with their boxes."""
    from pypdfium2 import raw

    count = min(raw.FPDFPage_GetAnnotCount(page), MOST)
    if count <= 0:
        return []
    form = page.formenv.raw if page.formenv else None
    found: list[LinePiece] = []
    for number in range(count):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            found += _read_annotation(page, form, annotation)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    if not any(piece.text == TICKED for piece in found):
        found = [piece for piece in found if piece.text != UNTICKED]
    return found


def _read_annotation(page: Any, form: Any, annotation: Any) -> Iterator[LinePiece]:
    from pypdfium2 import raw

    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if raw.FPDFAnnot_GetFlags(annotation) & (_HIDDEN | _NO_VIEW):
        return
    if kind == raw.FPDF_ANNOT_FREETEXT:
        text = _read_string(lambda *to: raw.FPDFAnnot_GetStringValue(annotation, b"Contents", *to))
    elif kind == raw.FPDF_ANNOT_WIDGET and form:
        text = _read_value(form, annotation)
    else:
        return
    box = raw.FS_RECTF()
    if text and raw.FPDFAnnot_GetRect(annotation, box):
        left, right = sorted((box.left, box.right))
        bottom, top = sorted((box.bottom, box.top))
        left, top, right, bottom = shown_box(page, left, bottom, right, top)
        yield LinePiece(left, top, right, bottom, text)


def _read_value(form: Any, annotation: Any) -> str:
    from pypdfium2 import raw

    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
        return TICKED if raw.FPDFAnnot_IsChecked(form, annotation) else UNTICKED
    if kind in (raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX):
        chosen = ", ".join(_read_chosen(form, annotation))
        if chosen:
            return chosen
    elif kind != raw.FPDF_FORMFIELD_TEXTFIELD:
        return ""
    if raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD and (
        kind == raw.FPDF_FORMFIELD_TEXTFIELD
    ):
        return ""
    return _read_string(lambda *to: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *to))


def _read_chosen(form: Any, annotation: Any) -> Iterator[str]:
    """Labels of the options that are selected."""
    from pypdfium2 import raw

    for option in range(min(raw.FPDFAnnot_GetOptionCount(form, annotation), MOST)):
        if raw.FPDFAnnot_IsOptionSelected(form, annotation, option):
            label = _read_string(
                lambda *to, option=option: raw.FPDFAnnot_GetOptionLabel(
                    form, annotation, option, *to
                )
            )
            if label:
                yield label


def _read_string(call: Callable[..., int]) -> str:
    """Call pdfium for a string and return it as one line: first for its length in bytes of UTF-16,
    then for its content."""
    from pypdfium2 import raw

    length = min(call(None, 0), LONGEST)
    if length <= 2:
        return ""
    buffer = ctypes.create_string_buffer(length)
    call(ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    text = buffer.raw.decode("utf-16-le", errors="replace").partition("\0")[0]
    return " ".join(storable(text).split())
