"""Passwords (OWASP ASVS 4, chapter 2; NIST SP 800-63B): long ones, kept as argon2id."""

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
LONGEST = 200
FEWEST_CHARACTERS = 5
"""Different ones: fewer are a key held down."""
MEMORY_KIB = 19 * 1024
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
    plain = _normal(password).casefold()
    easy = len(set(plain)) < FEWEST_CHARACTERS or plain in _common()
    if easy or plain.replace(" ", "") == account_name.casefold():
        raise PermanentError(
            N_("This password is one of the first that would be tried: choose another.")
        )


def choose(account: Account, password: str) -> None:
    """Give the account a password; the caller commits.

    Raises:
        PermanentError: as :func:`check`.
    """
    check(password, account.name)
    account.password_hash = _hasher().hash(_normal(password))


def verify(account: Account | None, password: str) -> bool:
    """Whether the password is the account's. Takes as long when there is no account or no
    password, so that the time tells nobody which names exist."""
    known = account.password_hash if account is not None else ""
    right = _hasher().verify(_normal(password[:LONGEST]), known or _decoy())
    return right and bool(known) and account is not None and not account.disabled


def _normal(password: str) -> str:
    """The same characters however the keyboard composes them."""
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
