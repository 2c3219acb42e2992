"""Addresses of pages that stand where the id of a collection or a practice would."""

import re

from fastapi.routing import iter_route_contexts

from kb.collections.commands import RESERVED
from kb.practices.drafts import TAKEN_BY_PAGES


def names_beside_ids(application, prefix: str) -> set[str]:
    """The fixed steps of routes at the place where ``prefix/{…}`` has an id."""
    paths = [route.path or "" for route in iter_route_contexts(application.app.routes)]
    steps = {match[1] for path in paths if (match := re.match(rf"{prefix}/([^/]+)", path))}
    assert any(step.startswith("{") for step in steps), "no route with an id"
    return {step.partition(".")[0] for step in steps if not step.startswith("{")}


def test_no_collection_gets_the_address_of_a_page(application):
    assert names_beside_ids(application, "/collections") <= RESERVED


def test_no_practice_gets_the_address_of_a_page(application):
    assert names_beside_ids(application, "/practices") <= TAKEN_BY_PAGES
