"""The order of processors in a pipeline, where it decides whether data is lost.

The Collector runs any order. `memory_limiter` protects only what comes after it; what
follows `batch` has lost the connection that data came over, and works on data that has
been gathered for nothing.
"""

from collections.abc import Iterator
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules import config, leaves, listeners
from reconciler.fleet.rules.config import Pipeline, Reference
from reconciler.fleet.rules.subject import Subject
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence

LIMITER: Final = "W021"
BATCH: Final = "W022"
SAMPLING: Final = "W023"

_K8S: Final = frozenset({"k8sattributes", "k8s_attributes"})
_SAMPLERS: Final = frozenset({"tail_sampling", "probabilistic_sampler"})
_REGROUP: Final = frozenset({"tail_sampling", "groupbytrace"})
"""Processors that gather whole traces, and let go of the connection they came over."""

_IDLE: Final = frozenset({"debug", "logging", "nop", "file"})
"""Exporters of configs that try something out."""


def check(subject: Subject) -> Iterator[Finding]:
    """What stands in the wrong place, once for each place."""
    pipelines = [one for one in subject.config.pipelines if not one.opaque]
    yield from _unlimited(subject, pipelines)
    for pipeline in pipelines:
        yield from _late_limiter(pipeline)
        yield from _after_batch(subject, pipeline)
        yield from _after_regrouping(subject, pipeline)


def _types(references: tuple[Reference, ...]) -> list[str]:
    return [one.type for one in references]


def _unlimited(subject: Subject, pipelines: list[Pipeline]) -> Iterator[Finding]:
    """Pipelines that others send to; one finding where no pipeline has a limiter."""
    open_ones = [
        one
        for one in pipelines
        if any(map(listeners.receives, _types(one.receivers)))
        and not _IDLE.issuperset(_types(one.exporters))
        and not _passes_on(subject, one)
        and "memory_limiter" not in _types(one.processors)
    ]
    limited = any("memory_limiter" in _types(one.processors) for one in pipelines)
    hint = "put `memory_limiter` first: it refuses data before memory runs out"
    for pipeline in open_ones if limited else open_ones[:1]:
        who = f"pipeline `{pipeline.id}` has no" if limited else "no pipeline has a"
        message = f"{who} `memory_limiter`: a burst of data can end the Collector"
        yield findings.warning(LIMITER, message, pipeline.where, hint)


def _passes_on(subject: Subject, pipeline: Pipeline) -> bool:
    """Whether it only hands data to connectors, so that a later pipeline may limit."""
    connectors = subject.config.components["connectors"]
    return all(one.id in connectors for one in pipeline.exporters)


def _late_limiter(pipeline: Pipeline) -> Iterator[Finding]:
    for index, one in enumerate(pipeline.processors):
        if one.type == "memory_limiter" and index:
            before = pipeline.processors[0].id
            message = f"`{one.id}` stands after `{before}`, which it does not protect"
            yield findings.warning(LIMITER, message, one.where, "put it first")
            return


def _after_batch(subject: Subject, pipeline: Pipeline) -> Iterator[Finding]:
    """The first processor that `batch` keeps from its work."""
    types = _types(pipeline.processors)
    if "batch" not in types:
        return
    batch = pipeline.processors[types.index("batch")]
    later = pipeline.processors[types.index("batch") + 1 :]
    for one in later:
        if one.type in _SAMPLERS:
            message = f"`{one.id}` samples after `{batch.id}` has gathered everything"
            hint = f"put it before `{batch.id}`"
            also = (batch.where,)
            yield findings.warning(SAMPLING, message, one.where, hint, also=also)
    for one in later:
        if reason := _hindered(subject, one, batch):
            message = f"`{batch.id}` stands before `{one.id}`, {reason}"
            hint = "put it last, or batch in the exporter: `sending_queue.batch`"
            also = (one.where,)
            yield findings.warning(BATCH, message, batch.where, hint, also=also)
            return


def _hindered(subject: Subject, one: Reference, batch: Reference) -> str | None:
    if one.type == "filter":
        return "which drops part of every batch again"
    if one.type in _K8S and _asks_connection(subject, one):
        return "which can no longer see who sent the data"
    if _reads_context(subject, one) and not _keeps_metadata(subject, batch):
        return "which can no longer read the metadata of a request"
    return None


def _settings(subject: Subject, one: Reference) -> Node | None:
    component = subject.config.components["processors"].get(one.id)
    return component.settings if component else None


def _asks_connection(subject: Subject, one: Reference) -> bool:
    """The default; not where every association is by attributes of the data."""
    node = _settings(subject, one)
    rules = config.at(node, "pod_association") if node else None
    if not isinstance(rules, Sequence) or not rules.items:
        return True
    return any(text == "connection" for _, text in leaves.texts(leaves.walk(rules)))


def _reads_context(subject: Subject, one: Reference) -> bool:
    node = _settings(subject, one)
    actions = config.at(node, "actions") if node else None
    return isinstance(actions, Sequence) and any(
        isinstance(config.at(action, "from_context"), Scalar)
        for action in actions.items
    )


def _keeps_metadata(subject: Subject, batch: Reference) -> bool:
    node = _settings(subject, batch)
    keys = config.at(node, "metadata_keys") if node else None
    return isinstance(keys, Sequence) and bool(keys.items)


def _after_regrouping(subject: Subject, pipeline: Pipeline) -> Iterator[Finding]:
    types = _types(pipeline.processors)
    first = next((i for i, type_ in enumerate(types) if type_ in _REGROUP), len(types))
    for one in pipeline.processors[first + 1 :]:
        if one.type in _K8S and _asks_connection(subject, one):
            gathers = pipeline.processors[first]
            message = f"`{one.id}` is after `{gathers.id}`, which forgets the sender"
            hint = f"put it before `{gathers.id}`"
            also = (gathers.where,)
            yield findings.warning(SAMPLING, message, one.where, hint, also=also)
