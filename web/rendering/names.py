"""Labels of roles, rights, kinds of events, stages of projects, browsers and operating systems."""

from __future__ import annotations

from kb.access import Right, Role
from kb.domain import Visibility
from kb.messages import N_
from kb.periodical.texts import EntryKind
from kb.storage.collections import EventType
from kb.storage.periodical import IssueState
from kb.storage.projects import Stage
from kb.storage.subscriptions import DeliveryState

ROLES = {
    Role.MEMBER: N_("Member"),
    Role.OFFICER: N_("Municipal officer"),
    Role.RESEARCHER: N_("Researcher"),
    Role.CURATOR: N_("Curator"),
    Role.ADMIN: N_("Administrator"),
}
VISIBILITIES = {
    Visibility.PUBLIC: N_("Everybody"),
    Visibility.MEMBERS: N_("Members only"),
    Visibility.RESEARCHERS: N_("Researchers only"),
}
RIGHTS = {
    Right.NOTES: N_("keep questions, judgements and worksheets of one's own"),
    Right.SUMMARIES: N_("have results summarised by a language model, where one is set up"),
    Right.DOCUMENTS: N_("add, change and remove documents"),
    Right.PRACTICES: N_("write practice cards"),
    Right.REVIEW: N_("approve the cards of others"),
    Right.PROJECTS: N_("begin projects and take part in those of others"),
    Right.CHECK: N_("check what the projects of others have measured"),
    Right.COLLECTIONS: N_("make collections"),
    Right.ADMINISTER: N_("administer accounts and the installation"),
}

STAGES = {
    Stage.IDEA: N_("Idea"),
    Stage.UNDERSTAND: N_("Understand"),
    Stage.ADAPT: N_("Adapt"),
    Stage.RUN: N_("Run"),
    Stage.MEASURED: N_("Measured"),
    Stage.STOPPED: N_("Stopped"),
}
"""Of projects."""

ISSUE_STATES = {
    IssueState.DRAFT: N_("Draft"),
    IssueState.PROPOSED: N_("Waits for approval"),
    IssueState.APPROVED: N_("Approved"),
    IssueState.PUBLISHED: N_("Published"),
}
DELIVERY_STATES = {
    DeliveryState.WAITING: N_("Waiting"),
    DeliveryState.SENDING: N_("Being sent"),
    DeliveryState.SENT: N_("Sent"),
    DeliveryState.REFUSED: N_("Refused by the mail server"),
    DeliveryState.INTERRUPTED: N_("Interrupted: not sent again, for it may have arrived"),
    DeliveryState.CANCELLED: N_("Left before it was sent"),
    DeliveryState.BOUNCED: N_("Came back"),
}
ENTRY_KINDS = {
    EntryKind.PRACTICE: N_("Practice"),
    EntryKind.PROJECT: N_("Project"),
    EntryKind.DOCUMENT: N_("Document"),
    EntryKind.COLLECTION: N_("Collection or event"),
    EntryKind.NOTE: N_("Note"),
}
"""Of an issue."""
EVENT_TYPES = {
    EventType.WORKSHOP: N_("Workshop"),
    EventType.MASTER: N_("Master's course"),
    EventType.SEMINAR: N_("Seminar"),
    EventType.MEETING: N_("Meeting"),
    EventType.PUBLIC_MEETING: N_("Public meeting"),
    EventType.CAMPAIGN: N_("Campaign"),
    EventType.STUDY: N_("Study"),
    EventType.PRESS: N_("Press"),
}

BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
"""Browser by a token of its user agent, in the order to test: later tokens occur in earlier
browsers' user agents too."""
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def device_name(user_agent: str) -> str:
    """Browser and operating system by their usual names, else the user agent itself."""
    found = [
        next((name for mark, name in known.items() if mark in user_agent), "")
        for known in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or user_agent
