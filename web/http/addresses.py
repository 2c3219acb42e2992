"""Addresses of this site: those that leave it, and those people may be led back to."""

from __future__ import annotations

from fastapi import Request

from web.http.context import services


def site_of(request: Request) -> str:
    """Where this site is, for feeds, references and papers: the address that the settings give
    it, or that it was reached under; no slash at the end."""
    return (services(request).settings.public_url or str(request.base_url)).rstrip("/")


def local_path(address: str, otherwise: str = "/") -> str:
    """The address, if it is a path on this site. Browsers read backslashes as slashes, and as many
    slashes as there are in front as two, behind which another site's name begins."""
    is_path = address.startswith("/") and not address.startswith("//")
    return address if is_path and "\\" not in address and address.isprintable() else otherwise
