"""Context similarity in words: how the reader's place or firm compares with a practice's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.messages import N_
from kb.places import activities
from kb.practices.numbers import at_percent
from kb.vocabulary.vocabularies import label
from search.similarity.gower import Similarity, SimilarityReason, size_class
from search.similarity.viewpoint import FirmGrowth, FirmSize, Lens
from web.presenters.tiles import DEGURBA
from web.rendering.i18n import Locale

SIMILAR, DIFFERENT = 0.75, 0.4
"""Similarity (0..1) from which a variable is called similar, and up to which different."""
FAR = 0.4
"""Similarity (0..1) below which the whole context is called very different."""
MOST_WORDS = 4
"""Most reasons of a kind in one sentence."""
NOTABLE_RATIO = 1.5

VARIABLES: Mapping[str, str] = {
    "population": N_("Residents"),
    "density": N_("Residents per km²"),
    "elevation": N_("Elevation"),
    "degurba": N_("Degree of urbanisation"),
    "territory": N_("Territory"),
    "coast": N_("Coast"),
    "inner_area": N_("Inner area"),
    "economy": N_("Economy"),
    "trend": N_("Population trend"),
    "governance": N_("Run by"),
    "country": N_("Country"),
    "sector": N_("Activity"),
    "strand": N_("Strand"),
    "growth": N_("Growth of the firm"),
    "size": N_("Size of the firm"),
}
INNER_AREAS: Mapping[str, str] = {
    "A": N_("service centre"),
    "B": N_("service centre of several municipalities"),
    "C": N_("belt of a service centre"),
    "D": N_("intermediate inner area"),
    "E": N_("remote inner area"),
    "F": N_("most remote inner area"),
}
SIZES: Mapping[str, str] = {
    FirmSize.MICRO: N_("fewer than 10 employees"),
    FirmSize.SMALL: N_("10 to 49 employees"),
    FirmSize.MEDIUM: N_("50 to 249 employees"),
    FirmSize.LARGE: N_("250 employees or more"),
}
GROWTHS: Mapping[str, str] = {
    FirmGrowth.SHRINKING: N_("shrinking firm"),
    FirmGrowth.STABLE: N_("stable firm"),
    FirmGrowth.GROWING: N_("growing firm"),
    FirmGrowth.HIGH: N_("fast growing firm"),
}
LENSES: Mapping[Lens, str] = {
    Lens.GENERAL: N_("general"),
    Lens.DEMOGRAPHIC: N_("demographic"),
    Lens.TERRITORIAL: N_("territorial"),
    Lens.ECONOMIC: N_("economic"),
}
_LABELS: Mapping[str, Mapping[str, str]] = {
    "degurba": {str(code): name for code, name in DEGURBA.items()},
    "coast": {"yes": N_("coast"), "no": N_("not on the sea")},
    "inner_area": INNER_AREAS,
    "size": SIZES,
    "growth": GROWTHS,
}
_VOCABULARIES = {
    "territory": "territories",
    "economy": "economies",
    "trend": "trends",
    "governance": "governances",
    "strand": "strands",
}


@dataclass(frozen=True)
class SimilarityRow:
    """One variable: label, both values, and the verdict."""

    name: str
    mine: str
    theirs: str
    verdict: str


@dataclass(frozen=True)
class SimilarityView:
    """Similarity for display.

    ``summary`` is the value in words: a percentage only where enough is known for one.
    ``far`` is the label of a very different context, else empty.
    """

    summary: str
    known: int
    of: int
    similar: tuple[str, ...]
    different: tuple[str, ...]
    far: str
    rows: tuple[SimilarityRow, ...]
    missing: tuple[str, ...]


def present_similarity(found: Similarity, reader: Locale) -> SimilarityView:
    alike = [reason for reason in found.reasons if reason.similarity >= SIMILAR]
    unlike = [reason for reason in found.reasons if reason.similarity <= DIFFERENT]
    return SimilarityView(
        summary=_summarise(found, reader),
        known=found.known,
        of=found.of,
        similar=_word_reasons(alike, reader),
        different=_word_reasons(unlike, reader),
        far=_label_far(found, reader),
        rows=tuple(_row(reason, reader) for reason in found.reasons),
        missing=tuple(reader.gettext(VARIABLES[name]) for name in found.missing),
    )


def _label_far(found: Similarity, reader: Locale) -> str:
    if found.value is None or found.value >= FAR:
        return ""
    is_firm = "sector" in (*(reason.variable for reason in found.reasons), *found.missing)
    word = N_("very different context") if is_firm else N_("very different place")
    return reader.gettext(word)


def _summarise(found: Similarity, reader: Locale) -> str:
    if found.value is None:
        return reader.gettext(N_("Too little is known of both to compare them"))
    if found.is_number:
        share = at_percent(round(found.value * 100), reader.code)
        return reader.gettext(N_("Context {share} alike")).format(share=share)
    if found.value >= SIMILAR:
        return reader.gettext(N_("Similar context"))
    if found.value > FAR:
        return reader.gettext(N_("Context alike in part"))
    return reader.gettext(N_("Different context"))


def _word_reasons(reasons: Sequence[SimilarityReason], reader: Locale) -> tuple[str, ...]:
    """What is alike or different, worded for the middle of a sentence."""
    return tuple(_within(one, reader) for one in reasons[:MOST_WORDS])


def _within(reason: SimilarityReason, reader: Locale) -> str:
    words = _compare_in_words(reason, reader) or reason_in_words(
        reason.variable, reason.theirs, reader
    )
    return words if reason.variable == "country" and reason.similarity < 1 else _lower_first(words)


def _lower_first(words: str) -> str:
    return words[:1].lower() + words[1:]


def _compare_in_words(reason: SimilarityReason, reader: Locale) -> str:
    """The comparison of sizes and heights, and of equal countries; empty for what is said by the
    practice's own value."""
    say = reader.gettext
    if reason.variable == "country" and reason.similarity == 1:
        return say(N_("same country"))
    if reason.variable == "population":
        if size_class(float(reason.mine)) == size_class(float(reason.theirs)):
            return say(N_("same class of size"))
        return similarity_verdict(reason, reader) if reason.similarity <= DIFFERENT else ""
    if reason.variable == "elevation" and reason.similarity <= DIFFERENT:
        higher = float(reason.theirs) > float(reason.mine)
        words = N_("higher up ({value})") if higher else N_("lower down ({value})")
        return say(words).format(value=reason_in_words("elevation", reason.theirs, reader))
    return ""


def _row(reason: SimilarityReason, reader: Locale) -> SimilarityRow:
    return SimilarityRow(
        reader.gettext(VARIABLES[reason.variable]),
        reason_in_words(reason.variable, reason.mine, reader),
        reason_in_words(reason.variable, reason.theirs, reader),
        similarity_verdict(reason, reader),
    )


def similarity_verdict(reason: SimilarityReason, reader: Locale) -> str:
    """The verdict on a variable: same, similar, n times larger or smaller, different."""
    say = reader.gettext
    if reason.similarity == 1:
        return say(N_("same"))
    if reason.variable in ("population", "density"):
        mine, theirs = max(float(reason.mine), 1), max(float(reason.theirs), 1)
        ratio = max(mine, theirs) / min(mine, theirs)
        if ratio >= NOTABLE_RATIO:
            times = reader.number(round(ratio, 1 if ratio < 10 else 0))
            larger = say(N_("{times} times as large"))
            smaller = say(N_("{times} times smaller"))
            return (larger if theirs > mine else smaller).format(times=times)
    if reason.similarity >= SIMILAR:
        return say(N_("similar"))
    return say(N_("different")) if reason.similarity <= DIFFERENT else say(N_("partly similar"))


def reason_in_words(variable: str, value: float | str, reader: Locale) -> str:
    """A value with its unit or label; a value without a known label stays unchanged."""
    if variable in ("population", "density", "elevation"):
        return _measure(variable, round(float(value)), reader)
    if variable == "country":
        return reader.country(str(value))
    if variable == "sector":
        return "; ".join(_activity(code) for code in str(value).split())
    if variable in _VOCABULARIES:
        return label(_VOCABULARIES[variable], str(value), reader.code)
    code = str(int(value)) if isinstance(value, float) else str(value)
    return reader.gettext(_LABELS[variable].get(code, code))


def _measure(variable: str, value: int, reader: Locale) -> str:
    template = {
        "population": reader.ngettext("{count} resident", "{count} residents", value),
        "density": reader.gettext(N_("{count} residents per km²")),
        "elevation": reader.gettext(N_("{count} m a.s.l.")),
    }[variable]
    return template.format(count=reader.number(value))


def _activity(code: str) -> str:
    found = activities.activity(code)
    return found.title if found else code
