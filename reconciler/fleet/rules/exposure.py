"""Who can reach a Collector, and whom it trusts: open addresses, TLS switched off.

What is fair depends on where it runs. A container has a network of its own, and to
listen on every interface is how it is reached. What the labels of an agent say of that
counts, and what the config itself tells: of Kubernetes, or of neighbours by bare names.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules import addresses, config, leaves, listeners
from reconciler.fleet.rules.addresses import Address
from reconciler.fleet.rules.config import Config
from reconciler.fleet.rules.leaves import LONGEST, Leaf
from reconciler.fleet.rules.subject import Subject
from reconciler.fleet.syntax.nodes import Node, Scalar, Table

EXPOSED: Final = "W041"
IN_PRODUCTION: Final = "W042"

_CONTAINER_LABELS: Final = ("k8s.", "container.", "kubernetes.")
_CLUSTER_TYPES: Final = ("k8s", "kubelet")
_CLUSTER_VARIABLES = re.compile(r"\$\{(?:env:)?\w*(?:POD|K8S|KUBE)\w*")
_STAGES: Final = frozenset(
    {
        "env",
        "environment",
        "deployment.environment",
        "deployment.environment.name",
        "stage",
        "tier",
    }
)
_PRODUCTION: Final = frozenset({"prod", "production", "prd", "live"})
_ADDRESS_KEYS: Final = frozenset(
    {"endpoint", "listen_address", "listen_addr", "address", "host"}
)
_LISTENING: Final = frozenset({"receivers", "extensions", "service"})
_EVERYWHERE = re.compile(r"(?:[a-z]+://)?(?:0\.0\.0\.0|\[::\]|::)(?::.*)?")
_UNGUARDED: Final = frozenset({("tls", "insecure"), ("tls", "insecure_skip_verify")})
_DEBUGGING: Final = frozenset({"pprof", "zpages"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What these rules take from the labels of an agent; equal ones get equal findings.

    Attributes:
        container: It runs in one.
        production: It serves somebody's customers.
    """

    container: bool = False
    production: bool = False


def surroundings(labels: Mapping[str, str]) -> Surroundings:
    """Where an agent with these labels runs."""
    return Surroundings(
        container=any(key.startswith(_CONTAINER_LABELS) for key in labels),
        production=any(
            key in _STAGES and value.lower() in _PRODUCTION
            for key, value in labels.items()
        ),
    )


def check(subject: Subject) -> Iterator[Finding]:
    """Open doors, unguarded lines, and what does not belong in production."""
    around = surroundings(subject.labels or {})
    told = set[Where]()
    if around.production:
        for finding in _in_production(subject.config):
            told.add(finding.where)
            yield finding
    doors = [leaf for leaf in _listening(subject.config) if leaf.where not in told]
    if doors and not around.container and not _tells_of_container(subject.config):
        # What listens is found by its address, and by its type once more.
        yield from (
            _open(leaf) for leaf in {leaf.where: leaf for leaf in doors}.values()
        )
    for leaf in subject.config.leaves:
        if leaf.value is True and leaf.path[-2:] in _UNGUARDED:
            yield from _unguarded(leaf, subject.config.tree)


def _tells_of_container(whole: Config) -> bool:
    """Whether a config is for a container, by what it asks for and whom it calls."""
    if any(one.type.startswith(_CLUSTER_TYPES) for one in whole.all()):
        return True
    return any(
        bool(_CLUSTER_VARIABLES.search(text)) or _is_neighbour(leaf, text)
        for leaf, text in leaves.texts(whole.leaves)
        if "${" in text or leaf.field == "endpoint"
    )


def _is_neighbour(leaf: Leaf, text: str) -> bool:
    """An address of another container: `jaeger:4317`, `otel.observability.svc:4317`."""
    if leaf.field != "endpoint" or leaf.path[0] != "exporters":
        return False
    address = addresses.parse(text)
    return address is not None and not address.is_loopback and address.is_neighbour


def _listening(whole: Config) -> Iterator[Leaf]:
    """Addresses of every interface; an exporter may call its own host by them."""
    for leaf, text in leaves.texts(whole.leaves):
        listens = leaf.path[0] in _LISTENING and leaf.field in _ADDRESS_KEYS
        if listens and _EVERYWHERE.fullmatch(text.strip()):
            yield leaf
    for one in listeners.find(whole):
        if one.is_written and one.address and one.address.is_everywhere:
            path = (one.component.kind, one.component.id)
            yield Leaf(path, one.component.id, one.text, one.where)


def _open(leaf: Leaf) -> Finding:
    shown = str(leaf.value)[:LONGEST]
    return findings.warning(
        EXPOSED,
        f"`{leaf.name}` is `{shown}`: everybody who reaches the host can connect",
        leaf.where,
        "name the one interface that is meant, or `localhost`",
    )


def _in_production(whole: Config) -> Iterator[Finding]:
    used = {one.id for pipeline in whole.pipelines for one in pipeline.exporters}
    for component in whole.components["exporters"].values():
        verbosity = config.at(component.settings, "verbosity")
        in_use = component.type == "debug" and component.id in used
        if in_use and isinstance(verbosity, Scalar) and verbosity.value == "detailed":
            message = f"`{component.id}` writes all data to the log, in production"
            hint = "set `verbosity: basic`, or leave it out of the pipelines"
            yield findings.warning(IN_PRODUCTION, message, verbosity.where, hint)
    for one in listeners.find(whole):
        if one.component.type in _DEBUGGING and one.is_public:
            message = f"`{one.component.id}` is open to others, in production"
            hint = "listen on `localhost`: the inside of a Collector is nobody else's"
            yield findings.warning(IN_PRODUCTION, message, one.where, hint)


def _unguarded(leaf: Leaf, tree: Table) -> Iterator[Finding]:
    """A switch in `tls` that matters for the `endpoint` beside that."""
    address = _called(leaves.at(tree, leaf.path[:-2]))
    who = f"`{leaf.path[1]}`"
    if leaf.field == "insecure":
        if address and not _is_own(address):
            message = f"{who} sends to `{address.host[:LONGEST]}` in clear"
            hint = "take out `insecure: true`, and name the CA if it is your own"
            yield findings.warning(EXPOSED, message, leaf.where, hint)
        return
    insecure = leaves.at(tree, (*leaf.path[:-1], "insecure"))
    has_tls = not (isinstance(insecure, Scalar) and insecure.value is True)
    if has_tls and not _is_moot(address):
        message = f"{who} trusts whoever answers, in spite of TLS"
        hint = "name the CA of the other side in `tls.ca_file`"
        yield findings.warning(EXPOSED, message, leaf.where, hint)


def _is_moot(address: Address | None) -> bool:
    """Whether there is no TLS to be verified, or nobody in between."""
    return address is not None and (address.is_loopback or address.scheme == "http")


def _called(holder: Node | None) -> Address | None:
    endpoint = config.at(holder, "endpoint") if holder else None
    text = endpoint.value if isinstance(endpoint, Scalar) else None
    return addresses.parse(text) if isinstance(text, str) else None


def _is_own(address: Address) -> bool:
    """This host, a network of its owner's, or what only the agent knows."""
    near = address.is_loopback or address.is_neighbour or address.is_private
    return address.is_opaque or near
