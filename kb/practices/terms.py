"""Closed lists of values of a practice's fields. Labels are in ``kb.vocabulary``."""

from __future__ import annotations

from enum import StrEnum


class PracticeStatus(StrEnum):
    RUNNING = "running"
    CONCLUDED = "concluded"
    STOPPED = "stopped"


class Outcome(StrEnum):
    POSITIVE = "positive"
    MIXED = "mixed"
    NULL = "null"
    CONTESTED = "contested"
    NEGATIVE = "negative"


class EvidenceLevel(StrEnum):
    """How reliable a figure is, best first."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"
    CONTESTED = "contested"


class Nature(StrEnum):
    """Kind of a result's number. Only ``MEASURED`` and ``ESTIMATED`` count as achieved."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    EXPECTED = "expected"
    TARGET = "target"


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    NEUTRAL = "neutral"


class SourceAccess(StrEnum):
    """How the writer of the card read a source."""

    READ = "read"
    EXCERPT = "excerpt"
    CITED = "cited"
    NOT_READ = "not-read"


class Territory(StrEnum):
    MOUNTAIN = "mountain"
    HILL = "hill"
    PLAIN = "plain"
    COAST = "coast"


class Trend(StrEnum):
    """Population trend over ten years."""

    GROWTH = "growth"
    STABLE = "stable"
    DECLINE = "decline"


class Economy(StrEnum):
    AGRICULTURE = "agriculture"
    INDUSTRY = "industry"
    SERVICES = "services"
    TOURISM = "tourism"
    MIXED = "mixed"


class Governance(StrEnum):
    """Who runs the practice."""

    MUNICIPALITY = "municipality"
    UNION = "union"
    PROVINCE = "province"
    REGION = "region"
    STATE = "state"
    FIRM = "firm"
    FIRM_NETWORK = "firm-network"
    THIRD_SECTOR = "third-sector"


class StoryPart(StrEnum):
    """The sections of a card's story, in order."""

    PROBLEM = "problem"
    SOLUTION = "solution"
    RESOURCES = "resources"
    CONDITIONS = "conditions"
    LIMITS = "limits"
    LESSONS = "lessons"


class CostKind(StrEnum):
    INVESTMENT = "investment"
    RUNNING = "running"
    FUNDING = "funding"
