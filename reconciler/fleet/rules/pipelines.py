"""Pipelines that carry nothing: none at all, without an end, or of no signal.

The Collector tells of one and stops; the checks are its own, with its feature gates at
their defaults.
"""

from collections.abc import Iterator
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.rules import config
from reconciler.fleet.rules.config import SIGNALS, Config, Pipeline, Reference
from reconciler.fleet.rules.subject import Subject
from reconciler.fleet.syntax import spelling
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table

INCOMPLETE: Final = "E011"
TWICE: Final = "E012"

PROFILES_GATE: Final = "service.profilesSupport"


def check(subject: Subject) -> Iterator[Finding]:
    """What is missing from a config to carry anything, and what stands in it twice."""
    yield from _sections(subject.config)
    yield from _none(subject.config)
    for pipeline in subject.config.pipelines:
        yield from _signal(pipeline, subject)
        yield from _ends(pipeline)
        for side, references in pipeline.sides():
            severity = Severity.ERROR if side == "processors" else Severity.WARNING
            path = f"service.pipelines.{pipeline.id}.{side}"
            yield from _twice(path, references, severity)
    extensions = subject.config.extensions
    yield from _twice("service.extensions", extensions, Severity.WARNING)


def _sections(read: Config) -> Iterator[Finding]:
    for kind in ("receivers", "exporters"):
        section = config.child(read.tree, kind)
        if _is_empty(section):
            message = f"the config has no {kind}"
            hint = "the Collector needs at least one, even where connectors do the work"
            yield findings.error(INCOMPLETE, message, section.where, hint)


def _none(read: Config) -> Iterator[Finding]:
    service = config.child(read.tree, "service")
    if config.is_opaque(service):
        return
    inside = config.at(service, "pipelines")
    pipelines = service if inside is None else inside
    if inside is None or _is_empty(pipelines):
        message = "the config has no pipelines"
        hint = "the Collector needs at least one under `service.pipelines`"
        yield findings.error(INCOMPLETE, message, pipelines.where, hint)


def _signal(pipeline: Pipeline, subject: Subject) -> Iterator[Finding]:
    if pipeline.signal not in SIGNALS:
        near = spelling.nearest(pipeline.signal, SIGNALS)
        hint = (
            f"did you mean `{near}`?"
            if near
            else f"a pipeline is one of {', '.join(SIGNALS)}, or one with `/name`"
        )
        message = f"`{pipeline.id}` is no kind of pipeline"
        yield findings.error(INCOMPLETE, message, pipeline.where, hint)
    elif pipeline.signal == "profiles":
        # A fleet's agents may be started with the gate on, and often are.
        bare = subject.labels is None
        yield findings.of(
            Severity.ERROR if bare else Severity.WARNING,
            INCOMPLETE,
            f"pipeline `{pipeline.id}` needs a Collector that carries profiles",
            pipeline.where,
            f"start it with `--feature-gates={PROFILES_GATE}`",
        )


def _ends(pipeline: Pipeline) -> Iterator[Finding]:
    if config.is_opaque(pipeline.node):
        return
    node, where = pipeline.node, pipeline.where
    sides = node if isinstance(node, Table) else Table({}, where)
    for side in ("receivers", "exporters"):
        if _is_empty(config.child(sides, side)):
            place = sides.items[side][0] if side in sides.items else where
            message = f"pipeline `{pipeline.id}` has no {side}"
            yield findings.error(INCOMPLETE, message, place)


def _twice(
    path: str, references: tuple[Reference, ...], severity: Severity
) -> Iterator[Finding]:
    first = {one.id: one.where for one in reversed(references)}
    for one in references:
        if first[one.id] is not one.where:
            yield findings.of(
                severity,
                TWICE,
                f"`{path}` names `{one.id}` twice",
                one.where,
                "delete one",
                also=(first[one.id],),
            )


def _is_empty(node: Node) -> bool:
    match node:
        case Scalar(None | ""):
            return True
        case Sequence(items) | Table(items):
            return not items
        case _:
            return False
