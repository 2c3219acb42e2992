"""Every route, the right it needs, and whether each role is let in or refused."""

import re

import pytest
from fastapi import params
from fastapi.routing import iter_route_contexts

from kb.access import PUBLIC, ROLES, Right, Role
from web.http.context import own_account
from web.http.security import UPLOADS

ANYBODY = """
GET /
GET /api/openapi.json
GET /robots.txt
GET /sitemap.xml
GET /sitemaps/{part}.xml
GET /opensearch.xml
GET /search
GET /search/references.{suffix}
GET /search/summary
GET /practices/references.{suffix}
GET /documents/references.{suffix}
GET /practices/feed.atom
GET /documents/feed.atom
GET /api/v1/documents
GET /practices/map
GET /places
POST /places
GET /activities
GET /compare
POST /compare
GET /compare/chosen
POST /compare/chosen
GET /compare.{format}
GET /scenarios
GET /scenarios.{format}
GET /network
GET /network/{profile_id}
GET /network/confirm/{token}
POST /network/confirm/{token}
GET /network/answer/{token}
POST /network/answer/{token}
GET /api/v1/network
GET /api/v1/network/{profile_id}
GET /practices
GET /practices/{practice_id}
GET /projects
GET /projects/feed.atom
GET /projects/{project_id}
GET /projects/{project_id}/download/{file}
GET /documents
GET /documents/starter
GET /documents/{document_id}
GET /documents/{document_id}/original
GET /documents/{document_id}/pages
GET /documents/{document_id}/pages/{number}
GET /documents/{document_id}/pages/{number}/thumbnail
GET /documents/{document_id}/pages/{number}/image
GET /{listed}/{item_id}/references.{suffix}
GET /feed.atom
GET /oai
POST /oai
POST /mcp
GET /catalog.{suffix}
GET /data/{file}
GET /magazine
GET /magazine/feed.atom
GET /magazine/subscribe
POST /magazine/subscribe
GET /magazine/subscribe/sent
GET /magazine/confirm/{token}
POST /magazine/confirm/{token}
GET /news/leave/{token}
POST /news/leave/{token}
GET /magazine/leave/{token}
POST /magazine/leave/{token}
GET /magazine/{number}
GET /magazine/{number}/press
GET /magazine/{number}/issue.epub
GET /magazine/{number}/issue.pdf
GET /collections
GET /collections/{collection_id}
GET /collections/{collection_id}/cover
GET /practices/{practice_id}/picture/{size}
GET /practices/{practice_id}/press
GET /practices/{practice_id}/sheet.{format}
GET /collections/{collection_id}/dossier.pdf
GET /collections/{collection_id}/feed.atom
GET /collections/{collection_id}/event.ics
GET /accessibility
GET /privacy
GET /credits
GET /about/corpus
GET /contribute
GET /contribute/error
POST /contribute/error
GET /contribute/practice
POST /contribute/practice
GET /paths
GET /paths/{path_id}
GET /paths/{path_id}/units/{unit_id}
POST /paths/{path_id}/units/{unit_id}
GET /records/{code}
GET /records/{code}/record.pdf
GET /records/issuer
GET /records/keys
GET /records/keys/{key_id}
GET /records/{code}/badge.jwt
GET /archive
GET /calendar
GET /calendar.ics
GET /calendar.atom
GET /collections/{collection_id}/photographs/{photograph_id}/{size}
GET /collections/{collection_id}/enrol
POST /collections/{collection_id}/enrol
GET /enrolments/{token}
POST /enrolments/{token}
POST /enrolments/{token}/confirm
GET /certificates/{code}
GET /certificates/{code}/certificate.pdf
GET /about
GET /about/{slug}
GET /login
POST /login
POST /logout
GET /login/openid
GET /login/openid/return
GET /invitations/{token}
POST /invitations/{token}
GET /api
GET /api/docs
GET /api/v1/search
GET /api/v1/practices
GET /api/v1/practices/{practice_id}
GET /api/v1/projects
GET /api/v1/projects/{project_id}
GET /api/v1/projects/{project_id}/download/{file}
GET /api/v1/documents/{document_id}
GET /api/v1/documents/{document_id}/pages
GET /api/v1/documents/{document_id}/pages/{number}
GET /api/v1/collections
GET /api/v1/collections/{collection_id}
GET /api/v1/events
GET /api/v1/paths
GET /api/v1/paths/{path_id}
GET /api/v1/magazine
GET /api/v1/magazine/{number}
GET /api/v1/vocabularies
GET /api/v1/vocabularies/{vocabulary}
GET /api/v1/places
GET /api/v1/places/{code}
GET /health
GET /health/live
GET /health/ready
"""
"""What is found depends on who asks, tried in ``test_hidden_things``; asking is open to all."""

SIGNED_IN = """
POST /enrolments/{token}/account
POST /paths/{path_id}/record
GET /network/profile/data.json
GET /account
POST /account
POST /account/mails
GET /account/data.zip
POST /account/erase
POST /account/password
POST /account/sessions/close
POST /account/tokens
POST /account/tokens/{token_id}/revoke
"""

OPERATOR = """
POST /api/v1/admin/check
POST /api/v1/admin/optimize
"""
"""For `kb` on the same machine; everybody else is told that there is nothing."""

RIGHTS = {
    Right.SUMMARIES: """
POST /search/summary
POST /api/v1/summaries
""",
    Right.NOTES: """
GET /questions
POST /questions
POST /questions/{saved_id}/delete
POST /questions/{saved_id}/read
POST /follows
GET /news
POST /judgements
GET /api/v1/questions
GET /api/v1/questions/{saved_id}
POST /api/v1/questions
DELETE /api/v1/questions/{saved_id}
POST /api/v1/questions/{saved_id}/read
GET /api/v1/judgements
PUT /api/v1/judgements
GET /worksheets
GET /worksheets/new
POST /worksheets
GET /worksheets/{worksheet_id}.{format}
GET /worksheets/{worksheet_id}
POST /worksheets/{worksheet_id}
POST /worksheets/{worksheet_id}/renew
POST /worksheets/{worksheet_id}/scenarios/delete
POST /scenarios
POST /worksheets/{worksheet_id}/delete
GET /network/profile
POST /network/profile
POST /network/profile/confirm
POST /network/profile/delete
GET /network/ask
POST /network/ask
GET /network/requests
POST /network/requests/{request_id}
GET /direction
GET /direction/counted
POST /direction
POST /direction/{line_id}/end
POST /direction/{line_id}/ideas
GET /api/v1/network/profile
PUT /api/v1/network/profile
DELETE /api/v1/network/profile
POST /api/v1/network/profile/confirm
GET /api/v1/network/requests
POST /api/v1/network/requests
POST /api/v1/network/requests/{request_id}/answer
""",
    Right.PROJECTS: """
GET /projects/new
POST /projects
GET /projects/{project_id}/edit/{section}
POST /projects/{project_id}/edit/{section}
POST /projects/{project_id}/stage
POST /projects/{project_id}/card
POST /projects/{project_id}/visibility
POST /projects/{project_id}/delete
GET /projects/{project_id}/members
POST /projects/{project_id}/members
POST /projects/{project_id}/lead
POST /projects/{project_id}/accept
POST /projects/{project_id}/members/{member_id}/leave
POST /projects/{project_id}/members/{member_id}/part
GET /projects/{project_id}/indicators/{indicator_id}
POST /projects/{project_id}/indicators/{indicator_id}
POST /projects/{project_id}/indicators/{indicator_id}/retire
GET /projects/{project_id}/indicators/{indicator_id}/measure
POST /projects/{project_id}/indicators/{indicator_id}/measure
POST /api/v1/projects
PATCH /api/v1/projects/{project_id}
DELETE /api/v1/projects/{project_id}
POST /api/v1/projects/{project_id}/stage
PUT /api/v1/projects/{project_id}/visibility
POST /api/v1/projects/{project_id}/accept
POST /api/v1/projects/{project_id}/members
PATCH /api/v1/projects/{project_id}/members/{member_id}
DELETE /api/v1/projects/{project_id}/members/{member_id}
POST /api/v1/projects/{project_id}/indicators
PUT /api/v1/projects/{project_id}/indicators/{indicator_id}
POST /api/v1/projects/{project_id}/indicators/{indicator_id}/retire
POST /api/v1/projects/{project_id}/indicators/{indicator_id}/measurements
""",
    Right.CHECK: """
POST /projects/{project_id}/measures/{measure_id}/decide
POST /api/v1/projects/{project_id}/measurements/{measurement_id}/checks
""",
    Right.DOCUMENTS: """
POST /practices/{practice_id}/sources/fetch
GET /upload
POST /upload
GET /upload/progress
GET /upload/progress/all
GET /upload/progress/{document_id}
GET /documents/to-confirm
GET /documents/selected
POST /documents/selected
POST /documents/selected/delete
POST /documents/{document_id}/guesses
GET /unanswered
POST /unanswered/settle
GET /work
GET /work-line
GET /documents/{document_id}/work
GET /documents/{document_id}/edit
POST /documents/{document_id}/edit
GET /documents/{document_id}/delete
POST /documents/{document_id}/delete
POST /documents/{document_id}/retry
POST /documents/{document_id}/cancel
GET /documents/{document_id}/versions
POST /documents/{document_id}/versions
POST /documents/{document_id}/versions/withdraw
GET /documents/{document_id}/versions/{number}/original
GET /documents/{document_id}/versions/{number}/pages/{page}
GET /documents/{document_id}/versions/{number}/pages/{page}/image
POST /api/v1/documents
PATCH /api/v1/documents/{document_id}
DELETE /api/v1/documents/{document_id}
GET /api/v1/documents/{document_id}/versions
GET /api/v1/documents/{document_id}/versions/{number}/pages
POST /api/v1/documents/{document_id}/versions
POST /api/v1/documents/{document_id}/confirm
POST /api/v1/documents/{document_id}/retry
POST /api/v1/documents/{document_id}/cancel
""",
    Right.PRACTICES: """
GET /drafts
GET /drafts/to-check
GET /drafts/{revision_id}
GET /drafts/{revision_id}/{step_id}
POST /drafts/{revision_id}/{step_id}
POST /drafts/{revision_id}/recall
POST /drafts/{revision_id}/delete
GET /practices/new
POST /practices/new
GET /practices/{practice_id}/edit
POST /practices/{practice_id}/edit
GET /practices/{practice_id}/history
GET /practices/{practice_id}/picture
POST /practices/{practice_id}/picture
POST /practices/{practice_id}/picture/remove
GET /review/{revision_id}
POST /documents/{document_id}/pages/{number}/take
GET /sources
GET /practices/{practice_id}/sources
GET /practices/{practice_id}/figures
GET /practices/{practice_id}/figures/{key}
POST /practices/{practice_id}/figures/{key}/take
GET /documents/{document_id}/candidates
POST /documents/{document_id}/candidates/discard
POST /documents/{document_id}/candidates/restore
GET /api/v1/practices/{practice_id}/revisions
""",
    Right.REVIEW: """
GET /contributions
POST /contributions/{contribution_id}
GET /review
POST /review/{revision_id}
GET /magazine/{number}/preview
POST /magazine/{number}/review
POST /practices/{practice_id}/withdraw
""",
    Right.COLLECTIONS: """
POST /magazine/new
POST /magazine/{number}/send
GET /magazine/{number}/edit
POST /magazine/{number}/edit
POST /magazine/{number}/publish
GET /desk
GET /desk/requests/{request_id}
POST /desk/requests/{request_id}
GET /network/new
POST /network/new
GET /network/{profile_id}/edit
POST /network/{profile_id}/edit
POST /network/{profile_id}/delete
POST /api/v1/network
PUT /api/v1/network/{profile_id}
DELETE /api/v1/network/{profile_id}
GET /collections/new
POST /collections/new
POST /collections/preview
GET /collections/add
POST /collections/add
GET /collections/{collection_id}/edit
POST /collections/{collection_id}/edit
GET /collections/{collection_id}/contents
POST /collections/{collection_id}/contents
GET /paths/{path_id}/questions
POST /paths/{path_id}/questions
GET /paths/{path_id}/questions/{question_id}/edit
POST /paths/{path_id}/questions/{question_id}/edit
POST /paths/{path_id}/questions/units/{unit_id}/event
POST /paths/{path_id}/questions/{question_id}/remove
GET /collections/{collection_id}/photographs
POST /collections/{collection_id}/photographs
POST /collections/{collection_id}/photographs/{photograph_id}
GET /collections/{collection_id}/participants
POST /collections/{collection_id}/participants
GET /collections/{collection_id}/participants.{format}
GET /collections/{collection_id}/delete
POST /collections/{collection_id}/delete
""",
    Right.ADMINISTER: """
GET /magazine/subscribers
POST /magazine/subscribers
POST /magazine/subscribers/erase
GET /admin/accounts
POST /admin/accounts
POST /admin/accounts/{account_id}/link
POST /admin/accounts/{account_id}/role
POST /admin/accounts/{account_id}/board
POST /admin/accounts/{account_id}/disable
POST /admin/accounts/{account_id}/enable
GET /about/{slug}/edit
POST /about/{slug}/edit
GET /about/{slug}/versions
GET /admin/audit
GET /admin/audit.csv
GET /api/v1/audit
GET /metrics
""",
}
ASKED_INSIDE = {"GET /metrics"}
"""Lets a token of the settings in too, so it asks for the right itself."""

NEEDS: dict[str, Right | str] = {
    **dict.fromkeys(filter(None, ANYBODY.splitlines()), "anybody"),
    **dict.fromkeys(filter(None, SIGNED_IN.splitlines()), "signed in"),
    **dict.fromkeys(filter(None, OPERATOR.splitlines()), "operator"),
    **{route: right for right, listed in RIGHTS.items() for route in listed.split("\n") if route},
}
WEAKER = {Right.REVIEW: {Right.PRACTICES}, Right.DOCUMENTS: {Right.PRACTICES}}
"""Rights that a router demands of all its routes beside the one listed."""
SMALL_FILES = {"POST /magazine/subscribers"}
"""Their files are lists of addresses, tens of thousands of which are not a large body."""


def declared(application):
    """Route and what its dependencies demand, for every route of the application."""
    for route in iter_route_contexts(application.app.routes):
        if route.path is None or route.path == "/static":
            continue
        found = set(_demands(route.dependant)) if hasattr(route, "dependant") else set()
        for method in route.methods - {"HEAD"}:
            yield f"{method} {route.path}", found


def _demands(dependant):
    for one in dependant.dependencies:
        if hasattr(one.call, "right"):
            yield one.call.right
        elif one.call is own_account:
            yield "signed in"
        elif getattr(one.call, "__name__", "") == "_only_operator":
            yield "operator"
        yield from _demands(one)


def test_every_route_is_listed_with_what_it_demands(application):
    found = dict(declared(application))
    assert set(found) == set(NEEDS)
    for route, demands in found.items():
        need = NEEDS[route]
        wanted = set() if need == "anybody" or route in ASKED_INSIDE else {need}
        assert demands - WEAKER.get(need, set()) == wanted, route


def test_every_route_with_a_file_takes_large_bodies_from_those_who_may(application):
    takers = set(_with_a_file(application)) - SMALL_FILES
    assert takers
    for route in takers:
        path = re.sub(r"{\w+}", "1", route.split()[1])
        assert [right for told, right in UPLOADS if told.fullmatch(path)] == [NEEDS[route]], route


def _with_a_file(application):
    for route in iter_route_contexts(application.app.routes):
        if hasattr(route, "dependant") and _takes_file(route.dependant):
            yield from (f"{method} {route.path}" for method in route.methods)


def _takes_file(dependant):
    own = any(isinstance(one.field_info, params.File) for one in dependant.body_params)
    return own or any(map(_takes_file, dependant.dependencies))


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "anonymous")
def test_each_role_gets_as_far_as_it_may(client, sign_in, role):
    access = ROLES[role] if role else PUBLIC
    for route, need in NEEDS.items():
        method, path = route.split()
        browser = sign_in(role) if role else client
        answer = browser.request(
            method, re.sub(r"{\w+}", "1", path), follow_redirects=False,
            headers={"Accept": "text/html"},
        )  # fmt: skip
        if need == "operator":
            assert answer.status_code == 404, route
        elif _may(access, need, role):
            assert answer.status_code not in (401, 403, 500), route
            assert not answer.headers.get("location", "").startswith("/login?"), route
        elif role is None and not path.startswith("/api/"):
            assert answer.status_code == 303, route
            assert answer.headers["location"].startswith("/login?next="), route
        else:
            assert answer.status_code == (403 if role else 401), route
        browser.cookies.clear()


def _may(access, need, role):
    if isinstance(need, Right):
        return access.may(need)
    return need == "anybody" or role is not None
