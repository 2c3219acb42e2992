"""The sections of a card's story as screens name them, and the anchors and names of a
card's indexed passages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb.messages import N_
from kb.practices.passage_headings import BY_HEADING
from kb.practices.terms import StoryPart
from web.rendering.i18n import Locale


@dataclass(frozen=True)
class StorySection:
    """``heading`` on the card, ``hint`` in its form, ``evidence`` where a quotation is taken."""

    heading: str
    hint: str
    evidence: str


STORY: Mapping[StoryPart, StorySection] = {
    StoryPart.PROBLEM: StorySection(
        N_("Problem"), N_("How things stood before."), N_("evidence of the problem")
    ),
    StoryPart.SOLUTION: StorySection(
        N_("Solution"),
        N_("What was done, step by step, and who decided it."),
        N_("evidence of the solution"),
    ),
    StoryPart.RESOURCES: StorySection(
        N_("Resources"),
        N_("Money, people, means, and where they came from."),
        N_("evidence of the resources"),
    ),
    StoryPart.CONDITIONS: StorySection(
        N_("Conditions"),
        N_("What must be there for it to work elsewhere."),
        N_("evidence of the conditions"),
    ),
    StoryPart.LIMITS: StorySection(
        N_("Limits"),
        N_("What did not work, and what was not measured."),
        N_("evidence of the limits"),
    ),
    StoryPart.LESSONS: StorySection(
        N_("Lessons"),
        N_("What to take away: one or two sentences."),
        N_("evidence of the lessons"),
    ),
}
"""One row per section, in the order of ``StoryPart``."""
STORY_HEADINGS: Mapping[str, str] = {part.value: section.heading for part, section in STORY.items()}


def section_anchor(heading: str) -> str:
    """The anchor of the section of a card's page in which the words of the passage with this
    heading stand; empty for a heading of a document."""
    row = BY_HEADING.get(heading)
    return row.anchor if row else ""


def field_label(heading: str, reader: Locale) -> str:
    """The name on screen of the field that a card's passage with this heading holds."""
    row = BY_HEADING.get(heading)
    return reader.gettext(row.label) if row else heading
