"""Reads the form of a profile into values, with errors by field."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from pydantic import BaseModel

from kb.domain import Visibility
from kb.messages import N_, Message, PermanentError
from kb.network.profile_form import FIELDS, ProfileForm, RecordedAgreement
from kb.places import municipalities
from kb.storage.network import Profile, ProfileKind
from kb.text.lines import one_line, several_lines
from web.forms.item_address import read_item_id
from web.forms.place_name import name_place, read_place_code

KINDS = {ProfileKind.PERSON: N_("A person"), ProfileKind.BODY: N_("A body or firm")}
VISIBILITIES = {
    Visibility.MEMBERS: N_("Members: who has an account here"),
    Visibility.PUBLIC: N_("Everyone, without an account too"),
}


class ProfileFields(BaseModel):
    """The submitted fields. ``known``: addresses or ids, one to a line."""

    kind: str = ProfileKind.PERSON.value
    name: str = ""
    offers: str = ""
    seeks: str = ""
    themes: list[str] = []
    languages: list[str] = []
    municipality: str = ""
    known: str = ""
    visibility: str = Visibility.MEMBERS.value
    email: str = ""
    shown: list[str] = []
    agreed_by: str = ""
    agreed_on: str = ""
    agreed_how: str = ""

    @classmethod
    def of(cls, profile: Profile) -> ProfileFields:
        place = municipalities.find(profile.municipality or "")
        return cls(
            kind=profile.kind,
            name=profile.name,
            offers=profile.offers,
            seeks=profile.seeks,
            themes=profile.themes,
            languages=profile.languages,
            municipality=name_place(place) if place else "",
            known="\n".join(profile.known),
            visibility=profile.visibility,
            email=profile.email,
            shown=list(profile.consents),
            agreed_by=profile.agreed_by,
            agreed_on=profile.agreed_on.isoformat() if profile.agreed_on else "",
            agreed_how=profile.agreed_how,
        )


@dataclass(frozen=True)
class ReadProfile:
    """``problems``: what was not understood, by field."""

    form: ProfileForm
    agreed: RecordedAgreement
    problems: dict[str, Message] = field(default_factory=dict)


def read_profile(sent: ProfileFields) -> ReadProfile:
    problems: dict[str, Message] = {}
    place = None
    try:
        place = read_place_code(one_line(sent.municipality))
    except PermanentError as error:
        problems["municipality"] = error.message
    form = ProfileForm(
        kind=ProfileKind(sent.kind) if sent.kind in list(ProfileKind) else ProfileKind.PERSON,
        name=one_line(sent.name),
        offers=several_lines(sent.offers),
        seeks=several_lines(sent.seeks),
        themes=tuple(dict.fromkeys(map(one_line, sent.themes))),
        languages=tuple(dict.fromkeys(one for one in sent.languages if len(one) == 2)),
        municipality=place,
        known=_read_known(sent.known),
        visibility=Visibility.PUBLIC
        if sent.visibility == Visibility.PUBLIC
        else Visibility.MEMBERS,
        email=one_line(sent.email),
        shown=tuple(name for name in FIELDS if name in sent.shown),
    )
    agreed = RecordedAgreement(
        one_line(sent.agreed_by)[:200],
        _read_day(sent.agreed_on, problems),
        one_line(sent.agreed_how),
    )
    return ReadProfile(form, agreed, problems)


def _read_known(text: str) -> tuple[str, ...]:
    lines = filter(None, map(one_line, text.splitlines()[:200]))
    return tuple(dict.fromkeys(map(read_item_id, lines)))


def _read_day(typed: str, problems: dict[str, Message]) -> date | None:
    if not typed.strip():
        return None
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        problems["agreed_on"] = Message(
            N_("Write the day as year-month-day, for example 2026-05-04.")
        )
        return None
