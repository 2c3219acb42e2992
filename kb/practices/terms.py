"""The closed lists of a practice: what a field may say. Labels stand in ``kb.vocabulary``."""

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
    """How far a figure can be trusted, best first."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"
    CONTESTED = "contested"


class Nature(StrEnum):
    """What kind of number a result is. Only ``MEASURED`` and ``ESTIMATED`` were achieved."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    EXPECTED = "expected"
    TARGET = "target"


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    NEUTRAL = "neutral"


class SourceAccess(StrEnum):
    """How the writer of the card knows a source."""

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
    """Ten-year trend of the population."""

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
    """Who carries the practice."""

    MUNICIPALITY = "municipality"
    UNION = "union"
    PROVINCE = "province"
    REGION = "region"
    STATE = "state"
    FIRM = "firm"
    FIRM_NETWORK = "firm-network"
    THIRD_SECTOR = "third-sector"


class StoryPart(StrEnum):
    """The parts of a card's story, in order."""

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
