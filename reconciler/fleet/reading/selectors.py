"""Kubernetes selectors as documents write them: `matchLabels`, `matchExpressions`.

Called by `kinds/`. `{}` selects everything; a missing selector is an error, because
Kubernetes itself is of two minds about it. Beyond Kubernetes: `SemverIn`, and `trusted`
for labels that an agent cannot give itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import semver
from reconciler.fleet.findings import Report
from reconciler.fleet.labels import Operator, Requirement, Selector
from reconciler.fleet.semver import Range
from reconciler.fleet.syntax.fields import Fields, describe
from reconciler.fleet.syntax.nodes import Node, Scalar, Table

BAD_SELECTOR: Final = "E006"
MOST_REQUIREMENTS: Final = 50
MOST_RANGES: Final = 20


@dataclass(frozen=True, slots=True)
class Read:
    """What a document says of whom it selects.

    Attributes:
        selector: None when it is missing or has a fault.
        reach: Whom it can select at most: all that its sound requirements let through.
            None when nobody can say.
    """

    selector: Selector | None = None
    reach: Selector | None = None


def read(spec: Fields, report: Report) -> Read:
    """`spec.selector`; what is wrong with it goes to the report."""
    if "selector" not in spec:
        report.error(
            BAD_SELECTOR,
            "`spec.selector` is missing",
            where=spec.where,
            hint="write `selector: {}` to select every agent",
        )
        return Read()
    table = spec.table("selector")
    if table is None:
        return Read()
    faults = Report()
    selector = Fields(
        table,
        "spec.selector",
        known=("matchLabels", "matchExpressions", "trusted"),
        report=faults,
    )
    parts = (*_labels(selector, faults), *_expressions(selector, faults))
    in_parts = len(faults.findings)
    trusted = frozenset(_trusted(selector, parts, faults))
    if len(parts) > MOST_REQUIREMENTS:
        message = f"more than {MOST_REQUIREMENTS} requirements in one selector"
        faults.error(BAD_SELECTOR, message, where=table.where)
    report.add(*faults.findings)
    sound = Selector(tuple(one.requirement for one in parts if one.is_sound), trusted)
    if not faults.findings:
        return Read(sound, sound)
    clear = sound.requirements and len(faults.findings) == in_parts
    return Read(reach=sound if clear else None)


@dataclass(frozen=True, slots=True)
class _Part:
    requirement: Requirement
    is_sound: bool


def _labels(selector: Fields, report: Report) -> Iterator[_Part]:
    table = selector.table("matchLabels")
    for key, (where, node) in table.items.items() if table else ():
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, str):
            _refuse_value(f"the label `{key}`", node, report)
        is_key = _check_key(key, where, report)
        values = frozenset((value,) if isinstance(value, str) else ())
        yield _Part(Requirement(key, Operator.IN, values), is_key and bool(values))


def _expressions(selector: Fields, report: Report) -> Iterator[_Part]:
    for name, item in selector.items("matchExpressions"):
        if not isinstance(item, Table):
            message = f"`{name}` must be a mapping, not {describe(item)}"
            report.error(BAD_SELECTOR, message, where=item.where)
            continue
        faults = Report()
        expression = Fields(
            item, name, known=("key", "operator", "values"), report=faults
        )
        requirement = _expression(expression, faults)
        report.add(*faults.findings)
        yield _Part(requirement, not faults.findings)


def _trusted(selector: Fields, parts: Iterable[_Part], report: Report) -> Iterator[str]:
    asked = {part.requirement.key for part in parts}
    for key, where in selector.texts("trusted"):
        yield key
        if key not in asked:
            report.error(
                BAD_SELECTOR,
                f"no requirement of this selector asks for the label `{key}`",
                where=where,
                hint="`trusted` takes keys of `matchLabels` and `matchExpressions`",
            )


def _expression(expression: Fields, report: Report) -> Requirement:
    if expression.require("key", "name the label"):
        _check_key(expression.text("key"), expression.place("key"), report)
    expression.require("operator", f"one of {', '.join(Operator)}")
    operator = expression.choice("operator", Operator.EXISTS)
    texts = tuple(expression.texts("values"))
    values = frozenset(text for text, _ in texts)
    needed = operator in _WITH_VALUES
    if needed != bool(values):
        message = (
            f"`{operator}` takes {'at least one value' if needed else 'no values'}"
        )
        report.error(BAD_SELECTOR, message, where=expression.place("values"))
    if operator is Operator.SEMVER_IN:
        ranges = tuple(_ranges(texts, report))
        return Requirement(expression.text("key"), operator, ranges=ranges)
    return Requirement(expression.text("key"), operator, values)


_WITH_VALUES: Final = frozenset((Operator.IN, Operator.NOT_IN, Operator.SEMVER_IN))


def _ranges(texts: tuple[tuple[str, Where], ...], report: Report) -> Iterator[Range]:
    for text, where in texts[:MOST_RANGES]:
        try:
            yield semver.parse(text)
        except ValueError as wrong:
            report.error(
                BAD_SELECTOR,
                f"`{text[:80]}` {wrong}",
                where=where,
                hint="write `>=0.149.0 <0.160.0`, `^1.2` or `~0.149`",
            )
    for _, where in texts[MOST_RANGES : MOST_RANGES + 1]:
        message = f"more than {MOST_RANGES} ranges in one requirement"
        report.error(BAD_SELECTOR, message, where=where)


def _check_key(key: str, where: Where, report: Report) -> bool:
    if key and not any(character.isspace() for character in key):
        return True
    report.error(BAD_SELECTOR, f"`{key}` is not a label key", where=where)
    return False


def _refuse_value(what: str, node: Node, report: Report) -> None:
    report.error(
        BAD_SELECTOR,
        f"{what} must be text, not {describe(node)}",
        where=node.where,
        hint="put it in quotes" if isinstance(node, Scalar) else None,
    )
