"""Open the content store that the settings name."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from kb.constants import MEGABYTE
from kb.settings import Settings
from kb.storage.folder_originals import FolderOriginals
from kb.storage.local_copies import LocalCopies
from kb.storage.object_errors import BucketPlace
from kb.storage.object_originals import ObjectOriginals, open_bucket
from kb.storage.originals import Originals

AMAZON = "https://s3.{region}.amazonaws.com"
ANY_REGION = "us-east-1"
"""What services that have no regions expect in signatures."""


def open_originals(settings: Settings) -> Originals:
    """The store of ``KB_FILES_URL``. Nothing is read or asked yet, see ``require_usable``."""
    if settings.files_url is None:
        return FolderOriginals(settings.originals_dir, several_writers=not settings.embedded)
    parts = urlsplit(settings.files_url)
    if parts.scheme == "file":
        return FolderOriginals(Path(unquote(parts.path)), mounted=True)
    region = settings.files_region or ANY_REGION
    endpoint = (settings.files_endpoint or AMAZON.format(region=region)).rstrip("/")
    place = BucketPlace(parts.netloc, unquote(parts.path).strip("/"), endpoint)
    path_style = settings.files_path_style and settings.files_endpoint is not None
    store = open_bucket(place, region, _key_of(settings), path_style=path_style)
    limit = settings.files_cache_mb * MEGABYTE
    return ObjectOriginals(store, place, LocalCopies(settings.cache_dir / "originals", limit))


def _key_of(settings: Settings) -> tuple[str, str] | None:
    key, secret = settings.files_access_key_id, settings.files_secret_access_key
    return (key.get_secret_value(), secret.get_secret_value()) if key and secret else None
