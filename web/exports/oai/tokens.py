"""Resumption tokens: where a list goes on. They say all that is needed, so nothing is kept here and
they never expire."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from web.exports.oai.formats import FORMATS


class BadResumption(Exception):
    """The token was not made here, or not for this."""


def _known_prefix(prefix: str) -> str:
    if prefix not in FORMATS:
        raise ValueError("no format")
    return prefix


class ResumptionToken(BaseModel):
    """The arguments of the list, and the last record that was sent: ``changed_at`` in seconds since
    1970, and ``key``. ``sent``: how many records were sent before."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    verb: str = Field(pattern="^(ListIdentifiers|ListRecords)$")
    prefix: Annotated[str, AfterValidator(_known_prefix)]
    since: str = Field("", max_length=20)
    until: str = Field("", max_length=20)
    in_set: str = Field("", max_length=200)
    changed_at: int = Field(ge=0, lt=253_402_300_800)
    key: str = Field(max_length=130)
    sent: int = Field(ge=0, lt=1 << 31)

    @classmethod
    def read(cls, text: str) -> ResumptionToken:
        """Raises BadResumption."""
        try:
            content = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
            return cls.model_validate_json(content)
        except (binascii.Error, ValidationError, ValueError) as error:
            raise BadResumption from error

    def write(self) -> str:
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode()

    def arguments(self) -> Mapping[str, str]:
        """from, until and set, as they were given."""
        given = {"from": self.since, "until": self.until, "set": self.in_set}
        return {name: value for name, value in given.items() if value}

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.changed_at, UTC)
