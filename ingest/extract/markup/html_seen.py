"""Recognise elements of a web page that are not content: hidden ones, banners, menus, edit
links."""

from __future__ import annotations

import re
from collections.abc import Mapping

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
SILENT = frozenset(
    "script style noscript template svg iframe object annotation annotation-xml canvas audio video"
    " datalist textarea rp".split()
)
ASIDE = frozenset("nav footer aside form select dialog menu".split())
CLOSED_BY_SIBLING = frozenset("p li dt dd tr td th option thead tbody tfoot".split())
MAIN = frozenset({"main", "article"})

ASIDE_ROLES = frozenset(
    "navigation contentinfo search menu menubar dialog alertdialog tablist".split()
)
ASIDE_CLASSES = frozenset(
    "breadcrumb breadcrumbs navbar nav-menu main-menu menu sitemap pagination pager share sharing"
    " social social-share share-buttons social-links related related-posts newsletter advert"
    " advertisement widget-area navbox catlinks toc navigation-not-searchable printfooter".split()
)
UNSEEN_CLASSES = frozenset(
    "visually-hidden visuallyhidden sr-only screen-reader-text screenreader-only skip-link"
    " skiplink skiplinks skip-links skip-to-content mw-jump-link mw-editsection noprint headerlink"
    " header-anchor heading-anchor anchorjs-link permalink is-hidden u-hidden element-invisible"
    " d-print-block print-only footnote-backref footnote-back reversefootnote".split()
)
_DISPLAYED_AGAIN = re.compile(
    r"(?:^|\s)(?:d-(?:sm|md|lg|xl|xxl)-|(?:sm|md|lg|xl|2xl):)"
    r"(?:block|flex|grid|inline|inline-block|inline-flex|table|table-row|table-cell)\b"
)
_NOT_DISPLAYED = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all)",
    re.IGNORECASE,
)
_BANNER = re.compile(
    r"(?:cookie|consent|gdpr|privacy)[\w-]*?(?:banner|bar|notice|popup|pop-up|modal|overlay|law|box"
    r"|message|alert|disclaimer|layer|wrapper|container|dialog|manager|toast|prompt|info)"
    r"|(?:banner|bar|notice|popup|modal|overlay|dialog|toast)[\w-]*?(?:cookie|consent|gdpr)"
    r"|^(?:cookies?|onetrust[\w-]*|iubenda-cs[\w-]*|cybotcookie\w*|cc-window|cookiebot\w*|eu-cookie"
    r"[\w-]*|didomi[\w-]*|qc-cmp[\w-]*|usercentrics[\w-]*|klaro|cmplz[\w-]*|moove_gdpr\w*"
    r"|tarteaucitron\w*)$",
    re.IGNORECASE,
)
_POLICY = re.compile(r"policy|informativa", re.IGNORECASE)

Attributes = Mapping[str, str]


def is_unseen(tag: str, attributes: Attributes) -> bool:
    """Whether the element is hidden, or a cookie banner."""
    if "hidden" in attributes and attributes["hidden"].lower() != "until-found":
        return True
    if attributes.get("aria-hidden", "").strip().lower() == "true":
        return True
    if _NOT_DISPLAYED.search(attributes.get("style", "")):
        return True
    if "data-footnote-backref" in attributes:
        return True
    if tag == "dialog" and "open" not in attributes:
        return True
    return _has_unseen_class(tag, attributes) or _is_banner(attributes)


def is_aside(tag: str, attributes: Attributes) -> bool:
    """Whether the element is beside the content: navigation, sidebar, footer."""
    if tag in ASIDE or attributes.get("role", "").strip().lower() in ASIDE_ROLES:
        return True
    return is_named_aside(attributes) and tag not in MAIN | {"body", "html"}


def is_named_aside(attributes: Attributes) -> bool:
    names = {*attributes.get("class", "").lower().split(), attributes.get("id", "").lower()}
    return bool(names & ASIDE_CLASSES)


def _has_unseen_class(tag: str, attributes: Attributes) -> bool:
    value = attributes.get("class", "").lower()
    if not value:
        return False
    names = set(value.split())
    if names & UNSEEN_CLASSES:
        return not re.fullmatch(r"h[1-6]", tag)
    return bool(names & {"d-none", "hidden"}) and not _DISPLAYED_AGAIN.search(value)


def _is_banner(attributes: Attributes) -> bool:
    names = [*attributes.get("class", "").split(), attributes.get("id", "")]
    return any(_BANNER.search(name) and not _POLICY.search(name) for name in names)


class Unseen:
    """Follows the tags inside a hidden element in order to find its end."""

    def __init__(self) -> None:
        self._root = ""
        self._inside: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._root)

    def begin(self, tag: str) -> None:
        if tag not in VOID:
            self._root, self._inside = tag, []

    def start(self, tag: str) -> bool:
        """Handle a start tag inside it. False if the element ended before this tag, or if the tag
        is the main part of the page, which is then shown."""
        ended = tag == self._root and tag in CLOSED_BY_SIBLING and not self._inside
        if ended or tag in MAIN or tag == "body":
            self._root = ""
            return False
        if tag not in VOID and tag not in CLOSED_BY_SIBLING:
            self._inside.append(tag)
        return True

    def end(self, tag: str) -> bool:
        """Handle an end tag inside it. False if it ends an element around the hidden one."""
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass
        elif tag == self._root:
            self._root = ""
        elif tag not in CLOSED_BY_SIBLING and tag not in VOID and self._root in CLOSED_BY_SIBLING:
            self._root = ""
            return False
        return True
