"""OpenID Connect sign-in (Core 1.0, code flow with PKCE).

The provider is contacted only during a sign-in. An account is identified by issuer and subject; an
equal name or mail address does not match an account.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Role
from kb.accounts import accounts, audit
from kb.accounts.sessions import digest
from kb.messages import N_, PermanentError, TransientError
from kb.settings import Settings
from kb.storage.accounts import Account

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import OAuth2Client

TIMEOUT_S = 10
"""Seconds for a request to the provider."""
LEEWAY_S = 60
"""Seconds by which the provider's clock may differ."""
DESCRIBED_S = 3600.0
"""Seconds for which the provider's description is cached."""
FAILED_S = 5.0
"""Seconds for which a failed request to the provider is remembered."""
WAIT_S = 1.0
"""Seconds to wait for another thread's request to the provider."""
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "Ed25519"]
"""Signature algorithms with a key pair; "none" and shared secrets are excluded."""


@dataclass(frozen=True)
class Attempt:
    """State of a sign-in, stored in the browser while the user is at the provider."""

    state: str
    nonce: str
    verifier: str
    back: str

    @classmethod
    def begin(cls, back: str) -> Attempt:
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, back)


def is_set(settings: Settings) -> bool:
    return bool(settings.oidc_issuer and settings.oidc_client_id)


def address(settings: Settings, attempt: Attempt, redirect_uri: str) -> str:
    """The provider's address to which the browser is redirected.

    Raises:
        TransientError: the provider does not answer, or is not the configured one.
    """
    described = _described(settings)
    with _client(settings, redirect_uri) as client:
        url, _ = client.create_authorization_url(
            described["authorization_endpoint"],
            state=attempt.state,
            nonce=attempt.nonce,
            code_verifier=attempt.verifier,
        )
    return str(url)


def claims(
    settings: Settings, attempt: Attempt, redirect_uri: str, answer: Mapping[str, str]
) -> dict[str, Any]:
    """Claims of the ID token, after checking signature, issuer, audience, expiry and nonce.

    Raises:
        PermanentError: the answer does not belong to this attempt, or the token is invalid.
        TransientError: the provider does not answer.
    """
    from authlib.integrations.base_client import OAuthError
    from httpx import HTTPError
    from joserfc.errors import JoseError

    if not secrets.compare_digest(attempt.state.encode(), answer.get("state", "").encode()):
        raise PermanentError(N_("This sign-in was not begun in this browser: begin again."))
    if "code" not in answer:
        raise PermanentError(N_("The other service did not sign you in: begin again."))
    described = _described(settings)
    try:
        with _client(settings, redirect_uri) as client:
            token = client.fetch_token(
                described["token_endpoint"], code=answer["code"], code_verifier=attempt.verifier
            )
            keys = client.request("GET", described["jwks_uri"], withhold_token=True)
            keys.raise_for_status()
        issuer = described["issuer"]
        return _verify_token(settings, attempt, issuer, token["id_token"], keys.json())
    except HTTPError as error:
        raise _unreachable(error) from error
    except (OAuthError, JoseError, KeyError, ValueError, TypeError) as error:
        raise PermanentError(
            N_("The answer of the other service cannot be trusted ({reason}): begin again."),
            reason=type(error).__name__,
        ) from error


def account_of(session: Session, settings: Settings, claims: Mapping[str, Any]) -> Account:
    """The account of the claims' subject, created at the first sign-in. If a role claim is
    configured, the role is updated from it.

    Raises:
        PermanentError: the account is disabled.
    """
    subject = f"{claims['iss']} {claims['sub']}"
    account = session.scalar(select(Account).where(Account.subject == subject))
    role = _role(settings, claims)
    if account is None:
        account = accounts.create(
            session,
            _free_name(session, claims, subject),
            role or Role(settings.oidc_default_role),
            str(claims.get("name", "")),
            email=_email(claims),
        )
        account.subject = subject
    elif account.disabled:
        raise PermanentError(N_("This account is closed: ask an administrator of this base."))
    elif role is not None:
        _set_role(session, account, role)
    return account


def _set_role(session: Session, account: Account, role: Role) -> None:
    try:
        accounts.set_role(session, accounts.access_of(account), account, role)
    except PermanentError:  # the last administrator keeps the role
        audit.record_event(session, accounts.access_of(account), "account.role_kept", account.id)


def _role(settings: Settings, claims: Mapping[str, Any]) -> Role | None:
    """The widest role named in the configured claim, or the default role if it names none; None if
    no claim is configured, so that roles are managed here."""
    if not settings.oidc_role_claim:
        return None
    said = claims.get(settings.oidc_role_claim)
    names = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    named = next((role for role in reversed(Role) if role.value in names), None)
    return named or Role(settings.oidc_default_role)


def _email(claims: Mapping[str, Any]) -> str:
    """The mail address if the provider has verified it, else empty: others' mail must not go to
    this account."""
    said = claims.get("email")
    return said if claims.get("email_verified") is True and isinstance(said, str) else ""


def _free_name(session: Session, claims: Mapping[str, Any], subject: str) -> str:
    """The preferred user name or mail address, with a suffix from the subject if it is taken."""
    said = str(claims.get("preferred_username") or claims.get("email") or "")
    name = "".join(c for c in said if c.isprintable() and not c.isspace())[:80] or "openid"
    taken = name == "openid" or accounts.find(session, name) is not None
    return f"{name}-{digest(subject)[:10]}" if taken else name


class _Discovery:
    """Cache of the provider's description (Discovery 1.0), for ``DESCRIBED_S``.

    One thread requests it at a time and failures are cached briefly, so that an unreachable
    provider does not block the server's threads.
    """

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._issuer = ""
        self._described: dict[str, Any] = {}
        self._until = 0.0
        self._failure: TransientError | None = None

    def describe(self, settings: Settings) -> dict[str, Any]:
        """The description. Raises TransientError if the provider does not answer or has another
        issuer."""
        issuer = (settings.oidc_issuer or "").rstrip("/")
        if not self._asking.acquire(timeout=WAIT_S):
            raise _unreachable(TimeoutError())
        try:
            if self._issuer != issuer or time.monotonic() >= self._until:
                self._ask(issuer)
            if self._failure is not None:
                raise self._failure
            return self._described
        finally:
            self._asking.release()

    def _ask(self, issuer: str) -> None:
        self._issuer, self._failure = issuer, None
        try:
            self._described = _fetch_description(issuer)
            self._until = time.monotonic() + DESCRIBED_S
        except TransientError as error:
            self._failure = error
            self._until = time.monotonic() + FAILED_S


_described = _Discovery().describe


def _fetch_description(issuer: str) -> dict[str, Any]:
    import httpx

    try:
        answer = httpx.get(f"{issuer}/.well-known/openid-configuration", timeout=TIMEOUT_S)
        answer.raise_for_status()
        described: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise _unreachable(error) from error
    if str(described.get("issuer", "")).rstrip("/") != issuer:
        raise TransientError(
            N_("The sign-in service calls itself {said}: check KB_OIDC_ISSUER."),
            said=str(described.get("issuer"))[:200],
        )
    return described


def _verify_token(
    settings: Settings, attempt: Attempt, issuer: str, id_token: str, keys: Any
) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.jwk import KeySet

    decoded = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)
    jwt.JWTClaimsRegistry(
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": settings.oidc_client_id or ""},
        sub={"essential": True},
        exp={"essential": True},
        nonce={"essential": True, "value": attempt.nonce},
    ).validate(decoded.claims)
    several = isinstance(decoded.claims["aud"], list) and len(decoded.claims["aud"]) > 1
    if several and decoded.claims.get("azp") != settings.oidc_client_id:
        raise ValueError("azp")
    return dict(decoded.claims)


def _client(settings: Settings, redirect_uri: str) -> OAuth2Client:
    from authlib.integrations.httpx_client import OAuth2Client

    secret = settings.oidc_client_secret
    return OAuth2Client(
        settings.oidc_client_id,
        secret.get_secret_value() if secret else None,
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        scope="openid profile email",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        timeout=TIMEOUT_S,
    )


def _unreachable(error: Exception) -> TransientError:
    return TransientError(
        N_("The sign-in service does not answer ({reason}): try again later."),
        reason=type(error).__name__,
    )
