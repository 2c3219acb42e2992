"""Signed files (CAdES, RFC 5652; ``.p7m``): the signed document and the signers.

Nothing is verified: neither signature, certificate nor revocation. Parsed with asn1crypto because
it reads BER, which many signing programs write; the cryptography package reads only certificates.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.extract.shared.about import one_line
from kb.messages import N_, PermanentError

HEAD = 4096
"""Bytes at the start of a file by which its type is recognised."""
MAX_LAYERS = 8
"""Nested signatures: each office that handles a file may add one."""
MAX_SIGNERS = 50
"""Signers read of one layer."""
SUFFIXES = (".p7m", ".p7s", ".p7b", ".p7c", ".m7m", ".tsd", ".b64", ".pem")
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
ENVELOPED_DATA = bytes.fromhex("06092a864886f70d010703")
TIMESTAMPED_DATA = bytes.fromhex("060b2a864886f70d010910011f")
KINDS = (SIGNED_DATA, ENVELOPED_DATA, TIMESTAMPED_DATA)
WITHIN = 24
"""Bytes of lengths and versions before the identifier of the content type."""
_SEQUENCE = 0x30
_ARMOUR = re.compile(rb"-----(?:BEGIN|END) [A-Z0-9 #]+-----")
_MIME_HEAD = re.compile(
    rb"\A(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){1,20}\r?\n(?=MI[A-P])", re.IGNORECASE
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]+")

DETACHED = N_(
    "The file is only a signature (detached, without the document): upload the document that it"
    " signs."
)
ENCRYPTED = N_(
    "The file is encrypted for its recipient: open it with the certificate and upload the document"
    " that is in it."
)
DAMAGED = N_("The signed file is cut off or damaged: save or download it again and upload that.")


@dataclass(frozen=True)
class Signature:
    """The signer named by the certificate, and the signing time (UTC) written in the signature. Not
    verified."""

    signer: str
    signed_at: datetime | None = None
    organisation: str = ""

    def as_row(self) -> dict[str, Any]:
        at = self.signed_at.isoformat() if self.signed_at else ""
        return {"signer": self.signer, "signed_at": at, "organisation": self.organisation}


@dataclass(frozen=True)
class Signed:
    """The document in the innermost layer, and the signatures from the outermost inwards."""

    content: bytes
    signatures: tuple[Signature, ...]


def is_signed(head: bytes) -> bool:
    """Whether the bytes start a signed, encrypted or time-stamped file, in DER, BER, base64 or
    PEM."""
    return _kind(_decode_base64(head[:HEAD], partial=True)) is not None


def unwrap(data: bytes) -> Signed:
    """Remove every layer of signatures.

    Raises:
        PermanentError: there is no document inside, it is encrypted, or it cannot be parsed.
    """
    signatures: list[Signature] = []
    for _ in range(MAX_LAYERS):
        if not is_signed(data):
            break
        try:
            data, found = _unwrap_layers(_decode_base64(data))
        except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
            raise PermanentError(DAMAGED) from error
        signatures += found
    return Signed(data, tuple(dict.fromkeys(signatures[:MAX_SIGNERS])))


def unsigned(path: Path) -> Path | bytes:
    """The path of an unsigned file, or the bytes of the document inside a signed one."""
    with path.open("rb") as file:
        signed = is_signed(file.read(HEAD))
    return unwrap(path.read_bytes()).content if signed else path


def signatures_of(data: bytes) -> tuple[Signature, ...]:
    """Signers of a signature with or without its document; empty if it cannot be parsed."""
    from asn1crypto import cms  # type: ignore[import-untyped]  # it ships no types

    with suppress(ValueError, TypeError, KeyError, IndexError, RecursionError):
        info = cms.ContentInfo.load(_decode_base64(data))
        if info["content_type"].native == "signed_data":
            return tuple(_read_signatures(info["content"]))[:MAX_SIGNERS]
    return ()


def inner_name(filename: str) -> str:
    """``delibera.pdf`` for ``delibera.pdf.p7m.p7m``."""
    name = filename
    while Path(name).suffix.lower() in SUFFIXES and Path(name).stem:
        name = Path(name).stem
    return name


def _kind(data: bytes) -> bytes | None:
    if not data or data[0] != _SEQUENCE:
        return None
    return next((kind for kind in KINDS if 0 < data.find(kind, 0, WITHIN) <= WITHIN), None)


def _decode_base64(data: bytes, *, partial: bool = False) -> bytes:
    """The bytes, decoded if they are base64, with or without PEM or MIME lines."""
    if data[:1] == b"\x30" and _kind(data):
        return data
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    text = _MIME_HEAD.sub(b"", text, count=1)
    text = b"".join(_ARMOUR.sub(b"", text).split())
    if not text.startswith(b"M") or not _BASE64.fullmatch(text):
        return data
    if partial:
        text = text[: len(text) // 4 * 4]
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return data


def _unwrap_layers(data: bytes) -> tuple[bytes, list[Signature]]:
    from asn1crypto import cms, tsp  # noqa: F401 - tsp teaches cms about time-stamped data

    kind = _kind(data)
    if kind == ENVELOPED_DATA:
        raise PermanentError(ENCRYPTED)
    info = cms.ContentInfo.load(data)
    if kind == TIMESTAMPED_DATA:
        stamped = info["content"]
        return _read_octets(stamped["content"]), []
    signed = info["content"]
    content = signed["encap_content_info"]["content"]
    octets = _read_octets(content)
    if not octets:
        raise PermanentError(DETACHED)
    return octets, list(_read_signatures(signed))


def _read_octets(content: Any) -> bytes:
    """The content of an octet string, also a constructed one; old PKCS #7 may hold any type."""
    native = getattr(content, "native", None)
    if isinstance(native, bytes):
        return native
    if native is None:
        return b""
    parsed = getattr(content, "parsed", content)
    return bytes(getattr(parsed, "contents", b"") or b"")


def _read_signatures(signed: Any) -> Iterator[Signature]:
    certificates = [
        choice.chosen for choice in signed["certificates"] or () if choice.name == "certificate"
    ]
    for info in signed["signer_infos"]:
        yield _read_signature(info, certificates)
        for counter in _attribute(info["unsigned_attrs"], "counter_signature"):
            yield _read_signature(counter, certificates)


def _read_signature(info: Any, certificates: Iterable[Any]) -> Signature:
    certificate = next((one for one in certificates if _is_of(info["sid"], one)), None)
    at = next(iter(_attribute(info["signed_attrs"], "signing_time")), None)
    signed_at = at.native if at is not None else _read_time_stamp(info)
    if not isinstance(signed_at, datetime):
        signed_at = None
    elif signed_at.tzinfo is None:
        signed_at = signed_at.replace(tzinfo=UTC)
    subject = certificate.subject.native if certificate is not None else {}
    return Signature(
        _name(subject),
        signed_at.astimezone(UTC) if signed_at else None,
        _text(subject.get("organization_name")),
    )


def _attribute(attributes: Any, name: str) -> list[Any]:
    """The values of an attribute; empty if it is missing."""
    found = [one for one in attributes or () if one["type"].native == name]
    return [value for one in found for value in one["values"]]


def _read_time_stamp(info: Any) -> Any:
    """The time of a time stamp on the signature; used if the signature has no signing time."""
    with suppress(ValueError, TypeError, KeyError):
        for token in _attribute(info["unsigned_attrs"], "signature_time_stamp_token"):
            return token["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    return None


def _is_of(sid: Any, certificate: Any) -> bool:
    if sid.name == "issuer_and_serial_number":
        chosen = sid.chosen
        return bool(
            chosen["serial_number"].native == certificate.serial_number
            and chosen["issuer"] == certificate.issuer
        )
    return bool(sid.chosen.native == certificate.key_identifier)


def _name(subject: dict[str, Any]) -> str:
    """Given name and surname; else the common name, in older Italian certificates with a tax number
    after a slash."""
    given, family = (_text(subject.get(key)) for key in ("given_name", "surname"))
    if given and family:
        return f"{given} {family}"
    common = _text(subject.get("common_name"))
    parts = common.split("/")
    if len(parts) > 2:
        return " ".join(parts[1::-1]).strip()
    return common or _text(subject.get("organization_name"))


def _text(value: Any) -> str:
    return one_line(value[0] if isinstance(value, list) and value else value)
