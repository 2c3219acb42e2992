"""Heading styles by their names in the languages of word processors."""

from __future__ import annotations

import re

_WORDS = (
    *("heading", "titolo", "intestazione", "überschrift", "ueberschrift", "titre", "título"),
    *("titulo", "títol", "encabezado", "cabeçalho", "capçalera", "kop", "rubrik", "overskrift"),
    *("otsikko", "nagłówek", "nadpis", "naslov", "címsor", "titlu", "заголовок", "заглавие"),
    *("επικεφαλίδα", "antraštė", "virsraksts", "pealkiri", "başlık", "goiburua", "cabeceira"),
    *("bilješka", "ylätunniste", "fyrirsögn", "pennawd", "ceannteideal", "intitolazione"),
)
_HEADING = re.compile(rf"(?:{'|'.join(_WORDS)})[ _-]*([1-9])", re.IGNORECASE)
_TITLE = re.compile(
    r"title|titolo|titel|titre|título|títol|tytuł|název|otsikko|titlu|cím|naslov|τίτλος|название",
    re.IGNORECASE,
)
_CONTENTS = re.compile(
    r"(?:toc|contents|sommario|indice|verzeichnis|inhaltsverzeichnis|tm|tdc|índice|inhopg"
    r"|table of figures|table of authorities|index)[ _]*(?:heading|intestazione|titolo"
    r"|überschrift|\d)?|(?:titolo|intestazione)[ _]+(?:sommario|indice)",
    re.IGNORECASE,
)


def heading_level(name: str) -> int | None:
    """The heading level, from 1, of a style by name or id; None if it is not a heading style."""
    found = _HEADING.fullmatch(name.strip())
    return int(found[1]) if found else None


def is_title(name: str) -> bool:
    return bool(_TITLE.fullmatch(name.strip()))


def is_contents(name: str) -> bool:
    """Whether a style is that of entries in a table of contents or an index."""
    return bool(_CONTENTS.fullmatch(name.strip()))
