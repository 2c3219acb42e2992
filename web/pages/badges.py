"""Records of completion as Open Badges 3.0, and what verifies them: issuer and public keys."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from kb.paths import progress, signing
from kb.storage.accounts import Account
from web.exports.open_badge import HEADER, build_credential, describe_issuer
from web.http.addresses import site_of
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.limits import RateLimited, limited

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


@router.get("/{code}/badge.jwt", dependencies=[limited(RateLimited.PAPER)])
def badge(code: str, view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """The signed credential. Whose record it is gets it with the own mail address as a hash."""
    site = site_of(view.request)
    with services.database.session() as session:
        record = progress.require_record(session, code)
        own = record.account_id is not None and record.account_id == access.account_id
        account = session.get(Account, record.account_id) if own else None
        email = account.email if account is not None else ""
        credential = build_credential(record, site, view.reader, email or "")
    signed = signing.sign(services.database, HEADER, credential, f"{site}/records/keys")
    name = f'attachment; filename="badge-{code}.jwt"'
    return Response(
        signed, media_type="application/jwt", headers={**OPEN, "Content-Disposition": name}
    )


def _answer(content: Any, media_type: str) -> Response:
    return JSONResponse(content, headers=OPEN, media_type=media_type)
