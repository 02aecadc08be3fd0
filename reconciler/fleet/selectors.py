"""Kubernetes selectors as documents write them: `matchLabels`, `matchExpressions`.

Called by `kinds/`. `{}` selects everything; a missing selector is an error, because
Kubernetes itself is of two minds about it. Beyond Kubernetes: `SemverIn`, and `trusted`
for labels that an agent cannot give itself.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import semver
from reconciler.fleet.fields import Fields, describe
from reconciler.fleet.findings import Report
from reconciler.fleet.labels import Operator, Requirement, Selector
from reconciler.fleet.nodes import Node, Scalar, Table
from reconciler.fleet.semver import Range

BAD_SELECTOR: Final = "E006"
MOST_REQUIREMENTS: Final = 50
MOST_RANGES: Final = 20


def read(spec: Fields, report: Report) -> Selector | None:
    """`spec.selector`; None when it is missing or nothing of it can be used."""
    if "selector" not in spec:
        report.error(
            BAD_SELECTOR,
            "`spec.selector` is missing",
            where=spec.where,
            hint="write `selector: {}` to select every agent",
        )
        return None
    table = spec.table("selector")
    if table is None:
        return None
    faults = Report()
    selector = Fields(
        table,
        "spec.selector",
        known=("matchLabels", "matchExpressions", "trusted"),
        report=faults,
    )
    found = (*_labels(selector, faults), *_expressions(selector, faults))
    trusted = frozenset(_trusted(selector, found, faults))
    if len(found) > MOST_REQUIREMENTS:
        message = f"more than {MOST_REQUIREMENTS} requirements in one selector"
        faults.error(BAD_SELECTOR, message, where=table.where)
    report.add(*faults.findings)
    return None if faults.findings else Selector(found, trusted)


def _labels(selector: Fields, report: Report) -> Iterator[Requirement]:
    table = selector.table("matchLabels")
    for key, (where, node) in table.items.items() if table else ():
        if isinstance(node, Scalar) and isinstance(node.value, str):
            yield Requirement(key, Operator.IN, frozenset((node.value,)))
        else:
            _refuse_value(f"the label `{key}`", node, report)
        _check_key(key, where, report)


def _expressions(selector: Fields, report: Report) -> Iterator[Requirement]:
    for name, item in selector.items("matchExpressions"):
        if not isinstance(item, Table):
            message = f"`{name}` must be a mapping, not {describe(item)}"
            report.error(BAD_SELECTOR, message, where=item.where)
            continue
        expression = Fields(
            item, name, known=("key", "operator", "values"), report=report
        )
        yield _expression(expression, report)


def _trusted(
    selector: Fields, found: Iterable[Requirement], report: Report
) -> Iterator[str]:
    asked = {requirement.key for requirement in found}
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


def _check_key(key: str, where: Where, report: Report) -> None:
    if not key or any(character.isspace() for character in key):
        report.error(BAD_SELECTOR, f"`{key}` is not a label key", where=where)


def _refuse_value(what: str, node: Node, report: Report) -> None:
    report.error(
        BAD_SELECTOR,
        f"{what} must be text, not {describe(node)}",
        where=node.where,
        hint="put it in quotes" if isinstance(node, Scalar) else None,
    )
