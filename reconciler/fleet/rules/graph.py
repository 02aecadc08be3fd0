"""How pipelines hang together: connectors, circles, and the signals components take.

The Collector builds the same graph when it starts. `check` needs nothing but the
config, and takes the catalogue's word only where there is one; `signals` is about what
the catalogue alone knows. What the agent fills in could be the missing end of anything,
so a config with such a pipeline is never called one-sided.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules import circles
from reconciler.fleet.rules.circles import Edges, Node, Step
from reconciler.fleet.rules.config import SIGNALS, Config, Pipeline, Reference
from reconciler.fleet.rules.subject import Basis, Subject

ONE_SIDED: Final = "E014"
CIRCLE: Final = "E015"
WRONG_SIGNAL: Final = "E016"

_Pairs: TypeAlias = frozenset[tuple[str, str]]
_Uses: TypeAlias = dict[str, list[tuple[Pipeline, Reference]]]


@dataclass(frozen=True, slots=True)
class _Connector:
    """A connector that pipelines name.

    Attributes:
        takes: By signal, the pipelines of which it is an exporter.
        gives: By signal, the pipelines of which it is a receiver.
    """

    id: str
    takes: _Uses = field(default_factory=dict)
    gives: _Uses = field(default_factory=dict)

    def ways(self, supported: _Pairs | None) -> _Pairs:
        """From which signal to which; of unknown pairs those that cannot be missing."""
        all_ = frozenset((one, other) for one in self.takes for other in self.gives)
        if supported is not None:
            return all_ & supported
        return all_ if min(len(self.takes), len(self.gives)) == 1 else frozenset()


def check(subject: Subject) -> Iterator[Finding]:
    """Connectors with one side, and data that goes in a circle."""
    connectors = _connectors(subject.config)
    if not _is_open_ended(subject.config):
        for connector in connectors:
            yield from _one_sided(connector)
    edges: Edges = {}
    for connector in connectors:
        is_guess = subject.basis is Basis.GUESSED
        supported = None if is_guess else _supported(subject, connector)
        _connect(edges, connector, supported)
    for circle in circles.find(edges):
        yield _circle(circle)


def signals(subject: Subject) -> Iterator[Finding]:
    """Components in pipelines of a signal that they do not take or give."""
    if not _is_open_ended(subject.config):
        for connector in _connectors(subject.config):
            yield from _unsupported(connector, subject)
    for pipeline in subject.config.pipelines:
        if pipeline.signal in SIGNALS:
            yield from _wrong_signal(pipeline, subject)


def _connectors(config: Config) -> list[_Connector]:
    found = {id_: _Connector(id_) for id_ in config.components["connectors"]}
    for pipeline in config.pipelines:
        if pipeline.signal in SIGNALS:
            for one in pipeline.exporters:
                if one.id in found:
                    _use(found[one.id].takes, pipeline, one)
            for one in pipeline.receivers:
                if one.id in found:
                    _use(found[one.id].gives, pipeline, one)
    return [one for one in found.values() if one.takes or one.gives]


def _use(uses: _Uses, pipeline: Pipeline, reference: Reference) -> None:
    uses.setdefault(pipeline.signal, []).append((pipeline, reference))


def _is_open_ended(config: Config) -> bool:
    """Whether a connector could stand where only the agent sees it."""
    return "service.pipelines" in config.opaque or any(
        pipeline.open_ended for pipeline in config.pipelines
    )


def _supported(subject: Subject, connector: _Connector) -> _Pairs | None:
    known = subject.known(subject.config.components["connectors"][connector.id])
    return known.pairs if known else None


def _one_sided(connector: _Connector) -> Iterator[Finding]:
    if connector.takes and connector.gives:
        return
    uses = connector.takes or connector.gives
    one, other = "an exporter", "receiver"
    if connector.gives:
        one, other = "a receiver", "exporter"
    where, also = _places(uses)
    yield findings.error(
        ONE_SIDED,
        f"connector `{connector.id}` is {one} of {_named(uses)}, and the {other} of "
        "none",
        where,
        f"name it under `{other}s` of the pipeline at its other end",
        also=also,
    )


def _unsupported(connector: _Connector, subject: Subject) -> Iterator[Finding]:
    supported = _supported(subject, connector)
    if supported is None or not (connector.takes and connector.gives):
        return
    ways = connector.ways(supported)
    sides = (
        (connector.takes, {one for one, _ in ways}, "an exporter", "receiver"),
        (connector.gives, {other for _, other in ways}, "a receiver", "exporter"),
    )
    for uses, served, one, other in sides:
        for signal in (signal for signal in uses if signal not in served):
            unserved = {signal: uses[signal]}
            where, also = _places(unserved)
            yield findings.of(
                subject.basis.severity,
                ONE_SIDED,
                f"connector `{connector.id}` is {one} of {_named(unserved)}, and the "
                f"{other} of no pipeline to which that could lead",
                where,
                f"it leads {_shown(supported)}" if supported else None,
                also=also,
            )


def _shown(pairs: _Pairs) -> str:
    return ", ".join(f"{one} to {other}" for one, other in sorted(pairs))


def _named(uses: _Uses) -> str:
    names = [f"`{pipeline.id}`" for places in uses.values() for pipeline, _ in places]
    return ", ".join(names)


def _places(uses: _Uses) -> tuple[Where, tuple[Where, ...]]:
    """The first place of a use, and the others."""
    first, *more = (one.where for places in uses.values() for _, one in places)
    return first, tuple(more)


def _connect(edges: Edges, connector: _Connector, supported: _Pairs | None) -> None:
    """As the Collector does: pipeline to connector to pipeline, a way at a time."""
    for one, other in sorted(connector.ways(supported)):
        middle: Node = (connector.id, one, other)
        for pipeline, reference in connector.takes[one]:
            step = Step(pipeline.id, middle, reference.where)
            edges.setdefault(pipeline.id, []).append(step)
        for pipeline, reference in connector.gives[other]:
            step = Step(middle, pipeline.id, reference.where)
            edges.setdefault(middle, []).append(step)


def _circle(circle: list[Step]) -> Finding:
    stations = [*(step.start for step in circle), circle[0].start]
    path = " -> ".join(
        f"`{one}`" if isinstance(one, str) else f"`{one[0]}`" for one in stations
    )
    return findings.error(
        CIRCLE,
        f"data would go in a circle: {path}",
        circle[0].where,
        "take the connector out of one of these pipelines",
        also=tuple(step.where for step in circle[1:]),
    )


def _wrong_signal(pipeline: Pipeline, subject: Subject) -> Iterator[Finding]:
    for side, references in pipeline.sides():
        for one in references:
            defined = subject.config.components[side].get(one.id)
            known = subject.known(defined) if defined else None
            if defined is None or known is None or known.signals is None:
                continue
            if pipeline.signal not in known.signals:
                takes = ", ".join(sorted(known.signals)) or "no signal"
                yield findings.of(
                    subject.basis.severity,
                    WRONG_SIGNAL,
                    f"{side[:-1]} `{one.id}` does not support {pipeline.signal}",
                    one.where,
                    f"it supports {takes}; name it in a pipeline of that signal",
                    also=(defined.where,),
                )
