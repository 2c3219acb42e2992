"""Signed files made to order, as signing programs of offices write them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

Signer = tuple[x509.Certificate, rsa.RSAPrivateKey]
NAMES = {
    "common": NameOID.COMMON_NAME,
    "given": NameOID.GIVEN_NAME,
    "family": NameOID.SURNAME,
    "organisation": NameOID.ORGANIZATION_NAME,
}
END = b"\x00\x00"


def signer(**names: str) -> Signer:
    """A key and its certificate; ``names`` are those of ``NAMES``."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NAMES[kind], value) for kind, value in names.items()])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2040, 1, 1, tzinfo=dt.UTC))
    )
    return built.sign(key, hashes.SHA256()), key


def signed(data: bytes, *signers: Signer, detached: bool = False, pem: bool = False) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(data)
    for certificate, key in signers:
        builder = builder.add_signer(certificate, key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.Binary]
    if detached:
        options.append(pkcs7.PKCS7Options.DetachedSignature)
    encoding = serialization.Encoding.PEM if pem else serialization.Encoding.DER
    return builder.sign(encoding, options)


def as_ber(der: bytes, piece: int = 1000) -> bytes:
    """The same with indefinite lengths and the content in pieces, as it is written when the
    length is not known beforehand."""
    content: Any = cms.ContentInfo.load(der)["content"]
    data = content["encap_content_info"]["content"].native
    pieces = b"".join(
        b"\x04" + _length(len(part)) + part
        for part in (data[at : at + piece] for at in range(0, len(data), piece))
    )
    kind = bytes.fromhex("06092a864886f70d010701")
    inner = b"\x30\x80" + kind + b"\xa0\x80\x24\x80" + pieces + END + END + END
    parts = b"".join(
        (
            content["version"].dump(),
            content["digest_algorithms"].dump(),
            inner,
            content["certificates"].dump(),
            content["signer_infos"].dump(),
        )
    )
    whole = bytes.fromhex("06092a864886f70d010702")
    return b"\x30\x80" + whole + b"\xa0\x80\x30\x80" + parts + END + END + END


def _length(number: int) -> bytes:
    if number < 128:
        return bytes([number])
    digits = number.to_bytes((number.bit_length() + 7) // 8)
    return bytes([128 | len(digits)]) + digits
