"""The public address of this site, and checks of addresses to redirect to."""

from __future__ import annotations

from fastapi import Request

from web.http.context import site_address


def site_of(request: Request) -> str:
    """Scheme and host of this site without a trailing slash, for feeds, references and papers: from
    the settings, else from the request."""
    return site_address(request)


def local_path(address: str, otherwise: str = "/") -> str:
    """``address`` if it is a path on this site, else ``otherwise``.

    Browsers read backslashes as slashes, and a path that begins with two slashes as another host.
    """
    is_path = address.startswith("/") and not address.startswith("//")
    return address if is_path and "\\" not in address and address.isprintable() else otherwise
