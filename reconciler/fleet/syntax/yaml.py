"""YAML from untrusted hands: bytes to nodes with places, within caps.

Called by `parse.py` for the fleet repo and by `state/drift.py` for what agents report.
Built from the events of PyYAML's C parser, because its loaders crash on deep nesting,
swallow duplicate keys and read YAML 1.1. What a document means is decided as go-yaml
v3 does for the Collector: scalars by `scalars.py`, anchors, aliases and `<<`. Stricter
than go-yaml on purpose: a key must be a string, a tag one of YAML's own, and a second
document is never dropped unseen.

Every fault is told: one that concerns a key or a value does not hide the next, and only
a syntax error or a cap ends a file.

Aliases share the node they name, so their cost in memory is nothing; they still count
in full against the caps on nodes and depth, because every later walk pays for them.
"""

from dataclasses import dataclass
from typing import Final, NoReturn

from yaml import MarkedYAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from reconciler.errors import Where
from reconciler.fleet.findings import Fault, Report
from reconciler.fleet.syntax import characters, marks, tags
from reconciler.fleet.syntax import mistakes as syntax
from reconciler.fleet.syntax.nodes import Node, Scalar, ScalarValue, Sequence, Table

SYNTAX: Final = characters.SYNTAX
DUPLICATE_KEY: Final = "E002"


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one file may hold; and `total_nodes`, all files of a snapshot.

    Attributes:
        size: Bytes.
        depth: Mappings and lists inside each other, aliases followed.
        nodes: Keys and values, aliases followed.
        text: Characters of all keys and values, aliases followed.
        aliases: Uses of aliases.
        merges: Mappings in the list of one `<<`.
        documents: Documents, empty ones counted.
    """

    size: int = 1024 * 1024
    depth: int = 64
    nodes: int = 100_000
    text: int = 4 * 1024 * 1024
    aliases: int = 1_000
    merges: int = 32
    documents: int = 256
    total_nodes: int = 1_000_000


CAPS: Final = Caps()
RAISE: Final = "or raise the setting RECONCILER_LIMITS__{}"


def compose(content: bytes, path: str, *, caps: Caps = CAPS) -> tuple[Node, ...]:
    """The documents of a file, each with the place of every key and value.

    Raises:
        Fault: The first thing wrong with the file, with its line and column; its
            `findings` are all that could be told.
    """
    text = characters.decode(content, path, most=caps.size)
    parser, report = CParser(text), Report()
    found: tuple[Node, ...] = ()
    try:
        composer = Composer(parser, text, path, caps=caps, report=report)
        found = composer.documents()
    except MarkedYAMLError as error:
        report.add(syntax.finding(error, text, path))
    except Fault as fault:
        report.add(fault.finding)
    finally:
        parser.dispose()
    if report.findings:
        raise Fault.of(report.findings)
    return found


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A node with a name, and what following an alias to it costs."""

    node: Node
    nodes: int
    text: int
    height: int


class Composer:
    """Builds the documents of one stream; recursion is bounded by the depth cap.

    `goyaml.py` has one that is as lenient as the Collector.
    """

    def __init__(
        self, parser: CParser, text: str, path: str, *, caps: Caps, report: Report
    ) -> None:
        self._parser = parser
        self._report = report
        self._text = text
        self._has_escaped_slash = "\\/" in text
        self._path = path
        self._caps = caps
        self._anchors: dict[str, _Anchor | None] = {}
        self._nodes = 0
        self._characters = 0
        self._aliases = 0
        self._deepest = 0
        self._flows = 0

    def documents(self) -> tuple[Node, ...]:
        """All of them, each with the place of every key and value."""
        found: list[Node] = []
        while not isinstance(event := self._next(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                self._start_document(event, len(found) + 1)
                found.append(self._node(self._next(), 0))
        return tuple(found)

    def _start_document(self, event: DocumentStartEvent, count: int) -> None:
        if count > self._caps.documents:
            self._exceed(event, "documents", f"{self._caps.documents} documents")
        if event.version not in (None, (1, 1)):
            self._note(
                event,
                "the Collector takes no `%YAML` directive but 1.1",
                hint="delete it",
            )
        self._anchors = {}

    def _next(self) -> Event:
        event = self._parser.get_event()
        if event is None:
            raise AssertionError("the parser went on after the end of its stream")
        return event

    def _note(
        self,
        event: Event,
        message: str,
        *,
        rule: str = SYNTAX,
        hint: str | None = None,
    ) -> None:
        """Tell a fault, and go on as well as one can."""
        self._report.error(rule, message, where=self._where(event), hint=hint)

    def _dislike(self, event: Event, message: str, hint: str | None = None) -> None:
        """Tell what the Collector takes and a fleet repo does not."""
        self._note(event, message, hint=hint)

    def _exceed(self, event: Event, cap: str, most: str) -> NoReturn:
        raise Fault(
            SYNTAX,
            f"more than {most} in one file",
            where=self._where(event),
            hint=f"split it, {RAISE.format(cap.upper())}",
        )

    def _where(self, event: Event) -> Where:
        return marks.at(event.start_mark, self._path)

    def _count(self, event: Event, nodes: int, text: int) -> None:
        self._nodes += nodes
        if self._nodes > self._caps.nodes:
            self._exceed(event, "nodes", f"{self._caps.nodes:,} nodes")
        self._characters += text
        if self._characters > self._caps.text:
            self._exceed(event, "text", f"{self._caps.text:,} characters")

    def _node(self, event: Event, depth: int) -> Node:
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        anchor = event.anchor if isinstance(event, NodeEvent) else None
        if anchor is None:
            return self._content(event, depth)
        return self._anchored(anchor, event, depth)

    def _content(self, event: Event, depth: int) -> Node:
        if isinstance(event, ScalarEvent):
            self._count(event, 1, len(event.value))
            return Scalar(self._value(event), self._where(event))
        self._count(event, 1, 0)
        self._descend(event, depth + 1)
        is_flow = bool(getattr(event, "flow_style", False))
        self._flows += is_flow
        node = self._collection(event, depth + 1)
        self._flows -= is_flow
        return node

    def _collection(self, event: Event, depth: int) -> Node:
        if isinstance(event, MappingStartEvent):
            return self._table(event, depth)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, depth)
        raise AssertionError(f"no node starts with {event}")

    def _descend(self, event: Event, depth: int) -> None:
        if depth > self._caps.depth:
            self._exceed(event, "depth", f"{self._caps.depth} levels of nesting")
        self._deepest = max(self._deepest, depth)

    def _anchored(self, name: str, event: Event, depth: int) -> Node:
        nodes, text, deepest = self._nodes, self._characters, self._deepest
        self._deepest = depth
        self._anchors[name] = None
        node = self._content(event, depth)
        # A node inside may have taken the name over: it begins later, so it has it.
        if self._anchors[name] is None:
            self._anchors[name] = _Anchor(
                node,
                nodes=self._nodes - nodes,
                text=self._characters - text,
                height=self._deepest - depth,
            )
        self._deepest = max(deepest, self._deepest)
        return node

    def _alias(self, event: AliasEvent, depth: int) -> Node:
        name = event.anchor or ""
        anchor = self._anchors.get(name)
        if anchor is None:
            itself = name in self._anchors
            what = (
                f"anchor `{name}` contains itself"
                if itself
                else f"unknown anchor `{name}`"
            )
            self._note(event, what)
            return self._content(_nothing(event), depth)
        self._aliases += 1
        if self._aliases > self._caps.aliases:
            self._exceed(event, "aliases", f"{self._caps.aliases:,} aliases")
        self._count(event, anchor.nodes, anchor.text)
        self._descend(event, depth + anchor.height)
        return anchor.node

    def _sequence(self, start: CollectionStartEvent, depth: int) -> Sequence:
        self._check_tag(start, "seq")
        items: list[Node] = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            items.append(self._node(event, depth))
        return Sequence(tuple(items), self._where(start))

    def _table(self, start: CollectionStartEvent, depth: int) -> Table:
        self._check_tag(start, "map")
        items: dict[str, tuple[Where, Node]] = {}
        merged: tuple[Table, ...] = ()
        merge_at: Where | None = None
        while not isinstance(event := self._next(), MappingEndEvent):
            where = self._where(event)
            if _is_merge(event):
                self._check_unique(event, "<<", merge_at)
                merge_at = merge_at or where
                merged += self._merged(event, depth)
                continue
            key = self._key(event, depth)
            self._check_unique(event, key, items[key][0] if key in items else None)
            items.setdefault(key, (where, self._node(self._next(), depth)))
        for table in merged:
            for key, item in table.items.items():
                items.setdefault(key, item)
        return Table(items, self._where(start))

    def _check_unique(self, event: Event, key: str, first: Where | None) -> None:
        if first is not None:
            self._note(
                event,
                f"the key `{key}` was already given on line {first.line}",
                rule=DUPLICATE_KEY,
                hint="a mapping takes each key once; merge the two or delete one",
            )

    def _key(self, event: Event, depth: int) -> str:
        if not isinstance(event, ScalarEvent):
            self._note(event, "a key must be text, not an alias, a list or a mapping")
            self._node(event, depth)
            return f"{self._where(event)}"
        self._count(event, 1, len(event.value))
        value = self._value(event)
        if type(value) is not str:
            message = f"the key `{event.value}` is not text"
            self._dislike(event, message, f'quote it: "{event.value}"')
            value = f"{event.value}"
        if event.anchor is not None:
            scalar = Scalar(value, self._where(event))
            self._anchors[event.anchor] = _Anchor(scalar, 1, len(value), 0)
        return value

    def _merged(self, key: Event, depth: int) -> tuple[Table, ...]:
        self._count(key, 1, 0)
        event = self._next()
        value = self._node(event, depth)
        is_list = isinstance(event, SequenceStartEvent)
        tables = value.items if is_list and isinstance(value, Sequence) else (value,)
        if len(tables) > self._caps.merges:
            self._exceed(key, "merges", f"{self._caps.merges} mappings in one `<<`")
        found = tuple(table for table in tables if isinstance(table, Table))
        if len(found) < len(tables):
            self._note(key, "`<<` takes a mapping or a list of mappings")
        return found

    def _value(self, event: ScalarEvent) -> ScalarValue:
        try:
            if self._has_escaped_slash:
                tags.check_escapes(event, self._text)
            if self._flows:
                tags.check_question_mark(event)
            return tags.resolve(event)
        except tags.Disliked as disliked:
            self._dislike(event, disliked.message, disliked.hint)
            return str(event.value)
        except tags.Refused as refused:
            self._note(event, refused.message, hint=refused.hint)
            text: str = event.value
            return text

    def _check_tag(self, event: CollectionStartEvent, own: str) -> None:
        try:
            tags.check(event, own)
        except tags.Disliked as disliked:
            self._dislike(event, disliked.message, disliked.hint)


def _nothing(event: Event) -> ScalarEvent:
    """What stands in for a value that is not there."""
    return ScalarEvent(None, None, (True, False), "", event.start_mark, event.end_mark)


def _is_merge(event: Event) -> bool:
    return isinstance(event, ScalarEvent) and event.value == "<<" and not event.style
