"""Where this site is, for addresses that leave it: in feeds, references and printed papers."""

from __future__ import annotations

from fastapi import Request

from web.deps import services


def site_of(request: Request) -> str:
    """The address that the settings give it, or that it was reached under; no slash at the end."""
    return (services(request).settings.public_url or str(request.base_url)).rstrip("/")
