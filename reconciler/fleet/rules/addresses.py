"""Network addresses as they stand in a config: `host:port`, a URL, or a port alone.

Read by the rules on exposure and on endpoints. Parts that the agent fills in stay as
they are written: two equal texts are one address, and nothing else is known of them.
"""

import functools
import ipaddress
import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 2_000
"""Characters of a text that can be an address."""

_ADDRESS = re.compile(
    r"""(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?
    (?:[^\s/@]*@)?
    (?P<host>\[[^\[\]\s]*\]|(?:\$\{[^{}]*\}|[^\s:/?\#])*+)
    (?::(?P<port>\$\{[^{}]*\}|-?[0-9]{1,18}))?
    (?P<path>[/?\#].*)?""",
    re.VERBOSE | re.DOTALL,
)
_LOOPBACK_NAMES: Final = frozenset({"localhost", "ip6-localhost", "ip6-loopback"})
_OWN_NETWORK: Final = (
    ".svc",
    ".svc.cluster.local",
    ".local",
    ".internal",
    ".localhost",
    ".localdomain",
)
"""Ends of names that only the network a host stands in can resolve."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address.

    Attributes:
        scheme: In lower case; empty when there is none.
        host: Without brackets; empty when there is none.
        port: Digits, or what the agent fills in; empty when there is none.
    """

    scheme: str
    host: str
    port: str

    @property
    def is_opaque(self) -> bool:
        """Whether the agent fills in the host."""
        return "${" in self.host

    @property
    def is_everywhere(self) -> bool:
        """Whether who listens here listens on every interface of the host."""
        return self.host in ("", "*") or (_is(self.host, "is_unspecified"))

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but the host itself can be here."""
        return self.host.lower() in _LOOPBACK_NAMES or _is(self.host, "is_loopback")

    @property
    def is_neighbour(self) -> bool:
        """Whether the name is one that containers and services have among themselves.

        It has no dot, or an ending that public DNS does not serve.
        """
        host = self.host.lower().rstrip(".")
        if not host or self.is_opaque or _ip(host):
            return False
        return "." not in host or host.endswith(_OWN_NETWORK)

    @property
    def is_private(self) -> bool:
        """Whether it is an IP address of a private network."""
        return _is(self.host, "is_private")


def parse(text: str) -> Address | None:
    """The address a text is; None when it is something else, such as a Unix socket."""
    match = _ADDRESS.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if not match:
        return None
    scheme = (match["scheme"] or "").lower()
    host, port = match["host"].strip("[]"), match["port"] or ""
    if not (host or port) or scheme.startswith("unix") or host == "unix":
        return None
    return Address(scheme, host, port)


@functools.lru_cache(maxsize=4_096)
def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is(host: str, what: str) -> bool:
    address = _ip(host)
    return bool(address and getattr(address, what))
