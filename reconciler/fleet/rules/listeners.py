"""What a config listens on: the addresses its components bind when they start.

Read by the rules on order, exposure and endpoints. Only types that are sure to listen
are here, each with the ports it takes where a config names none; many more receivers
call out to an `endpoint` instead, and two of those may well share one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.rules import addresses, config
from reconciler.fleet.rules.addresses import Address
from reconciler.fleet.rules.config import Component, Config
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table
from reconciler.fleet.syntax.pointers import Path


@dataclass(frozen=True, slots=True)
class Listener:
    """One address of one component.

    Attributes:
        component: Who listens.
        text: The address as it is written, or as it is by default.
        address: None when the text is none.
        transport: `tcp` or `udp`.
        where: The value, or what stands for it where the default counts.
        is_written: Not a default.
    """

    component: Component
    text: str
    address: Address | None
    transport: str
    where: Where
    is_written: bool

    @property
    def is_public(self) -> bool:
        """Whether it is known that others can connect."""
        address = self.address
        return address is not None and not (address.is_loopback or address.is_opaque)


@dataclass(frozen=True, slots=True)
class _Port:
    """Where a component looks for an address.

    Attributes:
        path: Of the setting; above its last key something must be written for the
            component to listen, unless `always`.
        default: The address when the setting is missing.
    """

    path: Path
    default: str
    transport: str = "tcp"
    always: bool = False


def _one(default: str, transport: str = "tcp", key: str = "endpoint") -> tuple[_Port]:
    return (_Port((key,), default, transport, always=True),)


def _protocols(
    ports: Mapping[str, str], udp: frozenset[str] = frozenset()
) -> tuple[_Port, ...]:
    return tuple(
        _Port(("protocols", name, "endpoint"), default, "udp" if name in udp else "tcp")
        for name, default in ports.items()
    )


_JAEGER_UDP: Final = frozenset({"thrift_compact", "thrift_binary"})
_RECEIVERS: Final[Mapping[str, tuple[_Port, ...]]] = {
    "otlp": _protocols({"grpc": "localhost:4317", "http": "localhost:4318"}),
    "jaeger": _protocols(
        {
            "grpc": "localhost:14250",
            "thrift_http": "localhost:14268",
            "thrift_compact": "localhost:6831",
            "thrift_binary": "localhost:6832",
        },
        _JAEGER_UDP,
    ),
    "skywalking": _protocols({"grpc": "localhost:11800", "http": "localhost:12800"}),
    "loki": _protocols({"grpc": "localhost:3600", "http": "localhost:3500"}),
    "zipkin": _one("localhost:9411"),
    "opencensus": _one("localhost:55678"),
    "carbon": _one("localhost:2003"),
    "collectd": _one("localhost:8081"),
    "datadog": _one("localhost:8126"),
    "fluentforward": _one(""),
    "influxdb": _one("localhost:8086"),
    "sapm": _one("localhost:7276"),
    "signalfx": _one("localhost:9943"),
    "splunk_hec": _one("localhost:8088"),
    "statsd": _one("localhost:8125", "udp"),
    "tcplog": _one("", key="listen_address"),
    "udplog": _one("", "udp", key="listen_address"),
    "syslog": (
        _Port(("tcp", "listen_address"), ""),
        _Port(("udp", "listen_address"), "", "udp"),
    ),
    "webhookevent": _one(""),
    "awsfirehose": _one("localhost:4433"),
    "awsxray": _one("localhost:2000", "udp"),
}
_EXTENSIONS: Final[Mapping[str, tuple[_Port, ...]]] = {
    "health_check": _one("localhost:13133"),
    "healthcheckv2": (_Port(("http", "endpoint"), "localhost:13133"),),
    "pprof": _one("localhost:1777"),
    "zpages": _one("localhost:55679"),
    "http_forwarder": (_Port(("ingress", "endpoint"), "localhost:6060"),),
}
_EXPORTERS: Final[Mapping[str, tuple[_Port, ...]]] = {
    "prometheus": _one(""),
}


def receives(type_: str) -> bool:
    """Whether a receiver of this type is sent data, instead of fetching it."""
    return type_ in _RECEIVERS


def find(subject: Config) -> Iterator[Listener]:
    """The addresses of the Collector itself, and of components that are used."""
    yield from _telemetry(subject)
    pipelines = subject.pipelines
    used = {one.id for pipeline in pipelines for one in pipeline.receivers}
    yield from _section(subject, "receivers", _RECEIVERS, used)
    used = {one.id for pipeline in pipelines for one in pipeline.exporters}
    yield from _section(subject, "exporters", _EXPORTERS, used)
    used = {one.id for one in subject.extensions}
    yield from _section(subject, "extensions", _EXTENSIONS, used)


def _section(
    subject: Config, kind: str, ports: Mapping[str, tuple[_Port, ...]], used: set[str]
) -> Iterator[Listener]:
    for component in subject.components[kind].values():
        if component.id in used:
            for port in ports.get(component.type, ()):
                yield from _listen(component, port)


def _listen(component: Component, port: _Port) -> Iterator[Listener]:
    *holders, key = port.path
    holder = config.at(component.settings, *holders)
    if holder is None and not port.always:
        return
    written = config.at(holder, key) if isinstance(holder, Table) else None
    transport = port.transport
    if component.type == "statsd" and isinstance(holder, Table):
        transport = _transport(holder)
    if isinstance(written, Scalar) and isinstance(written.value, str):
        yield _listener(component, written.value, written.where, transport=transport)
    elif written is None and port.default:
        where = _stands_for(component, holders)
        yield _listener(
            component, port.default, where, transport=transport, is_written=False
        )


def _transport(holder: Table) -> str:
    named = config.child(holder, "transport")
    text = named.value if isinstance(named, Scalar) else None
    return "tcp" if isinstance(text, str) and text.startswith("tcp") else "udp"


def _stands_for(component: Component, holders: list[str]) -> Where:
    """The key of the protocol, or of the component, that takes a default."""
    if not holders:
        return component.where
    above = config.at(component.settings, *holders[:-1])
    return above.items[holders[-1]][0] if isinstance(above, Table) else component.where


_OWN_METRICS: Final = "localhost:8888"
"""Where the Collector shows its own metrics unless it is told otherwise."""


def _telemetry(subject: Config) -> Iterator[Listener]:
    itself = Component("service", "service.telemetry", subject.tree.where, subject.tree)
    metrics = config.at(subject.tree, "service", "telemetry", "metrics")
    holder = metrics if isinstance(metrics, Table) else Table({}, subject.tree.where)
    level, readers = config.child(holder, "level"), config.child(holder, "readers")
    if isinstance(level, Scalar) and level.value == "none":
        return
    address = config.child(holder, "address")
    if isinstance(readers, Sequence):
        for reader in readers.items:
            yield from _reader(itself, reader)
    elif isinstance(address, Scalar) and isinstance(address.value, str):
        yield _listener(itself, address.value, address.where)
    elif not any(map(config.is_opaque, (metrics or holder, readers))):
        yield _listener(itself, _OWN_METRICS, itself.where, is_written=False)


def _reader(itself: Component, reader: Node) -> Iterator[Listener]:
    exporter = config.at(reader, "pull", "exporter", "prometheus")
    if not isinstance(exporter, Table):
        return
    host, port = config.child(exporter, "host"), config.child(exporter, "port")
    if isinstance(host, Scalar) and isinstance(port, Scalar) and port.value is not None:
        if host.value is None:
            yield _listener(itself, f"localhost:{port.value}", port.where)
        else:
            yield _listener(itself, f"{host.value}:{port.value}", host.where)


def _listener(
    component: Component,
    text: str,
    where: Where,
    *,
    transport: str = "tcp",
    is_written: bool = True,
) -> Listener:
    address = addresses.parse(text)
    return Listener(component, text, address, transport, where, is_written)
