"""The XML that answers a request of OAI-PMH."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types
from sqlalchemy.orm import Session

from kb.harvesting import public_records
from kb.harvesting.dublin_core import XSI, Description
from kb.messages import N_
from kb.settings import Settings
from kb.storage.public_records import PublicRecord
from kb.storage.tables import now
from kb.text.xml_text import drop_non_xml
from web.exports.described import describe_records
from web.exports.oai.arguments import OaiError, OaiRequest
from web.exports.oai.formats import FORMATS
from web.exports.oai.tokens import ResumptionToken
from web.rendering.i18n import Locale

OAI = "http://www.openarchives.org/OAI/2.0/"
OAI_SCHEMA = "http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
OAI_IDENTIFIER = "http://www.openarchives.org/OAI/2.0/oai-identifier"
OAI_IDENTIFIER_SCHEMA = "http://www.openarchives.org/OAI/2.0/oai-identifier.xsd"
PAGE_SIZE = 100
"""Records of an answer."""
DOMAIN = re.compile(r"[a-zA-Z][a-zA-Z0-9\-]*(\.[a-zA-Z][a-zA-Z0-9\-]*)+")
MAIL = re.compile(r"\S+@(\S+\.)+\S+")
NO_MAIL = "webmaster@site.invalid"

_NO_FORMAT = N_("There is no metadata format “{prefix}”: take one of {known}.")
_NO_ITEM = N_("There is no record “{identifier}” here.")
_NO_MATCH = N_("No records match from, until and set.")
_NO_METADATA = N_("The record cannot be written in this format at present.")

SetsByKey = Mapping[str, Sequence[str]]
"""Names of the sets of each public record, by its key."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Repository:
    """What answers: ``site`` is its address without a trailing slash."""

    site: str
    settings: Settings

    @property
    def base_url(self) -> str:
        return f"{self.site}/oai"

    @property
    def namespace(self) -> str:
        """The name of the host, the same in every identifier."""
        return urlsplit(self.site).hostname or "localhost"

    @property
    def mail(self) -> str:
        candidates = (self.settings.fetch_contact or "", self.settings.smtp_from)
        return next((one for one in candidates if MAIL.fullmatch(one)), NO_MAIL)

    def identifier_of(self, key: str) -> str:
        return f"oai:{self.namespace}:{key}"

    def key_of(self, identifier: str) -> str:
        """The key of a record; empty for an identifier of another repository."""
        prefix = self.identifier_of("")
        return identifier.removeprefix(prefix) if identifier.startswith(prefix) else ""


def write_error(
    repository: Repository, arguments: Mapping[str, str], error: OaiError, reader: Locale
) -> bytes:
    """An answer that says what is wrong. ``arguments``: repeated in it unless they are wrong."""
    shown = {} if error.code in ("badVerb", "badArgument") else arguments
    root = _begin(repository, shown)
    _add(root, "error", reader.say(error.message), code=error.code)
    return _finish(root)


def write_answer(session: Session, repository: Repository, asked: OaiRequest) -> bytes:
    """The answer to a checked request. Raises OaiError."""
    root = _begin(repository, asked.arguments)
    _Answer(session, repository, asked, _add(root, asked.verb)).write()
    return _finish(root)


class _Answer:
    """Writes the element of a verb."""

    def __init__(
        self, session: Session, repository: Repository, asked: OaiRequest, parent: Any
    ) -> None:
        self._session = session
        self._repository = repository
        self._asked = asked
        self._parent = parent

    def write(self) -> None:
        if self._asked.prefix and self._asked.prefix not in FORMATS:
            known = ", ".join(FORMATS)
            raise OaiError(
                "cannotDisseminateFormat", _NO_FORMAT, prefix=self._asked.prefix, known=known
            )
        writers = {
            "Identify": self._identify,
            "ListMetadataFormats": self._list_formats,
            "ListSets": self._list_sets,
            "GetRecord": self._get_record,
            "ListIdentifiers": self._list_records,
            "ListRecords": self._list_records,
        }
        writers[self._asked.verb]()

    def _identify(self) -> None:
        earliest = public_records.find_earliest(self._session) or now()
        for name, text in (
            ("repositoryName", "Terre Comuni"),
            ("baseURL", self._repository.base_url),
            ("protocolVersion", "2.0"),
            ("adminEmail", self._repository.mail),
            ("earliestDatestamp", _moment(earliest)),
            ("deletedRecord", "persistent"),
            ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
            ("compression", "gzip"),
        ):
            _add(self._parent, name, text)
        if DOMAIN.fullmatch(self._repository.namespace):
            self._describe_identifiers()

    def _describe_identifiers(self) -> None:
        described = etree.SubElement(
            _add(self._parent, "description"),
            f"{{{OAI_IDENTIFIER}}}oai-identifier",
            nsmap={None: OAI_IDENTIFIER},
        )
        described.set(f"{{{XSI}}}schemaLocation", f"{OAI_IDENTIFIER} {OAI_IDENTIFIER_SCHEMA}")
        for name, text in (
            ("scheme", "oai"),
            ("repositoryIdentifier", self._repository.namespace),
            ("delimiter", ":"),
            ("sampleIdentifier", self._repository.identifier_of("practice/example")),
        ):
            etree.SubElement(described, f"{{{OAI_IDENTIFIER}}}{name}").text = text

    def _list_formats(self) -> None:
        if "identifier" in self._asked.arguments:
            self._require_record()
        for prefix, one in FORMATS.items():
            format_element = _add(self._parent, "metadataFormat")
            _add(format_element, "metadataPrefix", prefix)
            _add(format_element, "schema", one.schema)
            _add(format_element, "metadataNamespace", one.namespace)

    def _list_sets(self) -> None:
        for name, titles in public_records.list_sets(self._session).items():
            element = _add(self._parent, "set")
            _add(element, "setSpec", name)
            _add(element, "setName", titles.get("en") or next(iter(titles.values())))

    def _get_record(self) -> None:
        record = self._require_record()
        sets = self._find_sets([record])
        described = self._describe(sets)
        if record.key in sets and record.key not in described:
            raise OaiError("cannotDisseminateFormat", _NO_METADATA)
        self._write_record(record, sets, described.get(record.key))

    def _list_records(self) -> None:
        asked, resumed = self._asked, self._asked.resumed
        query = public_records.select_records(self._session, asked.range)
        if resumed is not None:
            query = public_records.select_after(query, resumed.moment, resumed.key)
        records = self._session.scalars(query.limit(PAGE_SIZE + 1)).unique().all()
        if not records and resumed is None:
            raise OaiError("noRecordsMatch", _NO_MATCH)
        page = records[:PAGE_SIZE]
        sets = self._find_sets(page)
        with_metadata = asked.verb == "ListRecords"
        described = self._describe(sets) if with_metadata else {}
        for record in page:
            if not with_metadata:
                self._write_header(self._parent, record, sets)
            elif record.key not in sets or record.key in described:
                self._write_record(record, sets, described.get(record.key))
        self._write_token(page, more=len(records) > PAGE_SIZE)

    def _write_token(self, page: Sequence[PublicRecord], *, more: bool) -> None:
        """The token of the next page; an empty one ends a list of several pages."""
        asked, resumed = self._asked, self._asked.resumed
        if not more and resumed is None:
            return
        sent = resumed.sent if resumed else 0
        total = public_records.count_records(self._session, asked.range)
        token = _add(self._parent, "resumptionToken")
        token.set("completeListSize", str(max(total, sent + len(page))))
        token.set("cursor", str(sent))
        if more:
            given = resumed.arguments() if resumed else asked.arguments
            token.text = ResumptionToken(
                verb=asked.verb,
                prefix=asked.prefix,
                since=given.get("from", ""),
                until=given.get("until", ""),
                in_set=given.get("set", ""),
                changed_at=int(page[-1].changed_at.timestamp()),
                key=page[-1].key,
                sent=sent + len(page),
            ).write()

    def _require_record(self) -> PublicRecord:
        key = self._repository.key_of(self._asked.identifier)
        record = self._session.get(PublicRecord, key) if key else None
        if record is None:
            raise OaiError("idDoesNotExist", _NO_ITEM, identifier=self._asked.identifier[:200])
        return record

    def _find_sets(self, records: Sequence[PublicRecord]) -> SetsByKey:
        """Of the records that everybody may see at this moment: one may have been hidden since the
        table was last brought up to date."""
        keys = frozenset(record.key for record in records if not record.withdrawn)
        return public_records.find_sets(self._session, keys)

    def _describe(self, keys: Collection[str]) -> dict[str, Description]:
        licence = self._repository.settings.licence_address
        return describe_records(self._session, keys, self._repository.site, licence)

    def _write_record(
        self, record: PublicRecord, sets: SetsByKey, description: Description | None
    ) -> None:
        """A record; one that cannot be written is left out and logged."""
        element = etree.Element(f"{{{OAI}}}record")
        self._write_header(element, record, sets)
        if description is not None:
            try:
                metadata = FORMATS[self._asked.prefix].write(description, record.changed_at.year)
            except (ValueError, TypeError):
                log.exception("a record could not be written", key=record.key)
                return
            _add(element, "metadata").append(metadata)
        self._parent.append(element)

    def _write_header(self, parent: Any, record: PublicRecord, sets: SetsByKey) -> None:
        names = sets.get(record.key)
        status = {"status": "deleted"} if names is None else {}
        header = _add(parent, "header", **status)
        _add(header, "identifier", self._repository.identifier_of(record.key))
        _add(header, "datestamp", _moment(record.changed_at))
        for name in [row.name for row in record.set_rows] if names is None else names:
            _add(header, "setSpec", name)


def _begin(repository: Repository, arguments: Mapping[str, str]) -> Any:
    root = etree.Element(f"{{{OAI}}}OAI-PMH", nsmap={None: OAI, "xsi": XSI})
    root.set(f"{{{XSI}}}schemaLocation", f"{OAI} {OAI_SCHEMA}")
    _add(root, "responseDate", _moment(now()))
    shown = {name: drop_non_xml(value) for name, value in arguments.items()}
    _add(root, "request", repository.base_url, **shown)
    return root


def _finish(root: Any) -> bytes:
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return content


def _add(parent: Any, name: str, text: str = "", **attributes: str) -> Any:
    element = etree.SubElement(parent, f"{{{OAI}}}{name}", attributes)
    element.text = drop_non_xml(text) or None
    return element


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
