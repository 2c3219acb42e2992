"""What object storage answers, as sentences.

The codes are those of the S3 protocol; obstore gives them in the text of its errors only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kb.messages import N_, ConfigurationError, Message
from kb.storage.originals import FilesAway

READ: Final = N_("read files")
WRITE: Final = N_("write files")
LIST: Final = N_("list files")
DELETE: Final = N_("delete files")
"""What was being done, as the sentence about missing rights names it."""

NO_BUCKET = N_("There is no bucket {bucket} at {endpoint}: make it, or correct KB_FILES_URL.")
NO_RIGHT = N_(
    "The storage of files {place} does not let this program {doing}: give the key that right, or "
    "set another one (KB_FILES_ACCESS_KEY_ID, KB_FILES_SECRET_ACCESS_KEY)."
)
UNKNOWN_KEY = N_(
    "The storage of files {place} does not know the key: correct KB_FILES_ACCESS_KEY_ID."
)
WRONG_SECRET = N_(
    "The storage of files {place} does not accept the secret of the key: correct "
    "KB_FILES_SECRET_ACCESS_KEY."
)
EXPIRED = N_("The key for the storage of files {place} has expired: set a new one.")
CLOCK = N_(
    "The clocks of this machine and of the storage of files {place} differ too much: set both by a "
    "time server (NTP)."
)
WRONG_REGION = N_(
    "The bucket {bucket} is in another region: set KB_FILES_REGION to the one it is in."
)
READ_ONLY = N_("The storage of files {place} is read only: allow writing, or use another bucket.")
FULL = N_("The storage of files {place} is full: free some space there, or raise its quota.")
NO_KEY = N_(
    "No key for the storage of files {place} was found: set KB_FILES_ACCESS_KEY_ID and "
    "KB_FILES_SECRET_ACCESS_KEY."
)
CERTIFICATE = N_(
    "The certificate of the storage of files at {endpoint} is not trusted on this machine: correct "
    "KB_FILES_ENDPOINT, or have the authority that issued it trusted."
)
SILENT = N_(
    "The storage of files at {endpoint} does not answer ({reason}): check that it is running and "
    "KB_FILES_ENDPOINT; what needs it goes on by itself when it answers."
)

OF_CODE: Final = {
    "NoSuchBucket": NO_BUCKET,
    "InvalidBucketName": NO_BUCKET,
    "InvalidAccessKeyId": UNKNOWN_KEY,
    "InvalidAccessKey": UNKNOWN_KEY,
    "SignatureDoesNotMatch": WRONG_SECRET,
    "ExpiredToken": EXPIRED,
    "InvalidToken": EXPIRED,
    "RequestTimeTooSkewed": CLOCK,
    "RequestExpired": CLOCK,
    "AuthorizationHeaderMalformed": WRONG_REGION,
    "PermanentRedirect": WRONG_REGION,
    "InvalidRegion": WRONG_REGION,
    "IllegalLocationConstraintException": WRONG_REGION,
    "AccessDenied": NO_RIGHT,
    "AllAccessDisabled": NO_RIGHT,
    "AccountProblem": NO_RIGHT,
    "MethodNotAllowed": READ_ONLY,
    "XMinioReadOnly": READ_ONLY,
    "ReadOnly": READ_ONLY,
    "QuotaExceeded": FULL,
    "InsufficientStorage": FULL,
    "InsufficientCapacity": FULL,
    "XMinioStorageFull": FULL,
    "XMinioAdminBucketQuotaExceeded": FULL,
    "XRGWQuotaExceeded": FULL,
}
OF_STATUS: Final = {
    "301": WRONG_REGION,
    "307": WRONG_REGION,
    "401": NO_RIGHT,
    "403": NO_RIGHT,
    "405": READ_ONLY,
    "507": FULL,
}
PASSING: Final = frozenset({SILENT, FULL})
"""What may pass by itself, so that the program starts all the same."""
SIGNS: Final = (
    ("certificate", CERTIFICATE),
    ("UnknownIssuer", CERTIFICATE),
    ("169.254.", NO_KEY),
    ("redentials", NO_KEY),
)
"""Parts of errors that come without a code."""
REASONS: Final = (
    ("refused", N_("the connection was refused")),
    ("dns error", N_("its name is not known")),
    ("failed to lookup", N_("its name is not known")),
    ("imedOut", N_("it took too long")),
    ("timed out", N_("it took too long")),
    ("InvalidContentType", N_("it does not speak HTTPS")),
    ("wrong version number", N_("it does not speak HTTPS")),
)
_CODE = re.compile(r"<Code>\s*(\w+)\s*</Code>")
_STATUS = re.compile(r"status code: (\d{3})")


@dataclass(frozen=True)
class BucketPlace:
    """Bucket and folder, and the address of the service."""

    bucket: str
    folder: str
    endpoint: str

    def __str__(self) -> str:
        return "s3://" + "/".join(filter(None, (self.bucket, self.folder)))


def code_of(error: BaseException) -> str:
    """The code in the storage's answer; empty where it gave none."""
    found = _CODE.search(str(error))
    return found[1] if found else ""


def explain(error: BaseException, place: BucketPlace, doing: str) -> Message:
    """The sentence for an error of obstore; ``doing``: one of the constants above."""
    text = str(error)
    template = _template_of(text, code_of(error))
    return Message(
        template,
        {
            "place": str(place),
            "bucket": place.bucket,
            "endpoint": place.endpoint,
            "doing": Message(doing),
            "reason": _reason_of(text),
        },
    )


def as_away(message: Message) -> FilesAway:
    return FilesAway(message.template, **message.params)


def as_start_error(error: FilesAway) -> FilesAway | ConfigurationError:
    """The same as a fault of the configuration, unless it may pass by itself."""
    if error.message.template in PASSING:
        return error
    return ConfigurationError(error.message.template, **error.message.params)


def _template_of(text: str, code: str) -> str:
    if code in OF_CODE:
        return OF_CODE[code]
    for sign, template in SIGNS:
        if sign in text:
            return template
    status = _STATUS.search(text)
    return OF_STATUS.get(status[1] if status else "", SILENT)


def _reason_of(text: str) -> Message:
    for sign, reason in REASONS:
        if sign in text:
            return Message(reason)
    if found := _CODE.search(text) or _STATUS.search(text):
        return Message("{code}", {"code": found[1]})
    return Message("{text}", {"text": text.partition("\n")[0][-200:]})
