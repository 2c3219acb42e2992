"""All checks of a card."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kb.practices.checks.addresses import check_addresses
from kb.practices.checks.figures import check_figures
from kb.practices.checks.places import check_places
from kb.practices.checks.status import check_status
from kb.practices.checks.summary import check_summary
from kb.practices.evidence_rules import evidence_rules
from kb.practices.validation import Finding


def check_card(values: Mapping[str, Any], today: date) -> list[Finding]:
    """What should be mended in a card, in the order of its fields as far as they have one."""
    return [
        *check_summary(values),
        *check_places(values),
        *check_status(values, today),
        *(Finding(rule.where, rule.message) for rule in evidence_rules(values)),
        *check_figures(values),
        *check_addresses(values),
    ]
