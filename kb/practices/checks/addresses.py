"""Addresses of a card's sources, contacts and reusable texts: each leads to the publisher's own
page about the matter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from kb.messages import N_
from kb.practices.checks.findings import error, warning
from kb.practices.figure_rules import entries
from kb.practices.older_records import OPENED
from kb.practices.validation import Finding

COPY_SITES = frozenset(
    "coek cupdf docplayer docsity docslib documents doczz dokumen edoc epdf fdocument fdocumenti "
    "fdocuments kipdf libgen nanopdf pdfcoffee pdfslide pdfslides qdoc sci-hub scribd silo "
    "slideplayer studylib studylibde studylibes studylibfr studylibit vdocument vdocuments "
    "vdocumenti vsip z-lib zlibrary".split()
)
"""Names, without the ending, of sites that offer copies of others' publications."""
_OTHERS_TOO = {"documents": "pub", "silo": "tips", "edoc": "pub"}
"""Endings of the names above that also are common names of other sites."""
VIEWERS = frozenset({"issuu", "yumpu", "slideshare", "calameo", "scoop"})
"""Sites where publishers show their own texts, and others show copies."""
SHORTENERS = frozenset(
    "amzn.to bit.ly bitly.com buff.ly cutt.ly dlvr.it fb.me goo.gl ift.tt is.gd j.mp lnkd.in ow.ly "
    "rb.gy rebrand.ly sco.lt short.gy shorturl.at t.co t.ly tiny.cc tinyurl.com trib.al u.nu v.gd "
    "wp.me".split()
)
_HOME = re.compile(
    r"^/?(?:(?:[a-z]{2}|[a-z]{2}-[a-z]{2}|index|home|default|homepage)?(?:\.\w{3,5})?/?){0,2}$",
    re.IGNORECASE,
)
_OFFICES = re.compile(
    r"info|uffici|segreteria|protocollo|comune|urp|contatt|contact|office|mail|post|ambiente|"
    r"servizi|service|sportello|direzion|presidenza|stampa|press|team|hello|ciao",
    re.IGNORECASE,
)


def check_addresses(values: Mapping[str, Any]) -> Iterator[Finding]:
    for name in ("sources", "contact", "reuse"):
        for n, one in entries(values, name):
            if (url := one.get("url")) and isinstance(url, str):
                yield from _check_address((name, n, "url"), url, home_is_fine=name == "contact")
    for n, source in entries(values, "sources"):
        yield from _check_source(n, source)
    for n, contact in entries(values, "contact"):
        mailbox = str(contact.get("email") or "").partition("@")[0]
        if re.fullmatch(r"[^\W\d_]{2,}[._][^\W\d_]{2,}", mailbox) and not _OFFICES.search(mailbox):
            template = N_("This looks like the address of a person: give that of an office.")
            yield warning(("contact", n, "email"), template)
    if values.get("sources") and not values.get("contact"):
        template = N_("Nobody to ask is named: an office, or a page with its address.")
        yield warning(("contact",), template)


def _check_address(
    where: tuple[str | int, ...], url: str, *, home_is_fine: bool
) -> Iterator[Finding]:
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    names = host.split(".")
    if _is_copy_site(names):
        template = N_(
            "“{host}” offers copies of others' publications: give the address at the publisher."
        )
        yield error(where, template, host=host)
    elif host in SHORTENERS or (host.startswith("google.") and parts.path == "/url"):
        template = N_(
            "“{host}” hides where the address leads: give the address of the page itself."
        )
        yield error(where, template, host=host)
    elif VIEWERS & set(names[:-1]):
        template = N_("“{host}” shows texts of many publishers: give the publisher's own page.")
        yield warning(where, template, host=host)
    elif not home_is_fine and not parts.query and _HOME.match(parts.path):
        template = N_("This is a home page, not the page where the fact stands.")
        yield warning(where, template)


def _is_copy_site(names: list[str]) -> bool:
    return any(
        name in COPY_SITES and names[-1] == _OTHERS_TOO.get(name, names[-1]) for name in names[:-1]
    )


def _check_source(n: int, source: Mapping[str, Any]) -> Iterator[Finding]:
    if source.get("title") and not source.get("url") and not source.get("document"):
        template = N_("This source has no address: readers cannot follow it.")
        yield warning(("sources", n, "url"), template)
    if source.get("accessed") in OPENED and not source.get("read_on"):
        template = N_("Say when this source was read.")
        yield warning(("sources", n, "read_on"), template)
