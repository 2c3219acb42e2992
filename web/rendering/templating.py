"""The Jinja environment of a locale: autoescape, StrictUndefined, filters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from kb.runtime.logs import SECRET_PATHS
from kb.vocabulary import vocabularies
from search.results import Fragment
from web.assets import is_built
from web.rendering.i18n import Locale
from web.rendering.mail_status import explain_status
from web.rendering.markdown import long_markdown, markdown
from web.rendering.names import EVENT_TYPES, ROLES, device_name
from web.rendering.titles import place_name, title_of, where

STATIC_DIR = Path(__file__).parent.parent / "static"


@lru_cache(maxsize=16)
def environment(reader: Locale) -> Environment:
    env = Environment(
        loader=PackageLoader("web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_translations(reader.translations, newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    env.filters |= {
        "markdown": markdown,
        "long_markdown": long_markdown,
        "runs": _merge_runs,
        "theme": lambda slug: _label("themes", slug, reader),
        "term": lambda slug, name: _label(name, slug, reader),
        "number": reader.number,
        "date": reader.date,
        "moment": reader.moment,
        "clock": reader.clock,
        "country": reader.country,
        "language": reader.language,
        "size": reader.size,
        "device": device_name,
        "role": lambda value: reader.gettext(ROLES[value]),
        "mail_status": lambda answer: reader.gettext(explain_status(answer)),
        "say": reader.say,
        "tr": reader.gettext,
    }
    env.globals |= {
        "static_url": static_url,
        "reader": reader,
        "event_types": EVENT_TYPES,
        "is_secret": lambda path: path.startswith(SECRET_PATHS),
        "title_of": lambda named: title_of(named, reader),
        "where": lambda name, country: where(name, country, reader),
        "place_name": lambda name, country: place_name(name, country, reader),
    }
    return env


def _merge_runs(pieces: Iterable[Fragment]) -> list[tuple[bool, list[Fragment]]]:
    """Merge neighbouring fragments of which both or neither answer, so that one mark surrounds each
    answer."""
    return [(answer, list(run)) for answer, run in groupby(pieces, lambda piece: piece.answer)]


def _label(name: str, slug: str, reader: Locale) -> str:
    """The label of a vocabulary's term; the slug if the vocabulary does not have it."""
    term = vocabularies.load(name).get(slug)
    return term.label(reader.code) if term else slug


def static_url(name: str) -> str:
    """Address of a static file with a hash of its content, so that it can be cached for a year."""
    return f"/static/{name}?v={_content_hash(name)}"


@lru_cache(maxsize=64)
def _content_hash(name: str) -> str:
    path = STATIC_DIR / name
    if name.startswith("vendor/") and not is_built():
        return "missing"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
