"""The store of originals when a command or a process begins to use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import exists, select

from kb.domain import Kind
from kb.storage.folder_originals import FolderOriginals
from kb.storage.originals import FilesAway, Originals
from kb.storage.tables import Item

if TYPE_CHECKING:
    from kb.runtime.services import Services

log = structlog.get_logger()


def require_originals(services: Services) -> None:
    """To be called by a command before it uses the originals.

    Raises:
        ConfigurationError: their store cannot be used as it is configured.
        FilesAway: it does not answer.
    """
    with services.database.session() as session:
        filled = bool(session.scalar(select(exists().where(Item.kind == Kind.DOCUMENT))))
    services.originals.require_usable(filled=filled)


def look_at_originals(services: Services) -> None:
    """The same for a process that goes on without them until they are back.

    Raises:
        ConfigurationError: their store cannot be used as it is configured.
    """
    try:
        require_originals(services)
    except FilesAway as error:
        log.warning("the originals are away", reason=str(error))


def remove_leftovers(services: Services, *, alone: bool = False) -> None:
    """Delete what killed processes left: unfinished uploads, and files set aside while reading,
    which lie in the data folder wherever the originals are. Where this process does not begin
    ``alone``, only what is a day old."""
    places: list[Originals] = [services.originals]
    if services.settings.files_url is not None:
        places.append(FolderOriginals(services.settings.originals_dir))
    for one in places:
        try:
            one.remove_leftovers(alone=alone)
        except (FilesAway, OSError) as error:
            log.warning("unfinished uploads not removed", place=one.place, reason=str(error))
