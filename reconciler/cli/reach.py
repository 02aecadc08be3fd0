"""Which agents get a value from where it comes from.

Asked by `explain`. Of known agents each is looked at; of others the selector of the
document speaks, and those of documents that override it for some.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from reconciler.cli import population
from reconciler.fleet.documents import CollectorConfig, Fleet
from reconciler.fleet.labels import Operator, Requirement, Selector
from reconciler.fleet.population import Population
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.syntax import lookup, nodes
from reconciler.fleet.syntax.nodes import Node
from reconciler.fleet.syntax.pointers import Path
from reconciler.state.desired import Desired, Resolver
from reconciler.web import text

NAMED: Final = 5
"""Agents and documents that are called by name."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Words for people, and the same as JSON."""

    lines: tuple[str, ...]
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """What an agent has at a path; `document` is the last that had a hand in it."""

    entry: str
    path: Path
    node: Node | None
    document: CollectorConfig

    def is_of(self, desired: Desired) -> bool:
        """Whether others have it from the same place, or lack it as this one does."""
        if not isinstance(desired, RenderedConfig):
            return False
        other = lookup.at(desired.nodes.get(self.entry), self.path)
        if self.node is None or other is None:
            selected = self.document.name in desired.documents
            return self.node is other and selected
        return self.node.where == other.where and nodes.same(self.node, other)


def among(resolver: Resolver, value: Value, known: Population) -> Reached:
    """Who of the known agents has a value from the same place."""
    groups: dict[str, None] = {}
    names = []
    for agent in known:
        _, resolution = population.resolve(resolver, agent)
        if value.is_of(resolution.desired):
            names.append(agent.name)
            groups[resolution.group] = None
    shown = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    inside = f" in {', '.join(sorted(groups))}" if groups else ""
    line = f"for {len(names)} of {len(known)} agents{inside}: {shown or 'nobody'}"
    return Reached(
        (line,),
        {
            "agents": [text.line(name) for name in names],
            "of": len(known),
            "groups": sorted(groups),
        },
    )


def allowed(fleet: Fleet, value: Value) -> Reached:
    """Whom selectors give it."""
    document = value.document
    selector = selector_text(document.selector)
    over = list(_overriding(fleet, value))
    lines = [f"for agents that {document.name} selects: {selector}"]
    lines += [f"but not that {one} selects: {other}" for one, other in over[:NAMED]]
    if len(over) > NAMED:
        lines.append(f"nor those of {len(over) - NAMED} more documents")
    return Reached(
        tuple(lines),
        {
            "selector": selector,
            "overriddenFor": [
                {"document": name, "selector": other} for name, other in over
            ],
        },
    )


def _overriding(fleet: Fleet, value: Value) -> Iterator[tuple[str, str]]:
    """Documents above that set the value, or what it is inside of, for their agents."""
    own = value.document
    for other in fleet.configs.values():
        above = other.priority > own.priority and other.entry == own.entry
        if above and (lookup.at(other.tree, value.path) or _removes(other, value.path)):
            yield other.name, selector_text(other.selector)


def _removes(config: CollectorConfig, path: Path) -> bool:
    return any(removal.path.covers(path) for removal in config.remove)


def selector_text(selector: Selector) -> str:
    """A selector as `-l` would take it."""
    return ",".join(map(_requirement, selector.requirements)) or "every agent"


def _requirement(one: Requirement) -> str:
    values = sorted(one.values)
    match one.operator:
        case Operator.IN if len(values) == 1:
            return f"{one.key}={values[0]}"
        case Operator.IN:
            return f"{one.key} in ({','.join(values)})"
        case Operator.NOT_IN if len(values) == 1:
            return f"{one.key}!={values[0]}"
        case Operator.NOT_IN:
            return f"{one.key} notin ({','.join(values)})"
        case Operator.EXISTS:
            return one.key
        case Operator.DOES_NOT_EXIST:
            return f"!{one.key}"
        case Operator.SEMVER_IN:
            ranges = (
                f">={each.least}" + (f" <{each.below}" if each.below else "")
                for each in one.ranges
            )
            return f"{one.key} is {' or '.join(ranges)}"
