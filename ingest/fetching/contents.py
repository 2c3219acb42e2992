"""What was found at an address, by what the bytes are and not by what the site calls them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import httpx

from ingest.extract.formats import SUFFIXES
from ingest.extract.sniff import HEAD, is_pdf, is_web_page
from ingest.fetching.page_signs import READ, PageSigns, read_signs
from ingest.fetching.refusal import NotFetched
from ingest.fetching.visit import Visited
from kb.messages import N_
from kb.storage.sources import SourceState

LONGEST_NAME = 150
"""Characters of a file name."""
PAGE_SUFFIXES = frozenset({".html", ".htm"})
_SIGN_IN_PATH = re.compile(
    r"(?:^|[/._-])(?:log-?in|sign-?in|signon|sso|saml2?|oauth2?|cas|accedi|accesso|anmelden|"
    r"connexion|authenticate|autenticazione|wp-login|idp|openid)(?:$|[/._-])|^consent\.",
    re.IGNORECASE,
)
_NAMED = re.compile(r"filename\*?\s*=\s*(?:UTF-8'[\w-]*')?\"?([^\";]{1,300})", re.IGNORECASE)
_INDEX = re.compile(r"/?(?:index|home|default|main)?(?:\.\w{2,5})?/?$|/(?:it|en|de|fr|es)/?$", re.I)


@dataclass(frozen=True)
class Contents:
    """``signs``: of a web page; None for a file."""

    filename: str
    signs: PageSigns | None

    @property
    def is_page(self) -> bool:
        return self.signs is not None


def read_contents(path: Path, cited: httpx.URL, visited: Visited) -> Contents:
    """Look at what was fetched from a cited address.

    Raises:
        NotFetched: it is not what was cited: a page for signing in, a notice that it is missing.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        is_page = not is_pdf(path) and is_web_page(head)
        signs = read_signs(head + file.read(READ)) if is_page else None
    if not head:
        raise NotFetched(SourceState.REFUSED, N_("The site sent an empty file."))
    if signs is not None:
        _require_readable(signs, cited, visited.answer.url)
    return Contents(_file_name(visited, is_page=is_page), signs)


def leads_to(contents: Path) -> str:
    """The address to which a page without text of its own sends its readers, or empty."""
    with contents.open("rb") as file:
        head = file.read(HEAD)
        if not is_web_page(head):
            return ""
        signs = read_signs(head + file.read(READ))
    return signs.refresh if signs.is_short else ""


def _require_readable(signs: PageSigns, cited: httpx.URL, final: httpx.URL) -> None:
    if signs.asks_for_browser:
        raise NotFetched(
            SourceState.WALL,
            N_("The site lets only browsers in: download it in a browser and upload it."),
        )
    if _leads_to_sign_in(cited, final) or signs.asks_to_sign_in:
        raise NotFetched(
            SourceState.WALL,
            N_("The page asks to sign in or to pay: read it there, or ask for a copy."),
        )
    if signs.says_missing or _leads_home(cited, final):
        raise NotFetched(
            SourceState.GONE,
            N_("A page came that says it is not there any more: look for its new address."),
        )
    if _names_file(cited):
        raise NotFetched(
            SourceState.WALL,
            N_(
                "A web page came instead of the file that is cited: open the address, download the"
                " file and upload it."
            ),
        )
    if signs.is_empty:
        raise NotFetched(
            SourceState.REFUSED,
            N_("The page has no text without its scripts: save it as PDF and upload it."),
        )


def _leads_to_sign_in(cited: httpx.URL, final: httpx.URL) -> bool:
    if cited == final:
        return False
    found = any(_SIGN_IN_PATH.search(part) for part in (final.host, final.path))
    return found and not any(_SIGN_IN_PATH.search(part) for part in (cited.host, cited.path))


def _leads_home(cited: httpx.URL, final: httpx.URL) -> bool:
    """Whether a redirect led from a page of a site to a home page."""
    same = (cited.host, cited.path.rstrip("/")) == (final.host, final.path.rstrip("/"))
    return (
        not same
        and not _INDEX.fullmatch(cited.path)
        and bool(_INDEX.fullmatch(final.path))
        and not final.query
    )


def _names_file(cited: httpx.URL) -> bool:
    suffix = PurePosixPath(cited.path).suffix.lower()
    return suffix in SUFFIXES and suffix not in PAGE_SUFFIXES


def _file_name(visited: Visited, *, is_page: bool) -> str:
    """A name for the file, with a suffix that fits web pages."""
    named = _NAMED.search(visited.answer.headers.get("content-disposition", ""))
    path = visited.answer.url.path.rstrip("/")
    given = unquote(named[1]) if named else PurePosixPath(path).name or visited.answer.url.host
    name = re.sub(r"[\x00-\x1f\x7f/\\:]+", "-", given).strip(" .")[-LONGEST_NAME:] or "source"
    if is_page and PurePosixPath(name).suffix.lower() not in PAGE_SUFFIXES:
        return f"{name}.html"
    return name
