"""Which addresses may be asked: http and https, at chosen ports, on public IP addresses.

The IP addresses are checked after the name was resolved, at the moment of connecting, so that
neither a redirect nor a name that changes its meaning (DNS rebinding) leads into a private network.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

import httpx

from ingest.fetching.refusal import NotFetched
from kb.messages import N_
from kb.settings import Settings
from kb.storage.sources import SourceState

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
LONGEST = 2000
"""Characters of an address."""
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_.])?", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443}
NOT_PUBLIC = tuple(map(ipaddress.ip_network, ("168.63.129.16/32", "192.0.0.0/24")))
"""Services of cloud providers at addresses that count as public in Python 3.11."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
TUNNELS = tuple(map(ipaddress.ip_network, ("2002::/16", "2001::/32", "64:ff9b:1::/48", "::/96")))
"""IPv6 networks that lead to IPv4 addresses inside (6to4, Teredo, local NAT64, compatible)."""


@dataclass(frozen=True)
class AddressRules:
    """``allowed``: pairs of IP address and port that are exempt from the checks."""

    ports: frozenset[int]
    allowed: frozenset[tuple[str, int]]

    @classmethod
    def of(cls, settings: Settings) -> AddressRules:
        pairs = (pair.rpartition(":") for pair in (settings.fetch_allow or "").split(",") if pair)
        return cls(
            frozenset(int(port) for port in settings.fetch_ports.split(",")),
            frozenset((host.strip().strip("[]"), int(port)) for host, _, port in pairs),
        )

    def permits(self, address: IpAddress, port: int) -> bool:
        return (str(address), port) in self.allowed or (port in self.ports and is_public(address))

    def resolve(self, host: str, port: int) -> list[str]:
        """The IP addresses of a host, all of which may be asked.

        Raises:
            NotFetched: there are none, or one of them may not be asked.
        """
        found = [ipaddress.ip_address(one) for one in _look_up(host, port)]
        if any(not self.permits(one, port) for one in found):
            raise NotFetched(
                SourceState.REFUSED,
                N_(
                    "The address leads to {host}, port {port}, which is not a public site: it was"
                    " not asked."
                ),
                host=host,
                port=port,
            )
        return [str(one) for one in dict.fromkeys(found)]


def is_public(address: IpAddress) -> bool:
    """Whether an IP address is one of the public internet, also seen through IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if any(address in network for network in TUNNELS):
            return False
    if address.is_multicast or address.is_reserved or any(address in one for one in NOT_PUBLIC):
        return False
    return address.is_global


def parse_address(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """An address without its fragment, relative to ``base`` if it is a redirect's.

    Raises:
        NotFetched: it is not a complete http or https address, or holds a password.
    """
    cleaned = "".join(text.split()) if base is None else text.strip()
    try:
        url = base.join(cleaned) if base is not None else httpx.URL(cleaned)
        named = _HOST.fullmatch(url.raw_host.decode("ascii")) or ":" in url.host
        valid = url.scheme in DEFAULT_PORTS and bool(named) and not url.userinfo
        valid = valid and len(str(url)) <= LONGEST and 0 < port_of(url) < 1 << 16
    except (httpx.InvalidURL, ValueError, TypeError):
        valid = False
    if not valid:
        raise NotFetched(
            SourceState.REFUSED,
            N_("“{address}” is not an http or https address that can be asked: correct it."),
            address=text[:200],
        )
    return url.copy_with(fragment=None)


def port_of(url: httpx.URL) -> int:
    return url.port if url.port is not None else DEFAULT_PORTS[url.scheme]


def site_of(url: httpx.URL) -> str:
    """Scheme, host and port: what a robots.txt and the delay between requests hold for."""
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    return f"{url.scheme}://{host}:{port_of(url)}"[:300]


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        known_missing = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", -5))
        raise NotFetched(
            SourceState.GONE if known_missing else SourceState.FAILED,
            N_("There is no site named {host}: the name has gone or is misspelt.")
            if known_missing
            else N_("The name {host} could not be looked up: check the network, try later."),
            retry=not known_missing,
            host=host,
        ) from error
    except (OSError, UnicodeError) as error:
        raise NotFetched(
            SourceState.FAILED,
            N_("The name {host} could not be looked up: check the network, try later."),
            host=host,
        ) from error
    return [str(one[4][0]).split("%")[0] for one in found]
