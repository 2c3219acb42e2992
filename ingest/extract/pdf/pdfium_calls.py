"""The functions of pdfium that are called for every object or character of a page. They take plain
addresses, which is twice as fast as the typed pointers of pypdfium2."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

_ADDRESS, _INT, _UINT = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint


class Calls:
    """pdfium's functions by their names without "FPDF". What returns a truth value writes its
    results to the addresses it is given."""

    def __init__(self) -> None:
        self.page_object = _function("FPDFPage_GetObject", _ADDRESS, _ADDRESS, _INT)
        self.form_object = _function("FPDFFormObj_GetObject", _ADDRESS, _ADDRESS, _INT)
        self.page_objects = _function("FPDFPage_CountObjects", _INT, _ADDRESS)
        self.form_objects = _function("FPDFFormObj_CountObjects", _INT, _ADDRESS)
        self.kind = _function("FPDFPageObj_GetType", _INT, _ADDRESS)
        self.bounds = _function("FPDFPageObj_GetBounds", _INT, *[_ADDRESS] * 5)
        self.fill_colour = _function("FPDFPageObj_GetFillColor", _INT, *[_ADDRESS] * 5)
        self.matrix = _function("FPDFPageObj_GetMatrix", _INT, _ADDRESS, _ADDRESS)
        self.render_mode = _function("FPDFTextObj_GetTextRenderMode", _INT, _ADDRESS)
        self.draw_mode = _function("FPDFPath_GetDrawMode", _INT, *[_ADDRESS] * 3)
        self.segments = _function("FPDFPath_CountSegments", _INT, _ADDRESS)
        self.segment = _function("FPDFPath_GetPathSegment", _ADDRESS, _ADDRESS, _INT)
        self.point = _function("FPDFPathSegment_GetPoint", _INT, *[_ADDRESS] * 3)
        self.segment_kind = _function("FPDFPathSegment_GetType", _INT, _ADDRESS)
        self.closes = _function("FPDFPathSegment_GetClose", _INT, _ADDRESS)
        self.char_box = _function("FPDFText_GetLooseCharBox", _INT, _ADDRESS, _INT, _ADDRESS)
        self.rectangle = _function("FPDFText_GetRect", _INT, _ADDRESS, _INT, *[_ADDRESS] * 4)
        self.set_active = _function("FPDFPageObj_SetIsActive", _INT, _ADDRESS, _INT)
        self.text_object = _function("FPDFText_GetTextObject", _ADDRESS, _ADDRESS, _INT)


@cache
def calls() -> Calls:
    """pdfium, loaded when first needed."""
    return Calls()


def address_of(pointer: Any) -> int:
    """The address in one of pypdfium2's pointers."""
    return ctypes.cast(pointer, _ADDRESS).value or 0


def _function(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    from pypdfium2 import raw

    prototype = ctypes.PYFUNCTYPE(result, *arguments)
    return prototype(address_of(getattr(raw, name)))


class Floats:
    """Room for floats that pdfium writes; ``places`` are their addresses."""

    def __init__(self, count: int, kind: type[ctypes.c_float | ctypes.c_double]) -> None:
        self._room = (kind * count)()
        start, size = ctypes.addressof(self._room), ctypes.sizeof(kind)
        self.places = tuple(start + number * size for number in range(count))

    def values(self) -> list[float]:
        return self._room[:]
