"""The form of a profile as a value, with validation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from kb.accounts.accounts import check_email
from kb.domain import Visibility
from kb.messages import N_, Message, PermanentError
from kb.storage.network import Profile, ProfileKind
from kb.vocabulary import vocabularies

CONSENT_VERSION = "2026-11"
"""Increase with every change of ``CONSENT_TEXT``."""
CONSENT_TEXT = N_(
    "I agree that the fields I tick are shown to those named under “Who may see it”, are found by "
    "searches and are compared with what people ask for, until I untick them or delete the profile."
)
NEEDED = ("name", "offers")
"""Fields without whose consent nobody finds the profile."""
FIELDS = (*NEEDED, "seeks", "themes", "languages", "municipality", "known")
"""Fields that are shown only with consent."""
NAME_LENGTH = 200
TEXT_LENGTH = 2000
MOST_LANGUAGES = 12
MOST_KNOWN = 20


@dataclass(frozen=True)
class RecordedAgreement:
    """With whom a curator agreed that a profile is entered, when, and how."""

    by: str = ""
    on: date | None = None
    how: str = ""

    def problems(self, today: date) -> dict[str, Message]:
        found: dict[str, Message] = {}
        if not self.by:
            found["agreed_by"] = Message(N_("Say who agreed: first and last name, and office."))
        if self.on is None:
            found["agreed_on"] = Message(N_("Say on which day they agreed."))
        elif self.on > today:
            found["agreed_on"] = Message(
                N_("This day is still to come: enter the profile once they have agreed.")
            )
        if not self.how:
            found["agreed_how"] = Message(
                N_("Say how they agreed: by which letter, mail or conversation.")
            )
        return found


@dataclass(frozen=True)
class ProfileForm:
    """The values of the form. ``shown``: fields with consent."""

    kind: ProfileKind = ProfileKind.PERSON
    name: str = ""
    offers: str = ""
    seeks: str = ""
    themes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    municipality: str | None = None
    known: tuple[str, ...] = ()
    visibility: Visibility = Visibility.MEMBERS
    email: str = ""
    shown: tuple[str, ...] = ()

    @classmethod
    def of(cls, profile: Profile) -> ProfileForm:
        return cls(
            kind=profile.kind,
            name=profile.name,
            offers=profile.offers,
            seeks=profile.seeks,
            themes=tuple(profile.themes),
            languages=tuple(profile.languages),
            municipality=profile.municipality,
            known=tuple(profile.known),
            visibility=profile.visibility,
            email=profile.email,
            shown=tuple(profile.consents),
        )

    def problems(self, existing: Collection[str]) -> dict[str, Message]:
        """Validation errors by field. ``existing``: which of ``known`` are in the base."""
        found = self._problems_of_texts()
        if unknown := [slug for slug in self.themes if slug not in vocabularies.load("themes")]:
            found["themes"] = Message(N_("There is no theme “{name}”."), {"name": unknown[0][:100]})
        if len(self.languages) > MOST_LANGUAGES:
            found["languages"] = Message(N_("At most {most} languages."), {"most": MOST_LANGUAGES})
        if gone := [one for one in self.known if one not in existing]:
            found["known"] = Message(
                N_("There is no practice or project “{name}”: give the address of its page."),
                {"name": gone[0][:100]},
            )
        elif len(self.known) > MOST_KNOWN:
            found["known"] = Message(
                N_("At most {most}: those that they know best."), {"most": MOST_KNOWN}
            )
        if self.visibility is Visibility.RESEARCHERS:
            found["visibility"] = Message(N_("A profile is for members or for everyone."))
        return found

    def _problems_of_texts(self) -> dict[str, Message]:
        found: dict[str, Message] = {}
        if not self.name:
            found["name"] = Message(N_("A profile needs a name."))
        if not self.offers:
            found["offers"] = Message(N_("Say what you can help with: it is what others look for."))
        for name, most in (("name", NAME_LENGTH), ("offers", TEXT_LENGTH), ("seeks", TEXT_LENGTH)):
            if len(getattr(self, name)) > most:
                too_long = N_("Too long: at most {max_length} characters.")
                found[name] = Message(too_long, {"max_length": most})
        try:
            check_email(self.email)
        except PermanentError as error:
            found["email"] = error.message
        return found
