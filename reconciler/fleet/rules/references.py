"""Ids that pipelines and `service.extensions` name, and what they stand for.

The Collector stops at the first broken one, in no order; here all are told, each with
the id that was probably meant.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules.config import Config, Reference
from reconciler.fleet.rules.subject import Subject
from reconciler.fleet.syntax import spelling

UNDEFINED: Final = "E010"
AMBIGUOUS: Final = "E013"

_SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "receivers": ("receivers", "connectors"),
    "processors": ("processors",),
    "exporters": ("exporters", "connectors"),
    "extensions": ("extensions",),
}


def check(subject: Subject) -> Iterator[Finding]:
    """References to nothing, and connectors that a reference cannot tell apart."""
    config = subject.config
    yield from _undefined(config, "extensions", "service", config.extensions)
    for pipeline in config.pipelines:
        for side, references in pipeline.sides():
            path = f"service.pipelines.{pipeline.id}"
            yield from _undefined(config, side, path, references)
    yield from _ambiguous(config)


def _undefined(
    config: Config, kind: str, path: str, references: tuple[Reference, ...]
) -> Iterator[Finding]:
    sources = _SOURCES[kind]
    if config.opaque & set(sources):
        return
    defined = [config.components[source] for source in sources]
    for one in references:
        if not any(one.id in section for section in defined):
            message = f"`{path}.{kind}` names `{one.id}`, which is not defined"
            yield findings.error(
                UNDEFINED, message, one.where, _define(config, kind, one)
            )


def _define(config: Config, kind: str, reference: Reference) -> str:
    names = {one for source in _SOURCES[kind] for one in config.components[source]}
    if near := spelling.nearest(reference.id, names):
        return f"did you mean `{near}`?"
    for other, section in config.components.items():
        if reference.id in section:
            return f"it is defined under `{other}`"
    return f"define it under `{'` or `'.join(_SOURCES[kind])}`"


def _ambiguous(config: Config) -> Iterator[Finding]:
    for id_, connector in config.components["connectors"].items():
        for kind in ("exporters", "receivers"):
            if other := config.components[kind].get(id_):
                message = f"`{id_}` is a connector and one of the {kind}"
                yield findings.error(
                    AMBIGUOUS,
                    message,
                    connector.where,
                    f"give one of them a name, such as `{connector.type}/connector`",
                    also=(other.where,),
                )
