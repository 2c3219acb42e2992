"""Documents, workbooks and presentations from before 2007: converted by LibreOffice, if installed,
then read by the extractors of today's formats."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from ingest.extract.extracted import Extracted, Extractor, ExtractRequest
from ingest.extract.word.ole import DOC, PPT, XLS
from kb.messages import N_, PermanentError

NAMES = ("soffice", "libreoffice")
ELSEWHERE = ("/Applications/LibreOffice.app/Contents/MacOS/soffice", "/opt/libreoffice/soffice")
LEAST_S = 60.0
"""Seconds; shortest time limit of a conversion, because the program's start takes long."""
LOOK_EVERY_S = 0.5
"""Interval between looks at the running program."""
GIGABYTE = 1024**3
MEMORY = 8 * GIGABYTE
"""Bytes of address space, of which LibreOffice maps far more than it uses."""
LARGEST_RESULT = GIGABYTE


@dataclass(frozen=True)
class _Target:
    """Target format of a kind of file, and its extractor."""

    before: str
    after: str
    extractor: str


TARGETS: Mapping[str, _Target] = {
    DOC: _Target("doc", "docx", "word.docx:extract_docx"),
    XLS: _Target("xls", "xlsx", "sheets.xlsx:extract_xlsx"),
    PPT: _Target("ppt", "pptx", "slides.pptx:extract_pptx"),
}
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
</oor:items>
"""
"""User profile without macros and without loading linked files."""


def find_libreoffice() -> str | None:
    """The path of LibreOffice; None if it is not installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or next((path for path in ELSEWHERE if os.access(path, os.X_OK)), None)


def extract_doc(source: ExtractRequest) -> Extracted:
    return _convert_and_extract(source, DOC)


def extract_xls(source: ExtractRequest) -> Extracted:
    return _convert_and_extract(source, XLS)


def extract_ppt(source: ExtractRequest) -> Extracted:
    return _convert_and_extract(source, PPT)


def _convert_and_extract(source: ExtractRequest, media_type: str) -> Extracted:
    target = TARGETS[media_type]
    program = find_libreoffice()
    if program is None:
        raise PermanentError(
            N_(
                "The file is in an Office format from before 2007, which is read only where"
                " LibreOffice is installed. Save it as {format} and upload that, or have"
                " LibreOffice installed."
            ),
            format=target.after.upper(),
        )
    module, _, function = target.extractor.partition(":")
    extractor: Extractor = getattr(import_module(f"ingest.extract.{module}"), function)
    with tempfile.TemporaryDirectory(prefix="kb-office-") as folder:
        converted = _convert(program, source, target, Path(folder))
        return replace(extractor(replace(source, path=converted)), media_type=media_type)


def _convert(program: str, source: ExtractRequest, target: _Target, folder: Path) -> Path:
    """Convert the file; the result is in ``folder``.

    Raises:
        PermanentError: LibreOffice could not open it, or took too long.
    """
    given = folder / f"file.{target.before}"
    shutil.copyfile(source.path, given)
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, "utf-8")
    command = [
        *(program, "--headless", "--norestore", "--nolockcheck", "--nodefault"),
        *(f"-env:UserInstallation={profile.as_uri()}", "--convert-to", target.after),
        *("--outdir", str(folder / "out"), str(given)),
    ]
    _run(command, source, folder)
    result = folder / "out" / f"file.{target.after}"
    if not result.is_file():
        raise PermanentError(
            N_(
                "LibreOffice could not open the file: open it with the program that it was made"
                " with, save it as {format} and upload that."
            ),
            format=target.after.upper(),
        )
    return result


def _run(command: list[str], source: ExtractRequest, folder: Path) -> None:
    """Run the program to its end in a process group, which is killed as a whole."""
    limit_s = max(LEAST_S, source.patience_s)
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - a program of the machine, on a copy
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "TMPDIR": str(folder)},
        start_new_session=True,
        preexec_fn=lambda: _set_limits(limit_s),  # noqa: PLW1509 - the child process has one thread
    )
    try:
        while process.poll() is None:
            source.on_page(0, 1)
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_EVERY_S)
            if time.monotonic() - began > limit_s:
                raise PermanentError(
                    N_(
                        "Reading took too long and was given up: the file is too intricate. Save"
                        " it again with another program, or print it to PDF, and upload that."
                    )
                )
    finally:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _set_limits(seconds: float) -> None:
    """Set limits on memory, processor time and file size, inherited by child processes."""
    for kind, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_FSIZE, LARGEST_RESULT),
    ):
        _, hard = resource.getrlimit(kind)
        wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (wanted, hard))
