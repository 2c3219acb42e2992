"""Where to lead people back to: only to pages of this site."""

from __future__ import annotations

from urllib.parse import urlsplit


def local_path(address: str, otherwise: str = "/") -> str:
    """The address, if it is a path on this site; browsers read backslashes as slashes."""
    parts = urlsplit(address.replace("\\", "/"))
    is_local = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    return address if is_local and "\\" not in address and address.isprintable() else otherwise
