"""The key that signs badges: made when it is first needed, kept in the database.

RS256 (RFC 7518), which every verifier of Open Badges 3.0 knows.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import select

from kb.messages import N_, NotFound, TransientError
from kb.storage.db import Database
from kb.storage.paths import SigningKey

ALGORITHM = "RS256"
KEY_BITS = 2048
BADGES = "badges"
"""Purpose of the key; unique among keys."""


def sign(database: Database, header: dict[str, Any], claims: dict[str, Any], key_url: str) -> str:
    """The claims as a compact JWS. ``key_url``: address under which the public key stands, without
    the key's id at its end."""
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    row = _load_or_make(database)
    head = {"alg": ALGORITHM, "kid": f"{key_url}/{row.id}", **header}
    return jwt.encode(head, claims, RSAKey.import_key(row.private_key), algorithms=[ALGORITHM])


def list_public_keys(database: Database) -> list[dict[str, Any]]:
    """The public keys as JWK (RFC 7517), the oldest first."""
    with database.session() as session:
        rows = session.scalars(
            select(SigningKey).where(SigningKey.purpose == BADGES).order_by(SigningKey.made_at)
        ).all()
    return [_public(row) for row in rows]


def require_public_key(database: Database, id: str) -> dict[str, Any]:
    """A public key as JWK. Raises NotFound."""
    with database.session() as session:
        row = session.get(SigningKey, id)
    if row is None or row.purpose != BADGES:
        raise NotFound()
    return _public(row)


def _public(row: SigningKey) -> dict[str, Any]:
    from joserfc.jwk import RSAKey

    key = RSAKey.import_key(row.private_key)
    return {**key.as_dict(private=False), "kid": row.id, "alg": ALGORITHM, "use": "sig"}


def _load_or_make(database: Database) -> SigningKey:
    """The present key; of two processes that make the first one, both use that of the earlier.

    Raises TransientError if the first one could not be kept.
    """
    from joserfc.jwk import RSAKey

    present = select(SigningKey).where(SigningKey.purpose == BADGES)
    with database.session() as session:
        found = session.scalars(present).one_or_none()
    if found is not None:
        return found
    key = RSAKey.generate_key(KEY_BITS)
    made = SigningKey(
        id=key.thumbprint(), purpose=BADGES, private_key=key.as_pem(private=True).decode()
    )
    with suppress(TransientError), database.transaction() as session:
        session.add(made)
    with database.session() as session:
        found = session.scalars(present).one_or_none()
    if found is None:
        raise TransientError(N_("The key that signs badges could not be kept: try again."))
    return found
