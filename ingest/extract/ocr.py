"""Text of a page image, by the recogniser whose models are inside its wheel."""

from __future__ import annotations

import logging
import os
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

PAGE_WIDTH_PX = 1700
"""An A4 page at about 200 dots per inch."""


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(
        params={
            "Global.log_level": "error",
            # its threads spin while they wait: more than half of the cores would starve the rest
            "EngineConfig.onnxruntime.intra_op_num_threads": max(1, (os.cpu_count() or 1) // 2),
        }
    )


def recognise(image: Image) -> str:
    """The lines of text on the image, from top to bottom."""
    import numpy

    result = _engine()(numpy.asarray(image.convert("RGB"))[:, :, ::-1])
    return "\n".join(result.txts or ())
