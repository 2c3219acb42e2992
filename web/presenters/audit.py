"""Entries of the audit log as sentences in the reader's language, with a link to the subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Role
from kb.domain import Status
from kb.messages import N_
from kb.storage.accounts import Account, AuditEntry
from kb.storage.collections import Collection
from kb.storage.history import RemovedItem
from kb.storage.revisions import PracticeRevision
from kb.storage.tables import Item
from web.presenters.audit_words import ACTIONS, FIELDS, UNKNOWN
from web.rendering.i18n import Locale
from web.rendering.names import ROLES
from web.rendering.titles import title_of


@dataclass(frozen=True)
class Thing:
    """The subject of an entry. ``url`` is empty if it no longer exists."""

    name: str
    url: str = ""
    language: str = ""


@dataclass(frozen=True)
class AuditLine:
    """An entry for display: ``who``, ``before``, ``thing`` and ``after`` make one sentence."""

    at: datetime
    who: str
    account: str
    before: str
    thing: Thing
    after: str
    subject_id: str

    @property
    def sentence(self) -> str:
        return f"{self.who} {self.before}{self.thing.name}{self.after}".strip()


def present_entries(
    session: Session, entries: Sequence[AuditEntry], reader: Locale
) -> list[AuditLine]:
    """Present entries, keeping their order."""
    things = _load_things(session, entries, reader)
    names = _full_names(session, {entry.account_id for entry in entries if entry.account_id})
    return [_line(entry, things, names, reader) for entry in entries]


def action_labels(reader: Locale, known: Iterable[str]) -> list[tuple[str, str]]:
    """Code and label of every action that occurs in the log, by label."""
    labels = [(code, _label(code, reader)) for code in known]
    return sorted(labels, key=lambda pair: pair[1].casefold())


def _label(code: str, reader: Locale) -> str:
    return reader.gettext(ACTIONS[code][0]) if code in ACTIONS else code


def _line(
    entry: AuditEntry, things: Mapping[str, Thing], names: Mapping[str, str], reader: Locale
) -> AuditLine:
    sentence = ACTIONS[entry.action][1] if entry.action in ACTIONS else UNKNOWN
    before, _, after = reader.gettext(sentence).partition("{thing}")
    known = _parameters(entry, things, reader)
    named = str(entry.details.get("title") or entry.details.get("filename") or "")
    thing = things.get(entry.subject_id) or Thing(_quoted(named) if named else "")
    if "{thing}" not in sentence:
        thing = Thing("")
    elif not thing.name:
        thing = Thing(reader.gettext(N_("something that was removed")))
    who = names.get(entry.account_id or "") or entry.account_name
    return AuditLine(
        at=entry.at,
        who=who or reader.gettext(N_("The operator")),
        account=entry.account_name,
        before=before.format(**known),
        thing=thing,
        after=after.format(**known),
        subject_id=entry.subject_id,
    )


def _parameters(entry: AuditEntry, things: Mapping[str, Thing], reader: Locale) -> dict[str, str]:
    details = entry.details
    item = str(details.get("item", ""))
    return {
        "action": entry.action,
        "fields": _label_fields(details, reader),
        "name": _quoted(str(details.get("name", ""))),
        "role": _role(details.get("role"), reader),
        "was": _role(details.get("was"), reader),
        "number": str(details.get("number", "")),
        "file": _quoted(str(details.get("filename", ""))),
        "text": _quoted(str(details.get("text", ""))),
        "alt": _quoted(str(details.get("alt", ""))),
        "author": str(details.get("author", "")),
        "licence": str(details.get("licence", "")),
        "item": things[item].name if item in things else "",
    }


def _label_fields(details: Mapping[str, Any], reader: Locale) -> str:
    """Labels of the changed fields, in the order of the entry."""
    fields = details.get("fields") or details.get("changed") or ()
    names = [reader.gettext(FIELDS[name]) if name in FIELDS else str(name) for name in fields]
    if not names:
        return reader.gettext(N_("the data"))
    if len(names) == 1:
        return names[0]
    conjunction = reader.gettext(N_("and"))
    return f"{', '.join(names[:-1])} {conjunction} {names[-1]}"


def _role(value: object, reader: Locale) -> str:
    known = {role.value: label for role, label in ROLES.items()}
    return reader.gettext(known[str(value)]).lower() if value in list(Role) else str(value or "")


def _quoted(text: str) -> str:
    return f"«{text}»" if text else ""


def _full_names(session: Session, ids: set[str]) -> dict[str, str]:
    rows = session.execute(select(Account.id, Account.full_name).where(Account.id.in_(ids)))
    return dict(iter(rows))


def _load_things(
    session: Session, entries: Sequence[AuditEntry], reader: Locale
) -> dict[str, Thing]:
    """The subject of each entry, by id; a removed one keeps its title and has no link."""
    ids = {entry.subject_id for entry in entries if entry.subject_id}
    ids |= {str(entry.details["item"]) for entry in entries if entry.details.get("item")}
    found: dict[str, Thing] = {}
    for account in session.scalars(select(Account).where(Account.id.in_(ids))):
        found[account.id] = Thing(account.full_name or account.name, "/admin/accounts")
    for revision in session.scalars(
        select(PracticeRevision).where(PracticeRevision.practice_id.in_(ids))
    ):
        title = title_of(revision.record, reader)
        text = title.text or revision.practice_id
        found[revision.practice_id] = Thing(_quoted(text), "", title.language)
    for gone in session.scalars(select(RemovedItem).where(RemovedItem.id.in_(ids))):
        found[gone.id] = Thing(_quoted(gone.title), "", gone.language)
    for item in session.scalars(
        select(Item).where(Item.id.in_(ids), Item.status != Status.DELETED)
    ):
        title = title_of(item, reader)
        found[item.id] = Thing(_quoted(title.text), f"/{item.kind}s/{item.id}", title.language)
    for one in session.scalars(select(Collection).where(Collection.id.in_(ids))):
        title = title_of(one, reader)
        found.setdefault(
            one.id, Thing(_quoted(title.text), f"/collections/{one.id}", title.language)
        )
    return found
