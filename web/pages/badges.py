"""Records of completion as Open Badges 3.0, and what verifies them: issuer and public keys."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from kb.access import PUBLIC
from kb.paths import progress, signing
from kb.storage.paths import PathRecord
from web.exports.open_badge import HEADER, build_credential, describe_issuer
from web.http.addresses import site_of
from web.http.context import ServicesDep, ViewDep
from web.http.limits import RateLimited, limited
from web.http.queues import QueuedWork, queued
from web.presenters.queries import find_collection
from web.rendering.i18n import Locale
from web.rendering.titles import title_of

router = APIRouter(prefix="/records", include_in_schema=False)
OPEN = {"Access-Control-Allow-Origin": "*"}
"""Verifiers run in browsers too."""


@router.get("/issuer")
def issuer(view: ViewDep) -> Response:
    """The profile of who issues badges (JSON-LD)."""
    return JSONResponse(describe_issuer(site_of(view.request)), headers=OPEN)


@router.get("/keys")
def keys(services: ServicesDep) -> Response:
    """The public keys that verify badges, as a JWK set."""
    found = {"keys": signing.list_public_keys(services.database)}
    return _answer(found, "application/jwk-set+json")


@router.get("/keys/{key_id}")
def key(key_id: str, services: ServicesDep) -> Response:
    """The public key that the ``kid`` of a badge points to, as a JWK."""
    found = signing.require_public_key(services.database, key_id)
    return _answer(found, "application/jwk+json")


@router.get(
    "/{code}/badge.jwt", dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)]
)
def badge(code: str, view: ViewDep, services: ServicesDep) -> Response:
    """The signed credential."""
    site = site_of(view.request)
    with services.database.session() as session:
        record = progress.require_record(session, code)
        events = _list_public_events(session, record, view.reader)
        credential = build_credential(record, site, view.reader, events)
    signed = signing.sign(services.database, HEADER, credential, f"{site}/records/keys")
    name = f'attachment; filename="badge-{code}.jwt"'
    return Response(
        signed, media_type="application/jwt", headers={**OPEN, "Content-Disposition": name}
    )


def _list_public_events(session: Session, record: PathRecord, reader: Locale) -> dict[str, str]:
    """Titles of the record's events that everybody may see, by id."""
    rows = (
        find_collection(session, PUBLIC, unit["event_id"])
        for unit in record.units
        if unit.get("event_id")
    )
    return {row.id: title_of(row, reader).text for row in rows if row is not None}


def _answer(content: Any, media_type: str) -> Response:
    return JSONResponse(content, headers=OPEN, media_type=media_type)
