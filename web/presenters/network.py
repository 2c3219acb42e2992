"""Profiles and the reasons for which they are named, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind
from kb.messages import N_
from kb.network.profiles import VisibleProfile, find_known
from kb.places import municipalities
from kb.storage.network import ProfileKind, RequestState
from kb.storage.tables import Item
from kb.vocabulary import vocabularies
from search.network_peers import Peer
from web.presenters.similarity import present_similarity
from web.rendering.i18n import Locale
from web.rendering.titles import title_of

KINDS: Mapping[ProfileKind, str] = {
    ProfileKind.PERSON: N_("Person"),
    ProfileKind.BODY: N_("Body or firm"),
}
STATES: Mapping[RequestState, str] = {
    RequestState.ASKED: N_("waiting for an answer"),
    RequestState.ACCEPTED: N_("accepted"),
    RequestState.DECLINED: N_("declined"),
    RequestState.LAPSED: N_("lapsed without an answer"),
}


@dataclass(frozen=True)
class KnownItem:
    """A practice or project that a profile knows, with the address of its page."""

    title: str
    language: str
    url: str


@dataclass(frozen=True)
class ProfileView:
    """A profile with its codes as words, and the reasons for which it is named."""

    profile: VisibleProfile
    kind: str
    place: str
    languages: tuple[str, ...]
    known: tuple[KnownItem, ...]
    reasons: tuple[str, ...] = ()


def present_profiles(
    session: Session, access: Access, profiles: Sequence[VisibleProfile], reader: Locale
) -> list[ProfileView]:
    items = find_known(session, access, {id for one in profiles for id in one.known})
    return [_present(one, items, reader) for one in profiles]


def present_peers(
    session: Session, access: Access, peers: Sequence[Peer], reader: Locale
) -> list[ProfileView]:
    items = find_known(session, access, {id for one in peers for id in one.profile.known})
    return [
        _present(one.profile, items, reader, tuple(_say_reasons(one, items, reader)))
        for one in peers
    ]


def _present(
    profile: VisibleProfile,
    items: Mapping[str, Item],
    reader: Locale,
    reasons: tuple[str, ...] = (),
) -> ProfileView:
    place = municipalities.find(profile.municipality or "")
    return ProfileView(
        profile,
        reader.gettext(KINDS[profile.kind]),
        f"{place.name} ({place.province})" if place else "",
        tuple(reader.language(code) for code in profile.languages),
        tuple(known_item(items[id], reader) for id in profile.known if id in items),
        reasons,
    )


def known_item(item: Item, reader: Locale) -> KnownItem:
    folder = {Kind.PRACTICE: "practices", Kind.DOCUMENT: "documents"}.get(item.kind, "projects")
    title = title_of(item, reader)
    return KnownItem(title.text, title.language, f"/{folder}/{item.id}")


def _say_reasons(peer: Peer, items: Mapping[str, Item], reader: Locale) -> Iterable[str]:
    say = reader.gettext
    if peer.words:
        yield say(N_("Says: “{words}”")).format(words=peer.words)
    if peer.theme:
        label = vocabularies.label("themes", peer.theme, reader.code)
        yield say(N_("Same theme: {theme}")).format(theme=label)
    if peer.similarity:
        alike = present_similarity(peer.similarity, reader).similar
        yield say(N_("Similar municipality: {reasons}")).format(reasons=", ".join(alike))
    if peer.same_province:
        yield say(N_("In the same province"))
    for one in peer.practices:
        if one in items:
            title = title_of(items[one], reader).text
            yield say(N_("Knows “{title}”, which answers this")).format(title=title)
