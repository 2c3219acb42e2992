"""A record of completion as an Open Badge 3.0: an ``OpenBadgeCredential`` to be signed as a JWT.

Verifiable Credentials Data Model 2.0 and Open Badges 3.0 of 1EdTech, section "JSON Web Token Proof
Format": the credential with the registered claims ``iss``, ``jti``, ``sub`` and ``nbf`` is the
payload; ``kid`` is the address of the public key.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
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
    record: PathRecord, site: str, reader: Locale, events: Mapping[str, str]
) -> dict[str, Any]:
    """The credential of a record, in the reader's language, with the claims of the token.

    ``events``: titles of the events that everybody may see, by id. The name alone says whose it is:
    nobody has proved that the mail address of an account is its owner's.
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
            "identifier": _identify(record),
            "achievement": _describe_achievement(record, site, reader, events),
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


def _identify(record: PathRecord) -> list[dict[str, Any]]:
    """``IdentityObject``: the name in clear, as the page of the record shows it."""
    return [
        {
            "type": "IdentityObject",
            "hashed": False,
            "identityHash": record.name,
            "identityType": "name",
        }
    ]


def _describe_achievement(
    record: PathRecord, site: str, reader: Locale, events: Mapping[str, str]
) -> dict[str, Any]:
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
        "criteria": {"narrative": _word_criteria(record, reader, events)},
    }


def _word_criteria(record: PathRecord, reader: Locale, events: Mapping[str, str]) -> str:
    """Markdown: what was done in each unit."""
    first = reader.gettext(N_("What was done in each unit, with all questions answered rightly:"))
    lines = []
    for unit in record.units:
        done = ", ".join(_list_done(unit, reader, events))
        lines.append(f"- {unit['title']} ({done})" if done else f"- {unit['title']}")
    return "\n".join([first, "", *lines])


def _list_done(unit: Mapping[str, Any], reader: Locale, events: Mapping[str, str]) -> list[str]:
    """Of a unit: how many questions, and which event. The title of an event that not everybody may
    see stays out."""
    found = []
    if count := len(unit["questions"]):
        said = reader.ngettext("{count} question", "{count} questions", count)
        found.append(said.format(count=reader.number(count)))
    if title := events.get(unit.get("event_id", "")):
        found.append(reader.gettext(N_("attendance at “{title}”")).format(title=title))
    elif unit.get("event"):
        found.append(reader.gettext(N_("attendance at an event")))
    return found
