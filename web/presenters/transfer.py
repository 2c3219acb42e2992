"""What an officer needs to take a practice over, in words: time, costs, state of the sources."""

from __future__ import annotations

from kb.messages import N_
from kb.practices.practice import Practice
from kb.practices.terms import PracticeStatus
from kb.vocabulary.vocabularies import label
from web.rendering.i18n import Locale

A_YEAR = 12
"""Months; longer spans are said in years where they are whole ones."""


def say_duration(practice: Practice, reader: Locale) -> str:
    """«18 mesi», «3 anni»; empty if unknown."""
    months = practice.duration
    if months is None:
        return ""
    if months and months % A_YEAR == 0:
        years = months // A_YEAR
        return reader.ngettext("{count} year", "{count} years", years).format(count=years)
    return reader.ngettext("{count} month", "{count} months", months).format(count=months)


def say_period(practice: Practice, reader: Locale) -> str:
    """«2007–2015», «dal 2007»: nobody knows of “today” what a source of 2015 says."""
    if practice.end is not None:
        return f"{practice.start}–{practice.end}"
    return reader.gettext(N_("since {year}")).format(year=practice.start)


def say_status(practice: Practice, reader: Locale) -> str:
    """The status; of a running practice with the year of which it is known."""
    word = label("statuses", practice.status, reader.code)
    if practice.status is not PracticeStatus.RUNNING or practice.known_until is None:
        return word
    return reader.gettext(N_("{status} (as of {year})")).format(
        status=word, year=practice.known_until
    )


def say_no_costs(practice: Practice, reader: Locale) -> str:
    """Why a card has no costs: the sources report none, or nobody has looked for one."""
    if practice.cost_not_reported:
        return reader.gettext(N_("Costs not reported by the sources"))
    return reader.gettext(N_("No cost has been found so far"))


def say_reading(practice: Practice, reader: Locale) -> str:
    """How far the sources were read, and when. A card is checked only as of whole readings."""
    say, state = reader.gettext, practice.reading
    if state.read and state.read_on:
        return say(N_("Last checked on {day}: {read} of {total} sources read whole.")).format(
            day=reader.date(state.read_on), read=state.read, total=state.total
        )
    if state.read:
        return say(N_("{read} of {total} sources read whole; it is not known when.")).format(
            read=state.read, total=state.total
        )
    if state.excerpts and state.opened_on:
        return say(
            N_("Sources read in part ({count} of {total}), the last on {day}; none whole.")
        ).format(count=state.excerpts, total=state.total, day=reader.date(state.opened_on))
    if state.excerpts:
        return say(N_("Sources read in part ({count} of {total}), none of them whole.")).format(
            count=state.excerpts, total=state.total
        )
    return say(N_("Sources cited, not read: nobody has opened them for this card."))
