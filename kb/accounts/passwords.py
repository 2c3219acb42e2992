"""Passwords (OWASP ASVS 4, chapter 2; NIST SP 800-63B): rules, argon2id hashes, verification."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from kb.messages import N_, PermanentError
from kb.storage.accounts import Account

if TYPE_CHECKING:
    from pwdlib import PasswordHash

SHORTEST = 12
"""Characters."""
LONGEST = 200
"""Characters; bounds the time for hashing."""
FEWEST_CHARACTERS = 5
"""Distinct characters; fewer are a held key."""
MEMORY_KIB = 19 * 1024
"""Memory cost of argon2id, with ``PASSES`` the minimum that OWASP recommends."""
PASSES = 2


def check(password: str, account_name: str) -> None:
    """Raises PermanentError for a password that is too short, too long or easily guessed."""
    if len(password) < SHORTEST:
        raise PermanentError(
            N_("The password is too short: it needs {shortest} characters, or a few words."),
            shortest=SHORTEST,
        )
    if len(password) > LONGEST:
        raise PermanentError(
            N_("The password is too long: at most {longest} characters."), longest=LONGEST
        )
    plain = _normalize(password).casefold()
    easy = len(set(plain)) < FEWEST_CHARACTERS or plain in _common()
    if easy or plain.replace(" ", "") == account_name.casefold():
        raise PermanentError(
            N_("This password is one of the first that would be tried: choose another.")
        )


def choose(account: Account, password: str) -> None:
    """Set the account's password; the caller commits.

    Raises:
        PermanentError: see :func:`check`.
    """
    check(password, account.name)
    account.password_hash = _hasher().hash(_normalize(password))


def verify(account: Account | None, password: str) -> bool:
    """Whether the password is the account's. Takes the same time if there is no account or no
    password, so that timing does not reveal names."""
    known = account.password_hash if account is not None else ""
    right = _hasher().verify(_normalize(password[:LONGEST]), known or _decoy())
    return right and bool(known) and account is not None and not account.disabled


def _normalize(password: str) -> str:
    """Normal form, independent of how a keyboard composes characters."""
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> PasswordHash:
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    return PasswordHash((Argon2Hasher(PASSES, MEMORY_KIB, parallelism=1),))


@cache
def _decoy() -> str:
    return _hasher().hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    text = files(__package__).joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(text.split("\n"))
