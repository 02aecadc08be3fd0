"""The shape of a Collector config: sections, keys, ids, and what stands under them.

Every build of the Collector refuses what is refused here. A part of a config is held to
it too, since no merge mends a key that does not exist.
"""

from collections.abc import Collection, Iterator
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules import config, ids
from reconciler.fleet.rules.config import COMPONENTS, SECTIONS, SIDES
from reconciler.fleet.rules.subject import Subject
from reconciler.fleet.syntax import fields, spelling
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table

SERVICE: Final = ("extensions", "pipelines", "telemetry")
"""The keys of `service`."""


def check(subject: Subject) -> Iterator[Finding]:
    """What no Collector could decode."""
    yield from fragment(subject.config.tree)


def fragment(tree: Table) -> Iterator[Finding]:
    """The same of a part of a config, whatever it is merged with."""
    yield from _unknown(tree, SECTIONS, "section")
    for kind in COMPONENTS:
        section = config.child(tree, kind)
        yield from _no_table(kind, section)
        if isinstance(section, Table):
            yield from ids.check(section, kind)
            for key, (_, settings) in section.items.items():
                yield from _no_table(f"{kind}.{key}", settings)
    service = config.child(tree, "service")
    yield from _no_table("service", service)
    if isinstance(service, Table):
        yield from _service(service)


def _service(service: Table) -> Iterator[Finding]:
    yield from _unknown(service, SERVICE, "field", "service.")
    yield from _ids("service.extensions", config.child(service, "extensions"))
    yield from _no_table("service.telemetry", config.child(service, "telemetry"))
    pipelines = config.child(service, "pipelines")
    yield from _no_table("service.pipelines", pipelines)
    if isinstance(pipelines, Table):
        yield from ids.twice(pipelines, "service.pipelines")
        for name, (where, pipeline) in pipelines.items.items():
            yield from _pipeline(name, where, pipeline)


def _pipeline(name: str, where: Where, pipeline: Node) -> Iterator[Finding]:
    _, slash, rest = config.trimmed(name).partition("/")
    if slash:
        yield from ids.check_name(rest, name, where, "service.pipelines")
    path = f"service.pipelines.{name}"
    yield from _no_table(path, pipeline)
    if isinstance(pipeline, Table):
        yield from _unknown(pipeline, SIDES, "field", f"{path}.")
        for side in SIDES:
            yield from _ids(f"{path}.{side}", config.child(pipeline, side))


def _ids(path: str, node: Node) -> Iterator[Finding]:
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _item(path, item)
    elif not config.is_null(node) and not config.is_opaque(node):
        yield _wrong(path, "a list", node)


def _item(path: str, item: Node) -> Iterator[Finding]:
    match item:
        case Scalar(str(text)):
            if not config.is_opaque(item):
                yield from ids.check_id(text, item.where, path)
        case _:
            yield _wrong(f"an item of `{path}`", "the id of a component", item)


def _unknown(
    table: Table, known: Collection[str], what: str, path: str = ""
) -> Iterator[Finding]:
    for key, (where, _) in table.items.items():
        if key not in known:
            message = f"unknown {what} `{path}{key}`"
            hint = spelling.hint(key, known)
            yield findings.error(fields.UNKNOWN_FIELD, message, where, hint)


def _no_table(path: str, node: Node) -> Iterator[Finding]:
    if isinstance(node, Table) or config.is_null(node) or config.is_opaque(node):
        return
    yield _wrong(path, "a mapping", node)


def _wrong(path: str, what: str, node: Node) -> Finding:
    shown = path if path.startswith("an item") else f"`{path}`"
    message = f"{shown} must be {what}, not {fields.kind_of(node)}"
    return findings.error(fields.WRONG_VALUE, message, node.where)
