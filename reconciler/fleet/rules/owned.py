"""What the supervisor of a Collector writes itself, so that nobody else should.

It adds the `opamp` extension and the instance id to every config it is sent. A fleet
that sets them fights it: agents lose their connection or their identity. A Collector
outside a fleet may well set both.
"""

from collections.abc import Iterator
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules import config
from reconciler.fleet.rules.subject import Subject
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table

OWNED: Final = "E050"

_EXTENSION: Final = "opamp"
_INSTANCE: Final = "service.instance.id"


def check(subject: Subject) -> Iterator[Finding]:
    """What is set that the supervisor sets."""
    if subject.labels is None:
        return
    extension = subject.config.components["extensions"].get(_EXTENSION)
    if extension:
        message = "the extension `opamp` belongs to the supervisor, which adds its own"
        yield findings.error(OWNED, message, extension.where, "delete it")
    else:
        yield from _enabled(subject)
    resource = config.at(subject.config.tree, "service", "telemetry", "resource")
    for where in _instance_ids(resource):
        message = f"`{_INSTANCE}` belongs to the supervisor: it is the agent's identity"
        hint = "delete it; every agent gets one of its own"
        yield findings.error(OWNED, message, where, hint)


def _enabled(subject: Subject) -> Iterator[Finding]:
    """The extension named in `service.extensions`, without being configured."""
    for reference in subject.config.extensions:
        if reference.id == _EXTENSION:
            message = "the supervisor enables its extension `opamp` itself"
            yield findings.error(OWNED, message, reference.where, "delete the item")


def _instance_ids(resource: Node | None) -> Iterator[Where]:
    """In a map of attributes, and in the list that newer releases take."""
    if not isinstance(resource, Table):
        return
    if _INSTANCE in resource.items:
        yield resource.items[_INSTANCE][0]
    attributes = config.child(resource, "attributes")
    for item in attributes.items if isinstance(attributes, Sequence) else ():
        name = config.at(item, "name")
        if isinstance(name, Scalar) and name.value == _INSTANCE:
            yield name.where
