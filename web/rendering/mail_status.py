"""What the code of a mail server means, in words."""

from __future__ import annotations

import re

from kb.messages import N_

_ENHANCED = re.compile(r"\b[245]\.(\d{1,3})\.(\d{1,3})\b")
_SENDER = N_("the address of the sender is not accepted")
_BY_DETAIL = {
    ("1", "7"): _SENDER,
    ("1", "8"): _SENDER,
    ("2", "1"): N_("the mailbox is closed"),
    ("2", "2"): N_("the mailbox is full"),
    ("3", "4"): N_("the mail is too large for it"),
}
_BY_SUBJECT = {
    "1": N_("there is no such address"),
    "2": N_("the mailbox takes no mail"),
    "4": N_("its mail server cannot be reached"),
    "7": N_("its mail server takes no mail from here"),
}
_BY_CODE = {
    "550": N_("there is no such address"),
    "551": N_("there is no such address"),
    "552": N_("the mailbox is full"),
    "553": N_("there is no such address"),
}
OTHER = N_("the mail server refused it")


def explain_status(answer: str) -> str:
    """The msgid for an SMTP code, an enhanced status (RFC 3463) or both."""
    if found := _ENHANCED.search(answer):
        subject, detail = found.groups()
        return _BY_DETAIL.get((subject, detail)) or _BY_SUBJECT.get(subject, OTHER)
    return _BY_CODE.get(answer[:3], OTHER)
