"""Create and change collections. Each change increments the revision, sets the time and is
audited."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.collections.contents import EntryRow, Rows, find_row, list_rows, store_rows
from kb.collections.covers import Cover
from kb.collections.enrolments import require_nobody_enrolled
from kb.collections.forms import About
from kb.domain import Visibility
from kb.messages import N_, PermanentError
from kb.storage.accounts import AuditEntry
from kb.storage.collections import (
    Collection,
    CollectionImage,
    CollectionSection,
    CollectionState,
)
from kb.storage.pictures import EventPhotograph
from kb.storage.tables import now
from kb.text.slugs import slugify

SLUG_LENGTH = 60
"""Characters of an id before a number that makes it unique."""


class CollectionConflict(PermanentError):
    """The collection was changed by someone else since it was opened for editing."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Somebody changed this collection while you were editing it. What you wrote is "
                "still here: compare it with the present collection, then save again."
            )
        )


def create_collection(session: Session, access: Access, about: About) -> Collection:
    """Create an empty collection with an id derived from its title."""
    collection = Collection(
        id=find_free_id(session, about.title),
        created_by=access.account_id,
        revision=1,
        edited_here=True,
    )
    _write_about(collection, about)
    session.add(collection)
    session.flush()
    audit.record_event(session, access, "collection.create", collection.id, title=about.title)
    return collection


def change_collection(
    session: Session, access: Access, collection: Collection, about: About, revision: int
) -> None:
    """Write the form's values.

    Raises:
        CollectionConflict: ``revision`` is not the present one.
        PermanentError: enrolment would end, or the kind change, while people are enrolled; or an
            event with photographs, or that is part of a path, would become something else.
    """
    lock(session, collection, revision)
    before = About.of(collection)
    if before == about:
        return
    if before.places is not None and about.places is None:
        require_nobody_enrolled(session, collection)
    if about.kind is not before.kind:
        _require_no_path(session, collection)
        _require_no_photographs(session, collection)
    _write_about(collection, about)
    touch(collection)
    verb = _audit_verb(before.state, about.state)
    changed = [name for name, value in vars(about).items() if value != getattr(before, name)]
    audit.record_event(session, access, f"collection.{verb}", collection.id, changed=changed)


def _require_no_path(session: Session, collection: Collection) -> None:
    """Raises PermanentError if attendance at the event is part of a path: units that ask for it
    would be done without."""
    of_event = CollectionSection.event_id == collection.id
    path = session.scalars(select(Collection).join(CollectionSection).where(of_event)).first()
    if path is not None:
        raise PermanentError(
            N_("This event is part of the training path “{title}”: take it out of there first."),
            title=path.title,
        )


def _require_no_photographs(session: Session, collection: Collection) -> None:
    """Raises PermanentError if the event has photographs: nothing else shows them."""
    of_event = EventPhotograph.collection_id == collection.id
    if session.scalars(select(EventPhotograph.id).where(of_event).limit(1)).first():
        raise PermanentError(
            N_("This event has photographs, which only events show: remove them first.")
        )


def _audit_verb(before: CollectionState, after: CollectionState) -> str:
    if before == after:
        return "change"
    return "publish" if after is CollectionState.PUBLISHED else "withdraw"


def set_image(
    session: Session, access: Access, collection: Collection, cover: Cover | None, alt: str
) -> None:
    """Set the image's description and, with ``cover``, replace the image."""
    image = collection.image
    if cover is not None:
        image = image or CollectionImage()
        image.sha256, image.content = cover.sha256, cover.content
        collection.image = image
    if image is None or (cover is None and image.alt == alt):
        return
    image.alt = alt
    touch(collection)
    audit.record_event(session, access, "collection.cover", collection.id)


def remove_image(session: Session, access: Access, collection: Collection) -> None:
    """Remove the uploaded image; a drawing is shown instead."""
    if collection.image is not None:
        collection.image = None
        touch(collection)
        audit.record_event(session, access, "collection.cover", collection.id)


def arrange_items(
    session: Session, access: Access, collection: Collection, rows: Rows, revision: int
) -> None:
    """Replace order, notes and headings of the contents.

    Raises:
        CollectionConflict: ``revision`` is not the present one.
    """
    lock(session, collection, revision)
    if store_rows(collection, rows):
        touch(collection)
        session.flush()
        audit.record_event(session, access, "collection.arrange", collection.id)


def add_item(
    session: Session, access: Access, collection: Collection, item_id: str, note: str
) -> bool:
    """Append an item; ``False`` if it is in the collection already."""
    lock(session, collection)
    rows = list_rows(collection)
    if find_row(rows, EntryRow(item_id).key) is not None:
        return False
    store_rows(collection, (*rows, EntryRow(item_id, note)))
    touch(collection)
    audit.record_event(session, access, "collection.add", collection.id, item=item_id)
    return True


def delete_collection(session: Session, access: Access, collection: Collection) -> None:
    """Delete it. Raises PermanentError while people are enrolled in it or have certificates, or
    while it is the event of a path."""
    require_nobody_enrolled(session, collection)
    _require_no_path(session, collection)
    session.delete(collection)
    published = collection.state is CollectionState.PUBLISHED
    audit.record_event(
        session,
        access,
        "collection.delete",
        collection.id,
        title=collection.title,
        public=published and collection.visibility is Visibility.PUBLIC,
    )


def list_deleted_public(session: Session, ids: Iterable[str]) -> frozenset[str]:
    """Those of the missing collections that everybody could read until they were deleted."""
    query = select(AuditEntry.subject_id, AuditEntry.details).where(
        AuditEntry.action == "collection.delete", AuditEntry.subject_id.in_(list(ids))
    )
    last = {row[0]: row[1] for row in session.execute(query.order_by(AuditEntry.id))}
    return frozenset(one for one, details in last.items() if details.get("public"))


def lock(session: Session, collection: Collection, revision: int | None = None) -> None:
    """Lock the collection until the transaction ends.

    Raises:
        CollectionConflict: ``revision`` is not the present one.
    """
    session.flush()
    session.refresh(collection, with_for_update=True)
    if revision is not None and collection.revision != revision:
        raise CollectionConflict


def _write_about(collection: Collection, about: About) -> None:
    for name, value in vars(about).items():
        setattr(collection, name, value)


def touch(collection: Collection) -> None:
    """Note a change: the revision and the time of it."""
    collection.revision += 1
    collection.edited_here = True
    collection.updated_at = now()


def find_free_id(session: Session, title: str) -> str:
    """An id made of the title that no collection has."""
    slug = slugify(title, SLUG_LENGTH) or "collection"
    taken = session.scalar(select(Collection.id).where(Collection.id == slug))
    return f"{slug}-{uuid.uuid4().hex[:6]}" if taken or slug in RESERVED else slug


RESERVED = {"new", "add", "preview", "feed"}
"""Path segments that cannot be ids, because they have another meaning in addresses."""
