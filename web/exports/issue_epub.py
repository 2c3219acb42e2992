"""An issue as an EPUB 3 file. The common Python library for it is under the AGPL."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from kb.domain import DEFAULT_LANGUAGE
from kb.storage.periodical import Issue
from kb.text.xml_text import drop_non_xml
from web.exports.feeds import NAMESPACE
from web.presenters.issue_texts import ShownIssue
from web.rendering.i18n import Locale, load_locales
from web.rendering.markdown import markdown_outside
from web.rendering.templating import environment

MEDIA_TYPE = "application/epub+zip"
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles>
    <rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/>
  </rootfiles>
</container>
"""
PARTS = ("package.opf", "nav.xhtml", "issue.xhtml", "style.css")


def write_epub(shown: ShownIssue, issue: Issue, site: str, zone: tzinfo) -> bytes:
    """The file. ``site``: scheme and host that links begin with. The same issue gives the same
    bytes."""
    reader = reader_of(shown, zone)
    published = (issue.published_at or datetime.now(UTC)).astimezone(UTC)
    values: Mapping[str, Any] = {
        "shown": shown,
        "site": site,
        "identifier": uuid.uuid5(NAMESPACE, f"issue/{issue.collection_id}").urn,
        "modified": published.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "outside": lambda text: markdown_outside(text, site),
    }
    made = environment(reader)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, "mimetype", MEDIA_TYPE, published, zipfile.ZIP_STORED)
        _add(archive, "META-INF/container.xml", CONTAINER, published)
        for part in PARTS:
            text = made.get_template(f"magazine/epub/{part}").render(**values)
            _add(archive, f"OEBPS/{part}", drop_non_xml(text).lstrip(), published)
    return buffer.getvalue()


def reader_of(shown: ShownIssue, zone: tzinfo) -> Locale:
    """The locale of the language that the issue is written in."""
    locales = load_locales()
    return (locales.get(shown.texts.language) or locales[DEFAULT_LANGUAGE]).in_zone(zone)


def _add(
    archive: zipfile.ZipFile,
    name: str,
    text: str,
    at: datetime,
    how: int = zipfile.ZIP_DEFLATED,
) -> None:
    info = zipfile.ZipInfo(name, at.timetuple()[:6])
    info.compress_type = how
    archive.writestr(info, text.encode())
