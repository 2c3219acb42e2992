"""Open presentations of every kind with python-pptx, which accepts only .pptx and .pptm in the
transitional namespaces, not strict Office Open XML (ISO/IEC 29500-1)."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import IO, Any

from kb.messages import N_, PermanentError

STRICT = b"http://purl.oclc.org/ooxml/"
ORDINARY = {
    b"http://purl.oclc.org/ooxml/officeDocument/": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/"
    ),
    b"http://purl.oclc.org/ooxml/presentationml/main": (
        b"http://schemas.openxmlformats.org/presentationml/2006/main"
    ),
    b"http://purl.oclc.org/ooxml/drawingml/": b"http://schemas.openxmlformats.org/drawingml/2006/",
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": (
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    ),
}
MAIN = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
OTHER_MAINS = (
    b"application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
    b"application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
    b"application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
    b"application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
    b"application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
)
TYPES = "[Content_Types].xml"


def open_presentation(path: Path) -> Any:
    """Open a presentation of any kind.

    Raises:
        PermanentError: it is damaged, or not a presentation.
    """
    from pptx import Presentation

    try:
        with zipfile.ZipFile(path) as archive:
            types = archive.read(TYPES)
            if not any(main in types for main in (MAIN, *OTHER_MAINS)):
                raise PermanentError(
                    N_(
                        "The file is of PowerPoint, but it is not a presentation: open it there,"
                        " save it as .pptx and upload that."
                    )
                )
            main = "ppt/presentation.xml"
            strict = main in archive.namelist() and STRICT in archive.read(main)
            if MAIN in types and not strict:
                return Presentation(str(path))
            with tempfile.TemporaryFile() as ordinary:
                _write_transitional(archive, ordinary)
                return Presentation(ordinary)
    except PermanentError:
        raise
    except Exception as error:  # python-pptx raises anything on damaged parts
        raise PermanentError(
            N_("The presentation is damaged: open it, save it again and upload that.")
        ) from error


def _write_transitional(archive: zipfile.ZipFile, file: IO[bytes]) -> None:
    """Write a copy of the package with the content types and namespaces of a normal
    presentation."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as copy:
        for name in dict.fromkeys(archive.namelist()):
            content = archive.read(name)
            if name == TYPES:
                for other in OTHER_MAINS:
                    content = content.replace(other, MAIN)
            elif name.endswith((".xml", ".rels")) and STRICT in content:
                for strict, ordinary in ORDINARY.items():
                    content = content.replace(strict, ordinary)
            copy.writestr(name, content)
