"""Addresses and references that the Collector accepts, and that fail when it starts.

`otelcol validate` says nothing of them: two listeners on one port, an address nobody
can listen on, a URL without its scheme, an extension that a setting asks for and that
is not there.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules import addresses, config, leaves, listeners
from reconciler.fleet.rules.addresses import Address
from reconciler.fleet.rules.config import Component
from reconciler.fleet.rules.leaves import LONGEST, Leaf
from reconciler.fleet.rules.listeners import Listener
from reconciler.fleet.rules.subject import Subject
from reconciler.fleet.syntax import spelling
from reconciler.fleet.syntax.nodes import Scalar

CLASH: Final = "W044"
ABSENT: Final = "W046"
MALFORMED: Final = "W047"

HIGHEST_PORT: Final = 65_535

_URLS: Final = frozenset(
    {"otlphttp", "otlp_http", "prometheusremotewrite", "zipkin", "splunk_hec", "loki"}
)
"""Exporters whose `endpoint` is a URL."""

_REFERENCES: Final = frozenset(
    {("auth", "authenticator"), ("sending_queue", "storage"), ("additional_auth",)}
)
"""Ends of paths at which a component names an extension."""

_EVERYWHERE: Final = ""
_ASKING: Final = frozenset({"receivers", "exporters", "extensions"})

_ID = re.compile(r"[a-zA-Z][0-9a-zA-Z_]{0,62}(?:/[^${}]{1,1024})?")


def check(subject: Subject) -> Iterator[Finding]:
    """Addresses that clash or are none, and extensions that are missing."""
    listening = tuple(listeners.find(subject.config))
    yield from _clashes(listening)
    for one in listening:
        yield from _malformed(one)
    for component in subject.config.components["exporters"].values():
        if component.type in _URLS:
            yield from _without_scheme(component)
    yield from _absent(subject)


def _clashes(listening: tuple[Listener, ...]) -> Iterator[Finding]:
    taken = defaultdict[tuple[str, str], dict[str, Listener]](dict)
    for one in listening:
        if one.address is None or one.address.port in ("", "0"):
            continue
        others = taken[one.transport, one.address.port]
        host = _host(one.address)
        if other := _in_the_way(host, others):
            message = (
                f"{_called(one)} listens on `{_short(one)}`, "
                f"which {_called(other)} has taken"
            )
            hint = f"give one of them another port; the other is at {other.where}"
            also = (other.where,)
            yield findings.warning(CLASH, message, one.where, hint, also=also)
        others.setdefault(host, one)


def _in_the_way(host: str, others: Mapping[str, Listener]) -> Listener | None:
    """Who has the port already, there or everywhere."""
    if host == _EVERYWHERE:
        return next(iter(others.values()), None)
    return others.get(host) or others.get(_EVERYWHERE)


def _host(address: Address) -> str:
    if address.is_everywhere:
        return _EVERYWHERE
    return "localhost" if address.is_loopback else address.host.lower()


def _called(one: Listener) -> str:
    return f"`{one.component.id}`"


def _short(one: Listener) -> str:
    return one.text[:LONGEST]


def _malformed(one: Listener) -> Iterator[Finding]:
    address = one.address
    if address is None or not one.is_written or one.text.startswith("${"):
        return
    if address.scheme:
        message = f"{_called(one)} listens on an address; `{_short(one)}` is a URL"
        hint = f"leave out `{address.scheme}://`"
    elif address.host and not address.port:
        message = f"`{_short(one)}` has no port to listen on"
        hint = "write `host:port`"
    elif _is_no_port(address.port):
        message = f"`{address.port[:LONGEST]}` is no port"
        hint = f"ports go from 1 to {HIGHEST_PORT}; 0 lets the system choose"
    else:
        return
    yield findings.warning(MALFORMED, message, one.where, hint)


def _is_no_port(port: str) -> bool:
    return not port.startswith("${") and not 0 <= int(port) <= HIGHEST_PORT


def _without_scheme(component: Component) -> Iterator[Finding]:
    """Also a port that is none: whatever stands in `endpoint`."""
    node = config.at(component.settings, "endpoint")
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return
    address = addresses.parse(node.value)
    if address is None or node.value.startswith("${"):
        return
    if not address.scheme:
        shown = node.value[:LONGEST]
        message = f"`{component.id}` sends to a URL; `{shown}` has no scheme"
        hint = f"write `http://{shown}` or `https://{shown}`"
        yield findings.warning(MALFORMED, message, node.where, hint)
    elif address.port and _is_no_port(address.port):
        message = f"`{address.port[:LONGEST]}` is no port"
        yield findings.warning(MALFORMED, message, node.where)


def _absent(subject: Subject) -> Iterator[Finding]:
    if "extensions" in subject.config.opaque:
        return
    defined = subject.config.components["extensions"]
    enabled = {one.id for one in subject.config.extensions}
    for leaf in _references(subject):
        named = config.trimmed(str(leaf.value))
        if named not in defined:
            message = f"`{leaf.name}` names the extension `{named}`, which is missing"
            near = spelling.nearest(named, defined.keys())
            hint = f"did you mean `{near}`?" if near else "define it in `extensions`"
            yield findings.warning(ABSENT, message, leaf.where, hint)
        elif named not in enabled and not _fills_in(subject):
            message = f"`{leaf.name}` names the extension `{named}`, which is off"
            hint = "list it in `service.extensions`"
            yield findings.warning(ABSENT, message, leaf.where, hint)


def _fills_in(subject: Subject) -> bool:
    """Whether the agent decides which extensions are on."""
    node = config.at(subject.config.tree, "service", "extensions")
    service = config.child(subject.config.tree, "service")
    return config.is_opaque(service) or (node is not None and config.has_opaque(node))


def _references(subject: Subject) -> Iterator[Leaf]:
    for leaf, text in leaves.texts(subject.config.leaves):
        if _is_reference(leaf) and _ID.fullmatch(config.trimmed(text)):
            yield leaf


def _is_reference(leaf: Leaf) -> bool:
    """Also where a receiver that reads files keeps its offsets."""
    if leaf.path[0] not in _ASKING:
        return False
    of_receiver = leaf.path[0] == "receivers" and leaf.path[2:] == ("storage",)
    return of_receiver or not _REFERENCES.isdisjoint((leaf.path[-1:], leaf.path[-2:]))
