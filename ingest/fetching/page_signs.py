"""What a web page shows of itself: its text, whether it asks to sign in, where it sends readers.

Reads with one pass over the marks, in linear time, because the page may be made to harm its reader.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from ingest.extract.shared.decode import decode

READ = 1 << 20
"""Bytes of a page that are looked at."""
SHORT = 1500
"""Characters of text below which a page that asks to sign in, or says that something is missing,
holds nothing else."""
LEAST_TEXT = 80
"""Characters of text below which a page is empty without its scripts."""
SHINGLE = 5
"""Words compared at a time."""
SAME = 0.9
"""Share of common shingles from which two versions of a page have the same text: counters, dates
and advertisements change with every visit."""

_MARK = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_UNSEEN = frozenset({"script", "style", "noscript", "template", "svg"})
_PASSWORD = re.compile(r"\btype\s{0,5}=\s{0,5}[\"']?password\b", re.IGNORECASE)
_REFRESH = re.compile(
    r"http-equiv\s{0,5}=\s{0,5}[\"']?refresh\b.{0,200}?url\s{0,5}=\s{0,5}[\"']?([^\"'>\s]{1,2000})",
    re.IGNORECASE | re.DOTALL,
)
_NOT_FREE = re.compile(r"\"isAccessibleForFree\"\s{0,5}:\s{0,5}\"?false\b", re.IGNORECASE)
_LICENCE = re.compile(
    r"https?://creativecommons\.org/(licenses/(by|by-sa)/(\d\.\d)|publicdomain/zero/(1\.0))",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"\b404\b|not found|no longer (?:available|exists?)|does not exist|page (?:is )?missing|"
    r"non (?:è stat[ao] )?trovat[ao]|non esiste|non (?:è )?più disponibile|non disponibile|"
    r"pagina inesistente|nicht gefunden|existiert nicht|nicht mehr verfügbar|introuvable|"
    r"n['’]existe (?:pas|plus)|n['’]est plus disponible|non trouvée|"
    r"no (?:se )?(?:ha )?encontrad[ao]|no existe|ya no está disponible|não encontrad[ao]",
    re.IGNORECASE,
)
_SIGN_IN = re.compile(
    r"\b(?:sign|log)[ -]?in\b|\baccedi\b|\baccesso riservato\b|\barea riservata\b|"
    r"\bautenticazione\b|"
    r"\banmeld(?:en|ung)\b|\beinloggen\b|\bse connecter\b|\bconnexion\b|\biniciar sesión\b|"
    r"\bsubscribe to (?:read|continue)\b|\babbonati per\b|\bréservé aux abonnés\b|"
    r"\bnur für abonnenten\b",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"just a moment|checking your browser|verify (?:that )?you are (?:a )?human|attention required|"
    r"enable javascript and cookies|are you a robot|verifica di non essere un robot",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PageSigns:
    """``licence``: of the Creative Commons, if the page is marked with an open one."""

    title: str
    text: str
    asks_password: bool
    refresh: str
    paid: bool
    licence: str

    @property
    def is_short(self) -> bool:
        return len(self.text) < SHORT

    @property
    def is_empty(self) -> bool:
        return len(self.text) < LEAST_TEXT

    @property
    def says_missing(self) -> bool:
        beginning = f"{self.title} {self.text[:300]}"
        return self.is_short and bool(_MISSING.search(beginning))

    @property
    def asks_to_sign_in(self) -> bool:
        asked = self.asks_password or _SIGN_IN.search(f"{self.title} {self.text}")
        return self.paid or (self.is_short and bool(asked))

    @property
    def asks_for_browser(self) -> bool:
        return self.is_short and bool(_CHALLENGE.search(f"{self.title} {self.text}"))


def read_signs(content: bytes) -> PageSigns:
    markup = decode(content[:READ])
    title, text = _split_text(markup)
    refresh = _REFRESH.search(markup)
    licence = _LICENCE.search(markup)
    return PageSigns(
        title=title,
        text=text,
        asks_password=bool(_PASSWORD.search(markup)),
        refresh=html.unescape(refresh[1]) if refresh else "",
        paid=bool(_NOT_FREE.search(markup)),
        licence=_licence_name(licence) if licence else "",
    )


def have_same_text(one: bytes, other: bytes) -> bool:
    """Whether two versions of a page have the same text, but for a tenth of it."""
    first, second = (_shingles(read_signs(content).text) for content in (one, other))
    if not first or not second:
        return first == second
    return len(first & second) >= SAME * len(first | second)


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    if len(words) < SHINGLE:
        return {tuple(words)} if words else set()
    return {tuple(words[n : n + SHINGLE]) for n in range(len(words) - SHINGLE + 1)}


def _split_text(markup: str) -> tuple[str, str]:
    """Title and visible text."""
    title: list[str] = []
    shown: list[str] = []
    into: list[str] | None = shown
    unseen = ""
    position = 0
    for mark in _MARK.finditer(markup):
        if mark.start() < position:
            continue
        if into is not None:
            into += (markup[position : mark.start()], " ")
        end = markup.find("-->" if mark[2] is None else ">", mark.end())
        if end < 0:
            return _as_line(title), _as_line(shown)
        position = end + (3 if mark[2] is None else 1)
        name, closes = (mark[2] or "").lower(), bool(mark[1])
        if name in _UNSEEN and (not unseen or unseen == name):
            unseen = "" if closes else name
        into = None if unseen else title if name == "title" and not closes else shown
    if into is not None:
        into.append(markup[position:])
    return _as_line(title), _as_line(shown)


def _as_line(parts: list[str]) -> str:
    return " ".join(html.unescape("".join(parts)).split())


def _licence_name(found: re.Match[str]) -> str:
    if found[4]:
        return f"CC0 {found[4]}"
    return f"CC {found[2].upper()} {found[3]}"
