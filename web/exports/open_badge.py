"""A record of completion as an Open Badge 3.0: an ``OpenBadgeCredential`` to be signed as a JWT.

Verifiable Credentials Data Model 2.0 and Open Badges 3.0 of 1EdTech, section "JSON Web Token Proof
Format": the credential with the registered claims ``iss``, ``jti``, ``sub`` and ``nbf`` is the
payload; ``kid`` is the address of the public key.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from kb.messages import N_
from kb.storage.paths import PathRecord
from web.rendering.i18n import Locale

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
SCHEMA = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)
ISSUER_NAME = "Terre Comuni"
HEADER = {"typ": "JWT"}


def describe_issuer(site: str) -> dict[str, Any]:
    """The profile of who issues badges; its id is its address."""
    return {
        "id": f"{site}/records/issuer",
        "type": ["Profile"],
        "name": ISSUER_NAME,
        "url": f"{site}/",
    }


def build_credential(
    record: PathRecord, site: str, reader: Locale, email: str = ""
) -> dict[str, Any]:
    """The credential of a record, in the reader's language, with the claims of the token.

    ``email``: of the person, to be given as a salted hash, so that who knows the address can tell
    that the badge is of the same person; empty: only the name identifies it.
    """
    address = f"{site}/records/{record.code}"
    subject = uuid.uuid5(uuid.NAMESPACE_URL, address).urn
    passed = record.passed_at.replace(microsecond=0)
    issuer = describe_issuer(site)
    return {
        "@context": list(CONTEXTS),
        "id": address,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": record.title,
        "issuer": issuer,
        "validFrom": passed.isoformat().replace("+00:00", "Z"),
        "credentialSubject": {
            "id": subject,
            "type": ["AchievementSubject"],
            "identifier": _identify(record, email),
            "achievement": _describe_achievement(record, site, reader),
        },
        "evidence": [
            {
                "id": address,
                "type": ["Evidence"],
                "name": reader.gettext(N_("Record of completion")),
            }
        ],
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
        "iss": issuer["id"],
        "jti": address,
        "sub": subject,
        "nbf": int(passed.timestamp()),
    }


def _identify(record: PathRecord, email: str) -> list[dict[str, Any]]:
    """``IdentityObject``: the name in clear, as the page of the record shows it, and the address as
    SHA-256 of itself in lower case and the salt."""
    found: list[dict[str, Any]] = [
        {
            "type": "IdentityObject",
            "hashed": False,
            "identityHash": record.name,
            "identityType": "name",
        }
    ]
    if email:
        salted = hashlib.sha256((email.strip().lower() + record.code).encode()).hexdigest()
        found.append(
            {
                "type": "IdentityObject",
                "hashed": True,
                "identityHash": f"sha256${salted}",
                "identityType": "emailAddress",
                "salt": record.code,
            }
        )
    return found


def _describe_achievement(record: PathRecord, site: str, reader: Locale) -> dict[str, Any]:
    """The path in the revision that was passed; each revision is an achievement of its own."""
    say = reader.gettext
    description = say(N_("Training path “{title}”, revision {revision}.")).format(
        title=record.title, revision=record.revision
    )
    if record.hours:
        hours = say(N_("Hours: {hours}")).format(hours=reader.number(record.hours))
        description = f"{description} {hours}"
    return {
        "id": f"{site}/paths/{record.path_id}#revision-{record.revision}",
        "type": ["Achievement"],
        "achievementType": "Course",
        "name": record.title,
        "description": description,
        "criteria": {"narrative": _word_criteria(record, reader)},
    }


def _word_criteria(record: PathRecord, reader: Locale) -> str:
    """Markdown: what was done in each unit."""
    say = reader.gettext
    first = say(N_("Each unit was read, and all its questions were answered rightly:"))
    lines = []
    for unit in record.units:
        asked = reader.ngettext(
            "{count} question", "{count} questions", len(unit["questions"])
        ).format(count=reader.number(len(unit["questions"])))
        lines.append(f"- {unit['title']} ({asked})")
    return "\n".join([first, "", *lines])
