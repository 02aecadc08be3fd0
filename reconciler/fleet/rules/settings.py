"""Settings of components, held against what the catalogue's Collector decodes.

Only what its decoder was seen to refuse is refused. What the agent fills in may become
anything and is passed over; a component without settings has its defaults.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.catalogue.model import Setting, Shape
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.rules import config, successors, values
from reconciler.fleet.rules.subject import Subject
from reconciler.fleet.syntax import fields, spelling
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table

DEPRECATED: Final = "W031"
NO_UNIT: Final = "W061"

_TAKES: Final[Mapping[Shape, str]] = {
    Shape.STRING: "text",
    Shape.BOOL: "true or false",
    Shape.INT: "a whole number",
    Shape.FLOAT: "a number",
    Shape.DURATION: "a duration such as `10s`",
    Shape.LIST: "a list",
    Shape.MAP: "a mapping",
    Shape.STRUCT: "a mapping",
}


def check(subject: Subject) -> Iterator[Finding]:
    """Keys and values that the Collector could not decode, and those it regrets."""
    walk = _Walk(subject.settings_severity)
    service = config.child(subject.config.tree, "service")
    if isinstance(service, Table) and "telemetry" in service.items:
        telemetry = subject.catalogue.service.fields.get("telemetry")
        if telemetry:
            node = service.items["telemetry"][1]
            yield from walk.value(node, telemetry, ("service", "telemetry"))
    for component in subject.config.all():
        known = subject.known(component)
        if known and known.settings and not config.is_null(component.settings):
            yield from _of(component, known.settings, subject)


def _of(
    component: config.Component, known: Setting, subject: Subject
) -> tuple[Finding, ...]:
    path = (component.kind, component.id)
    severity = subject.settings_severity
    return subject.once(
        (component.settings, known),
        ("settings", path, severity),
        lambda: _Walk(severity).value(component.settings, known, path),
    )


class _Walk:
    """Goes through settings side by side with what is known of them."""

    def __init__(self, severity: Severity) -> None:
        self._severity = severity

    def value(
        self, node: Node, setting: Setting, path: tuple[str, ...]
    ) -> Iterator[Finding]:
        if config.is_opaque(node):
            return
        if values.word(node, setting.shape) in setting.rejects:
            yield self._wrong(node, setting, path)
        elif setting.choices:
            yield from self._choice(node, setting.choices, path)
        else:
            yield from self._inside(node, setting, path)

    def _inside(
        self, node: Node, setting: Setting, path: tuple[str, ...]
    ) -> Iterator[Finding]:
        match node, setting.shape:
            case Scalar(int(number)), Shape.DURATION if number:
                yield _no_unit(node, path)
            case Table(), Shape.STRUCT if setting.variants:
                yield from self._variant(node, setting, path)
            case Table(), Shape.STRUCT:
                yield from self._struct(node, setting, path)
            case Table(items), Shape.MAP if setting.item:
                for key, (_, value) in items.items():
                    yield from self.value(value, setting.item, (*path, key))
            case Sequence(items), Shape.LIST if setting.item:
                for index, value in enumerate(items):
                    yield from self.value(value, setting.item, (*path, str(index)))
            case _:
                return

    def _variant(
        self, table: Table, setting: Setting, path: tuple[str, ...]
    ) -> Iterator[Finding]:
        match config.at(table, "type"):
            case Scalar(str(word)) if word in setting.variants:
                yield from self._struct(table, setting.variants[word], path)
            case Scalar(str(word)) as scalar if not config.is_opaque(scalar):
                message = f"`{_shown((*path, 'type'))}` is none that there is"
                hint = spelling.hint(word, setting.variants)
                where = scalar.where
                yield findings.of(
                    self._severity, fields.WRONG_VALUE, message, where, hint
                )
            case _:
                return

    def _struct(
        self, table: Table, setting: Setting, path: tuple[str, ...]
    ) -> Iterator[Finding]:
        for key, (where, value) in table.items.items():
            known = setting.fields.get(key)
            if known is None:
                if setting.closed:
                    yield self._unknown(key, where, setting, path)
                continue
            if known.deprecated:
                message = f"`{_shown((*path, key))}` is deprecated"
                yield findings.warning(DEPRECATED, message, where, known.deprecated)
            yield from self.value(value, known, (*path, key))

    def _unknown(
        self, key: str, where: Where, setting: Setting, path: tuple[str, ...]
    ) -> Finding:
        name = _shown((*path, key))
        if hint := setting.gone.get(key) or successors.of((*path, key)):
            message = f"the Collector no longer takes `{name}`"
            return findings.of(self._severity, DEPRECATED, message, where, hint)
        hint = spelling.hint(key, setting.fields) if setting.fields else None
        message = f"unknown setting `{name}`"
        return findings.of(self._severity, fields.UNKNOWN_FIELD, message, where, hint)

    def _choice(
        self, node: Node, choices: frozenset[str], path: tuple[str, ...]
    ) -> Iterator[Finding]:
        match node:
            case Scalar(str(text)) if text.lower() not in choices:
                words = sorted(filter(None, choices))
                near = spelling.nearest(text, words)
                yield findings.of(
                    self._severity,
                    fields.WRONG_VALUE,
                    f"`{_shown(path)}` must be one of {', '.join(words)}",
                    node.where,
                    f"did you mean `{near}`?" if near else None,
                )
            case _:
                return

    def _wrong(self, node: Node, setting: Setting, path: tuple[str, ...]) -> Finding:
        message = f"`{_shown(path)}` must be {_TAKES.get(setting.shape, 'set')}, "
        return findings.of(
            self._severity,
            fields.WRONG_VALUE,
            f"{message}not {values.described(node, setting.shape)}",
            node.where,
            values.hint(node, setting.shape),
        )


def _no_unit(node: Node, path: tuple[str, ...]) -> Finding:
    message = f"`{_shown(path)}` has no unit, so it is in nanoseconds"
    return findings.warning(NO_UNIT, message, node.where, "write a unit, as in `10s`")


def _shown(path: tuple[str, ...]) -> str:
    return ".".join(path)
