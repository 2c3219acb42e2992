"""Brings the message catalogues up to date with the source: ``python -m web.catalogues``.

Marked sentences of all packages and templates are collected; translations that exist are kept.
English fills itself, because message ids are English; what another language misses is printed.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from web.rendering.i18n import LOCALE_DIR, catalogue_path

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
}

HEADER = """\
msgid ""
msgstr ""
"Language: {code}\\n"
"Plural-Forms: {plural};\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def collect() -> Catalog:
    """Every marked sentence of the source, in the order of files and lines."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # babel leaves it untyped
    template = Catalog(charset="utf-8")
    for name, line, message, comments, context in extract_from_dir(
        ROOT, methods, options, keywords=KEYWORDS, strip_comment_tags=True
    ):
        template.add(message, locations=[(name, line)], auto_comments=comments, context=context)
    return template


def updated(code: str, template: Catalog) -> Catalog:
    """The catalogue of ``code`` with exactly the messages of ``template``."""
    path = catalogue_path(code)
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code)
    catalogue.update(deepcopy(template), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    if code == "en":
        for message in catalogue:
            if message.id:
                message.string = message.id
    return catalogue


def dump(catalogue: Catalog) -> bytes:
    """The text of a catalogue file, free of line numbers and dates so that merges stay quiet."""
    out = io.BytesIO()
    out.write(
        HEADER.format(code=catalogue.locale, plural=catalogue.plural_forms.rstrip(";")).encode()
    )
    write_po(out, catalogue, width=100, omit_header=True, no_location=True)
    return out.getvalue()


def missing(catalogue: Catalog) -> list[str]:
    """Messages without a translation, or with a doubtful one."""
    return [
        str(message.id)
        for message in catalogue
        if message.id and (message.fuzzy or not _complete(message.string))
    ]


def _complete(translation: str | Sequence[str] | None) -> bool:
    parts = [translation] if isinstance(translation, str) else translation or ()
    return bool(parts) and all(parts)


def main() -> int:
    template = collect()
    absent = 0
    for folder in sorted(LOCALE_DIR.iterdir()):
        catalogue = updated(folder.name, template)
        catalogue_path(folder.name).write_bytes(dump(catalogue))
        for message in missing(catalogue):
            absent += 1
            print(f"{folder.name}: {message}", file=sys.stderr)
    print(f"{len(template)} messages, {absent} translations missing")
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
