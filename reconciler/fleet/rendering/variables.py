"""Variables: values that differ between agents, in documents that do not.

`{$var: name}` stands for a value of any shape, `{$join: [text, {$var: name}]}` for a
text made of several. Both stand where a value may stand, are replaced whole, and know
no nesting, no default and no code; `${...}` and `$$` are the Collector's and stay.
`kinds/` checks how variables are used, `layers.py` fills them in for one agent.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.documents import Fleet, Variables
from reconciler.fleet.findings import Fault, Report
from reconciler.fleet.syntax import fields, nodes, spelling
from reconciler.fleet.syntax.merge import CONFLICT
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table, Timestamp
from reconciler.fleet.syntax.yaml import CAPS

VARIABLE: Final = "E074"
VAR: Final = "$var"
JOIN: Final = "$join"

_HOW: Final = "write `{$var: name}`, or `{$join: [text, {$var: name}]}` to make a text"


def is_use(node: Node) -> bool:
    """Whether a node stands for a variable, or for a text with one in it."""
    return isinstance(node, Table) and (VAR in node.items or JOIN in node.items)


def uses(tree: Node) -> Iterator[Table]:
    """Every place where a variable is used, in no order."""
    pending: list[Node] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, Sequence):
            pending.extend(node.items)
        elif isinstance(node, Table):
            if is_use(node):
                yield node
            else:
                pending.extend(value for _, value in node.items.values())


def check(tree: Table, report: Report) -> tuple[frozenset[str], Table]:
    """The names of the variables used, and the tree as rules see it.

    There a `${...}` stands in place of every use: it may become anything. Misuse goes
    to the report.
    """
    found: set[str] = set()
    used = tuple(uses(tree))
    for use in used:
        try:
            found.update(name for name, _ in names(use))
        except Fault as fault:
            report.add(fault.finding)
    if is_use(tree):
        message = "a variable cannot stand for a whole config"
        report.error(VARIABLE, message, where=tree.where, hint=_HOW)
    opaque = _replace(tree, lambda use: _unknown(use.where)) if used else tree
    table = opaque if isinstance(opaque, Table) else Table({}, tree.where)
    return frozenset(found), table


def names(use: Table) -> tuple[tuple[str, Where], ...]:
    """The variables of one use, each with its place.

    Raises:
        Fault: It is not of the form that a use has.
    """
    parts = _parts(use)
    found = tuple((name, where) for name, where in map(_name, parts) if name)
    if not found:
        raise _fault("`$join` joins no variable", use.where, "write the text itself")
    return found


class Values:
    """The variables of one agent.

    What all its configs take from them together is capped as one file is: a large value
    that is used often costs every later walk.
    """

    def __init__(self, fleet: Fleet, selected: Iterable[Variables]) -> None:
        self._fleet = fleet
        self._selected = tuple(selected)
        self._known: dict[str, Node] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        self._nodes = 0
        self._characters = 0
        self._misses = 0

    def fill(self, tree: Table, report: Report) -> Table:
        """The tree with every use replaced; the same tree when there is none.

        What cannot be replaced is reported, and becomes opaque.
        """
        taken: list[Node] = []

        def replace(use: Table) -> Node:
            try:
                taken.append(self.take(use)[0])
            except Fault as fault:
                report.add(fault.finding)
                return _unknown(use.where)
            return taken[-1]

        filled = _replace(tree, replace)
        is_deeper = not all(isinstance(one, Scalar) for one in taken)
        if not isinstance(filled, Table) or (is_deeper and _is_too_deep(filled)):
            message = f"variables make this deeper than {CAPS.depth} levels"
            report.error(VARIABLE, message, where=tree.where)
            return tree
        return filled

    def take(self, use: Table) -> tuple[Node, tuple[Where, ...]]:
        """What a use stands for, and where the values stand that it takes.

        The node has the place of the value; one that is joined, that of the use.

        Raises:
            Fault: A name is not set, or set twice by equals, or is no text in a join.
        """
        values = [self._value(name, where) for name, where in names(use)]
        places = tuple(value.where for value in values)
        if VAR in use.items:
            return values[0], places
        filled = iter(values)
        parts = (next(filled) if is_use(part) else part for part in _parts(use))
        text = "".join(_text(part, use.where) for part in parts)
        return Scalar(text, use.where), places

    def _value(self, name: str, where: Where) -> Node:
        if name not in self._known:
            self._known[name] = self._find(name, where)
            self._sizes[name] = _size(self._known[name])
        count, characters = self._sizes[name]
        self._nodes += count
        self._characters += characters
        if self._nodes > CAPS.nodes or self._characters > CAPS.text:
            raise _fault(
                f"the variables of one agent hold more than {CAPS.nodes:,} values or "
                f"{CAPS.text:,} characters, counted at every use",
                where,
                "put what is large into a file of Collector config",
            )
        return self._known[name]

    def _find(self, name: str, where: Where) -> Node:
        setters = [one for one in self._selected if name in one.values]
        if not setters:
            message = f"no Variables document sets `{name}` for these agents"
            raise _fault(message, where, self._hint(name))
        highest = max(one.priority for one in setters)
        places = [one.values[name] for one in setters if one.priority == highest]
        for place, value in places[1:]:
            if not nodes.same(value, places[0][1]):
                raise _conflict(name, places[0][0], place)
        return places[-1][1]

    def _hint(self, name: str) -> str:
        for one in self._fleet.variables:
            if name in one.values:
                return f"for other agents it is set at {one.values[name][0]}"
        self._misses += 1
        if self._misses > _MOST_HINTS:
            return _SET_IT
        near = spelling.nearest(
            name, {n for v in self._fleet.variables for n in v.values}
        )
        return f"did you mean `{near}`?" if near else _SET_IT


_MOST_HINTS: Final = 20
_SET_IT: Final = "set it in a document of kind Variables that selects them"


def _conflict(name: str, *places: Where) -> Fault:
    one, other = sorted(places)
    return Fault(
        CONFLICT,
        f"the variable `{name}` is set to different values at {one} and {other}, "
        "by documents of equal priority",
        where=other,
        hint="give one document a higher priority, or set the value in one place",
    )


def _replace(node: Node, how: Callable[[Table], Node]) -> Node:
    """The node with its uses replaced; itself, and not a copy, when it has none."""
    match node:
        case Scalar():
            return node
        case Sequence(items):
            replaced = tuple(_replace(item, how) for item in items)
            same = all(new is old for new, old in zip(replaced, items, strict=True))
            return node if same else Sequence(replaced, node.where)
        case Table(pairs):
            if is_use(node):
                return how(node)
            changed: dict[str, tuple[Where, Node]] = {}
            for key, (place, value) in pairs.items():
                new = value if isinstance(value, Scalar) else _replace(value, how)
                if new is not value:
                    changed[key] = (place, new)
            return Table({**pairs, **changed}, node.where) if changed else node


def _unknown(where: Where) -> Scalar:
    return Scalar("${env:UNKNOWN}", where)


def _parts(use: Table) -> tuple[Node, ...]:
    """The use itself, or what it joins."""
    if len(use.items) > 1:
        raise _fault("`$var` and `$join` stand alone in a mapping", use.where, _HOW)
    if VAR in use.items:
        return (use,)
    (_, joined) = use.items[JOIN]
    if not isinstance(joined, Sequence):
        raise _fault("`$join` takes a list", joined.where, _HOW)
    return joined.items


def _name(part: Node) -> tuple[str, Where]:
    """The name in `{$var: name}`; none for a literal part of a join."""
    if isinstance(part, Table) and VAR in part.items:
        (_, named) = part.items[VAR]
        name = named.value if isinstance(named, Scalar) and _is_text(named) else None
        if name and len(part.items) == 1:
            return str(name), named.where
        raise _fault("`$var` takes one name", part.where, _HOW)
    _text(part)
    return "", part.where


def _text(part: Node, joined: Where | None = None) -> str:
    """A part of a join as text; `joined` is the place of the join, when it is not."""
    match part:
        case Scalar(bool(value)):
            return "true" if value else "false"
        case Scalar(int(value)):
            return str(value)
        case Scalar(str(value)) if _is_text(part):
            return value
    at = f"; it stands at {joined}" if joined else ""
    message = f"`$join` takes text, whole numbers and booleans, not {_kind(part)}{at}"
    raise _fault(message, part.where, "put it in quotes if it is meant as text")


def _kind(part: Node) -> str:
    match part:
        case Scalar(Timestamp()):
            return "a date"
        case Scalar(float()):
            return "a fraction"
        case _:
            return fields.kind_of(part)


def _is_text(node: Scalar) -> bool:
    return isinstance(node.value, str) and not isinstance(node.value, Timestamp)


def _is_too_deep(tree: Node) -> bool:
    """Whether it has more levels than agents could report back."""
    level: list[Node] = [tree]
    for _ in range(CAPS.depth + 1):
        level = [inner for node in level for inner in _inside(node)]
    return bool(level)


def _inside(node: Node) -> Iterable[Node]:
    match node:
        case Sequence(items):
            return items
        case Table(pairs):
            return (value for _, value in pairs.values())
        case _:
            return ()


def _size(value: Node) -> tuple[int, int]:
    """Values and keys in it, and their characters."""
    count, characters = 0, 0
    pending: list[Node] = [value]
    while pending:
        node = pending.pop()
        count += 1
        match node:
            case Scalar(str(text)):
                characters += len(text)
            case Sequence(items):
                pending.extend(items)
            case Table(pairs):
                count += len(pairs)
                characters += sum(map(len, pairs))
                pending.extend(inner for _, inner in pairs.values())
    return count, characters


def _fault(message: str, where: Where, hint: str) -> Fault:
    return Fault(VARIABLE, message, where=where, hint=hint)
