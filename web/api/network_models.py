"""What the JSON interface says of one's own profile and of requests, and what it takes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb.domain import Visibility
from kb.storage.network import ProfileKind, RequestState
from web.http.paging import NEXT

Given = Annotated[str, StringConstraints(max_length=4000)]
ShownField = Literal["name", "offers", "seeks", "themes", "languages", "municipality", "known"]
PROFILE: dict[str, Any] = {
    "kind": "body",
    "name": "Consorzio forestale",
    "offers": "Gestione di boschi comuni e filiera del legno",
    "themes": ["green-economy"],
    "languages": ["it"],
    "municipality": "Siena",
    "visibility": "public",
    "shown": ["name", "offers", "themes", "municipality"],
}


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProfileSent(_Sent):
    """A whole profile. Others see a field only while `shown` names it: without `name` and `offers`
    nobody finds the profile."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROFILE]})

    kind: ProfileKind = ProfileKind.PERSON
    name: Given
    offers: Given
    seeks: Given = ""
    themes: list[Given] = []
    languages: list[Annotated[str, StringConstraints(pattern="^[a-z]{2}$")]] = []
    municipality: Given = Field(default="", description="ISTAT code or name.")
    known: list[Given] = Field(
        default=[], max_length=200, description="Ids of practices and projects, or addresses."
    )
    visibility: Literal["members", "public"] = "members"
    shown: list[ShownField] = []


class EnteredProfile(ProfileSent):
    """A profile of somebody who agreed to it outside the base."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                PROFILE
                | {
                    "email": "info@consorzio.example",
                    "agreed_by": "Anna Rossi, direttrice",
                    "agreed_on": "2026-11-03",
                    "agreed_how": "lettera del 3 novembre",
                }
            ]
        }
    )

    email: Given | None = Field(
        default=None, description="Where requests go; never shown. Not sent: it stays as it is."
    )
    agreed_by: Given
    agreed_on: date
    agreed_how: Given


class OwnProfile(BaseModel):
    """The caller's own profile, or one that a curator entered, with what others do not see."""

    id: str
    kind: ProfileKind
    name: str
    offers: str
    seeks: str
    themes: list[str]
    languages: list[str]
    municipality: str | None = Field(description="ISTAT code.")
    known: list[str]
    visibility: Visibility
    shown: list[str] = Field(description="Fields that others may see.")
    missing: list[str] = Field(description="Fields without whose consent nobody finds it.")
    confirmed_at: datetime
    shown_until: datetime = Field(description="Confirm it before: then it is hidden.")


class NewRequest(_Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"profile_id": "", "question": "Chi ha già scritto un regolamento per l’albergo?"}
            ]
        }
    )

    profile_id: Annotated[str, StringConstraints(max_length=36)] = Field(
        default="", description="Empty for the operational unit."
    )
    question: Given
    tried: Given = Field(default="", description="What was tried so far.")
    gives_address: bool = Field(
        default=False, description="Who is asked may answer to the caller's mail address."
    )


class RequestAnswer(_Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decision": "accept", "reply": "Mi chiami martedì."}]}
    )

    decision: Literal["accept", "decline", "report"]
    reply: Given = Field(default="", description="Relayed once; needed to accept.")


class RequestOut(BaseModel):
    """A request as both sides see it. Nobody's address is in it."""

    id: str
    name: str = Field(description="Who was asked, or who asks; empty for the operational unit.")
    question: str
    tried: str
    state: RequestState
    reply: str
    asked_at: datetime
    answered_at: datetime | None


class RequestList(BaseModel):
    made: list[RequestOut]
    received: list[RequestOut]
    next: str | None = NEXT
