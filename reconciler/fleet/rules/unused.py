"""Components that do nothing: in no pipeline, or an extension that is not enabled.

The Collector checks their settings all the same, and never starts them.
"""

from collections.abc import Iterator
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules import config
from reconciler.fleet.rules.config import SIDES, Config
from reconciler.fleet.rules.subject import Subject

UNUSED: Final = "W020"


def check(subject: Subject) -> Iterator[Finding]:
    """What is configured and named nowhere."""
    service = config.child(subject.config.tree, "service")
    if not config.is_opaque(service):
        yield from _outside_pipelines(subject.config)
        yield from _not_enabled(subject.config)


def _outside_pipelines(read: Config) -> Iterator[Finding]:
    if read.opaque or any(pipeline.opaque for pipeline in read.pipelines):
        return
    used: dict[str, set[str]] = {side: set() for side in SIDES}
    for pipeline in read.pipelines:
        for side, references in pipeline.sides():
            used[side].update(one.id for one in references)
    used["connectors"] = used["receivers"] | used["exporters"]
    for component in read.all():
        if component.kind in used and component.id not in used[component.kind]:
            yield findings.warning(
                UNUSED,
                f"{component.kind[:-1]} `{component.id}` is in no pipeline",
                component.where,
                "name it in a pipeline, or delete it",
            )


def _not_enabled(read: Config) -> Iterator[Finding]:
    listed = config.at(read.tree, "service", "extensions")
    if listed is not None and config.has_opaque(listed):
        return
    enabled = {one.id for one in read.extensions}
    for component in read.components["extensions"].values():
        if component.id not in enabled:
            yield findings.warning(
                UNUSED,
                f"extension `{component.id}` is not enabled",
                component.where,
                "add it to `service.extensions`, or delete it",
            )
