"""OpenID Connect: signing in at another service (Core 1.0, code flow with PKCE).

The service is asked only when somebody signs in with it. An account belongs to issuer and subject;
an equal name or mail address makes nobody its owner.
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
LEEWAY_S = 60
DESCRIBED_S = 3600.0
FAILED_S = 5.0
"""Seconds for which a failure to reach the provider is taken as its answer."""
WAIT_S = 1.0
"""Longest wait for another thread that is asking the provider."""
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "Ed25519"]
"""Signatures with a key pair only: neither none nor a shared secret."""


@dataclass(frozen=True)
class Attempt:
    """What the browser keeps while its owner is at the other service."""

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
    """Where the browser is sent to sign in.

    Raises:
        TransientError: the service does not answer, or is not the one of the settings.
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
    """What the service vouches for, once its signature, issuer, audience, age and nonce are right.

    Raises:
        PermanentError: the answer does not belong to this attempt, or is not properly vouched for.
        TransientError: the service does not answer.
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
        return _vouched(settings, attempt, issuer, token["id_token"], keys.json())
    except HTTPError as error:
        raise _away(error) from error
    except (OAuthError, JoseError, KeyError, ValueError, TypeError) as error:
        raise PermanentError(
            N_("The answer of the other service cannot be trusted ({reason}): begin again."),
            reason=type(error).__name__,
        ) from error


def account_of(session: Session, settings: Settings, claims: Mapping[str, Any]) -> Account:
    """The account of the claims' subject, made at its first sign-in; its role follows the service
    where the settings name the claim that tells it.

    Raises:
        PermanentError: the account was closed.
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
        _follow(session, account, role)
    return account


def _follow(session: Session, account: Account, role: Role) -> None:
    try:
        accounts.set_role(session, accounts.access_of(account), account, role)
    except PermanentError:  # the last administrator stays one, whatever the service says
        audit.record_event(session, accounts.access_of(account), "account.role_kept", account.id)


def _role(settings: Settings, claims: Mapping[str, Any]) -> Role | None:
    """The widest role that the claim of the settings names, the default role where it names none;
    None where the settings name no claim, so that roles are given here."""
    if not settings.oidc_role_claim:
        return None
    said = claims.get(settings.oidc_role_claim)
    names = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    named = next((role for role in reversed(Role) if role.value in names), None)
    return named or Role(settings.oidc_default_role)


def _email(claims: Mapping[str, Any]) -> str:
    """The address that the service has verified; nobody else's mail is to go to this account."""
    said = claims.get("email")
    return said if claims.get("email_verified") is True and isinstance(said, str) else ""


def _free_name(session: Session, claims: Mapping[str, Any], subject: str) -> str:
    """A name for lists: what the service calls the person, if nobody is called so already."""
    said = str(claims.get("preferred_username") or claims.get("email") or "")
    name = "".join(c for c in said if c.isprintable() and not c.isspace())[:80] or "openid"
    taken = name == "openid" or accounts.find(session, name) is not None
    return f"{name}-{digest(subject)[:10]}" if taken else name


class _Discovery:
    """The description of the provider (Discovery 1.0), asked for once an hour.

    Only one thread asks at a time, and a failure is remembered for a while, so that a provider that
    does not answer cannot hold the threads of the server.
    """

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._issuer = ""
        self._described: dict[str, Any] = {}
        self._until = 0.0
        self._failure: TransientError | None = None

    def describe(self, settings: Settings) -> dict[str, Any]:
        """Raises TransientError: the provider does not answer, or calls itself otherwise."""
        issuer = (settings.oidc_issuer or "").rstrip("/")
        if not self._asking.acquire(timeout=WAIT_S):
            raise _away(TimeoutError())
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
        raise _away(error) from error
    if str(described.get("issuer", "")).rstrip("/") != issuer:
        raise TransientError(
            N_("The sign-in service calls itself {said}: check KB_OIDC_ISSUER."),
            said=str(described.get("issuer"))[:200],
        )
    return described


def _vouched(
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


def _away(error: Exception) -> TransientError:
    return TransientError(
        N_("The sign-in service does not answer ({reason}): try again later."),
        reason=type(error).__name__,
    )
