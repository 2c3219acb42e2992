"""Unicode equivalents of the characters in symbol fonts.

Symbol: encoding of Adobe's font (PDF Reference, D.5). Wingdings and similar fonts: the signs used
in documents (bullets, ticks, boxes, arrows, circled numbers).
"""

from __future__ import annotations

from collections.abc import Mapping

_SYMBOL_LOW = (
    " !∀#∃%&∍()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_"
    "‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
)
_SYMBOL_HIGH = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…|—↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊⟨®©™∑"
_SYMBOL: Mapping[int, str] = {
    **dict(enumerate(_SYMBOL_LOW, 0x20)),
    **dict(enumerate(_SYMBOL_HIGH, 0xA0)),
    0xF1: "⟩",
    0xF2: "∫",
}
_WINGDINGS: Mapping[int, str] = {
    0x22: "✂",
    0x28: "☎",
    0x29: "✆",
    0x2A: "✉",
    0x36: "⌛",
    0x46: "☞",
    0x4A: "☺",
    0x4C: "☹",
    0x6C: "●",
    0x6D: "❍",
    0x6E: "■",
    0x6F: "☐",
    0x70: "☐",
    0x71: "☐",
    0x72: "☐",
    0x73: "⬧",
    0x74: "⧫",
    0x75: "◆",
    0x76: "❖",
    0x77: "⬥",
    0x78: "☒",
    0x9E: "·",
    0x9F: "•",
    0xA0: "▪",
    0xA1: "○",
    0xA4: "◉",
    0xA7: "▪",
    0xA8: "☐",
    0xAB: "★",
    0xB6: "★",
    0xD8: "➢",
    0xDC: "➲",
    0xDF: "←",
    0xE0: "→",
    0xE1: "↑",
    0xE2: "↓",
    0xE7: "←",
    0xE8: "→",
    0xE9: "↑",
    0xEA: "↓",
    0xEF: "⇦",
    0xF0: "⇨",
    0xF1: "⇧",
    0xF2: "⇩",
    0xF3: "⇔",
    0xFB: "✗",
    0xFC: "✓",
    0xFD: "☒",
    0xFE: "☑",
    **{0x80 + n: sign for n, sign in enumerate("⓪①②③④⑤⑥⑦⑧⑨⑩")},
    **{0x8B + n: sign for n, sign in enumerate("⓿❶❷❸❹❺❻❼❽❾❿")},
}
_WINGDINGS_2: Mapping[int, str] = {
    0x4F: "✗",
    0x50: "✓",
    0x51: "☒",
    0x52: "☑",
    0x53: "☒",
    0x54: "☒",
    0x55: "⊗",
    0x56: "⊗",
    0x95: "•",
    0x96: "●",
    0x97: "•",
    0x98: "●",
    0x9F: "○",
    0xA1: "■",
    0xA2: "■",
    0xA3: "☐",
    0xA4: "☐",
    0xA5: "☐",
}
_WEBDINGS: Mapping[int, str] = {
    0x33: "◀",
    0x34: "▶",
    0x35: "▲",
    0x36: "▼",
    0x3D: "■",
    0x61: "✓",
    0x63: "☐",
    0x67: "■",
    0x6E: "●",
    0x72: "✗",
}
_FONTS: Mapping[str, Mapping[int, str]] = {
    "symbol": _SYMBOL,
    "opensymbol": _WINGDINGS,
    "starsymbol": _WINGDINGS,
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
    "webdings": _WEBDINGS,
    "segoe ui symbol": {},
}
PRIVATE = range(0xF000, 0xF100)
"""Private use characters by which word processors store symbol fonts."""


def is_symbol_font(font: str) -> bool:
    """Whether the font is a symbol font with a table here."""
    return font.lower() in ("symbol", "wingdings", "wingdings 2", "wingdings 3", "webdings")


def symbol(font: str, code: int) -> str:
    """The Unicode character for a code of a symbol font, with or without the offset 0xF000; empty
    if unknown."""
    known = _FONTS.get(font.lower(), {})
    low = code - PRIVATE.start if code in PRIVATE else code
    if low in known:
        return known[low]
    return "" if code in PRIVATE or is_symbol_font(font) or code < 0x20 else chr(code)


def symbol_text(font: str, text: str) -> str:
    """A text in a font, with characters of symbol fonts replaced by Unicode ones."""
    if is_symbol_font(font):
        return "".join(char if char.isspace() else symbol(font, ord(char)) for char in text)
    if not any(ord(char) in PRIVATE for char in text):
        return text
    named = font if font.lower() in _FONTS else "symbol"
    return "".join(
        symbol(named, ord(char)) or char if ord(char) in PRIVATE else char for char in text
    )
