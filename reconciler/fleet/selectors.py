"""Kubernetes selectors as documents write them: `matchLabels`, `matchExpressions`.

Called by `kinds/`. `{}` selects everything; a missing selector is an error, because
Kubernetes itself is of two minds about it.
"""

from collections.abc import Iterator
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.fields import Fields, describe
from reconciler.fleet.findings import Report
from reconciler.fleet.labels import Operator, Requirement, Selector
from reconciler.fleet.nodes import Node, Scalar, Table

BAD_SELECTOR: Final = "E006"
MOST_REQUIREMENTS: Final = 50


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
        known=("matchLabels", "matchExpressions"),
        report=faults,
    )
    found = (*_labels(selector, faults), *_expressions(selector, faults))
    if len(found) > MOST_REQUIREMENTS:
        message = f"more than {MOST_REQUIREMENTS} requirements in one selector"
        faults.error(BAD_SELECTOR, message, where=table.where)
    report.add(*faults.findings)
    return None if faults.findings else Selector(found)


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


def _expression(expression: Fields, report: Report) -> Requirement:
    if expression.require("key", "name the label"):
        _check_key(expression.text("key"), expression.place("key"), report)
    expression.require("operator", "one of In, NotIn, Exists, DoesNotExist")
    operator = expression.choice("operator", Operator.EXISTS)
    values = frozenset(text for text, _ in expression.texts("values"))
    needed = operator in (Operator.IN, Operator.NOT_IN)
    if needed != bool(values):
        message = (
            f"`{operator}` takes {'at least one value' if needed else 'no values'}"
        )
        report.error(BAD_SELECTOR, message, where=expression.place("values"))
    return Requirement(expression.text("key"), operator, values)


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
