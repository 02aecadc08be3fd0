"""Typed reading of one mapping of a document, in which no fault hides another.

Used by `kinds/`. Every read answers with a usable value; what was wrong goes to the
report, with the place of the value and, for a misspelt name, the name that was meant.
"""

import itertools
import re
from collections.abc import Collection, Iterator
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from reconciler.errors import Where
from reconciler.fleet.findings import Report
from reconciler.fleet.syntax import durations, pointers, spelling
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table
from reconciler.fleet.syntax.pointers import Pattern

UNKNOWN_FIELD: Final = "E003"
WRONG_VALUE: Final = "E004"

_MOST_UNKNOWN: Final = 20
_DAY: Final = 86_400.0
_PER_CENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)%")

Choice = TypeVar("Choice", bound=StrEnum)
Default = TypeVar("Default")


class Fields:
    """The fields of one mapping.

    Attributes:
        path: How people call the mapping: `spec`, `spec.selector`, "" for the document.
    """

    def __init__(
        self, table: Table, path: str, *, known: Collection[str], report: Report
    ) -> None:
        self.path = path
        self.where = table.where
        self._items = table.items
        self._report = report
        unknown = (key for key in table.items if key not in known)
        for key in itertools.islice(unknown, _MOST_UNKNOWN):
            report.error(
                UNKNOWN_FIELD,
                f"unknown field `{self.name(key)}`",
                where=table.items[key][0],
                hint=spelling.hint(key, known),
            )

    def __contains__(self, key: str) -> bool:
        return key in self._items

    def name(self, key: str) -> str:
        """The full name of a field, such as `spec.priority`."""
        return f"{self.path}.{key}" if self.path else key

    def place(self, key: str) -> Where:
        """Where the key stands, or the mapping when it is missing."""
        return self._items[key][0] if key in self._items else self.where

    def value_place(self, key: str) -> Where:
        """Where the value stands, or the mapping when it is missing."""
        return self._items[key][1].where if key in self._items else self.where

    def require(self, key: str, hint: str) -> bool:
        """Whether the field is there; a finding when not."""
        if key not in self._items:
            self._report.error(
                WRONG_VALUE,
                f"`{self.name(key)}` is missing",
                where=self.where,
                hint=hint,
            )
        return key in self._items

    def refuse(self, key: str, what: str, hint: str | None = None) -> None:
        """Report the value of a field: ``key` must be `what``."""
        node = self._items[key][1]
        message = f"`{self.name(key)}` must be {what}, not {describe(node)}"
        self._report.error(WRONG_VALUE, message, where=node.where, hint=hint)

    def text(self, key: str, default: str = "") -> str:
        """A string."""
        found = self.given(key)
        return default if found is None else found

    def given(self, key: str) -> str | None:
        """A string; None when it is missing or something else."""
        if key not in self._items:
            return None
        value = self._scalar(key, None)
        if isinstance(value, str):
            return value
        self.refuse(key, "text", "put it in quotes")
        return None

    def integer(self, key: str, default: int) -> int:
        """A whole number."""
        value = self._scalar(key, default)
        if type(value) is int:
            return value
        self.refuse(key, "a whole number")
        return default

    def boolean(self, key: str, *, default: bool) -> bool:
        """Either `true` or `false`."""
        value = self._scalar(key, default)
        if isinstance(value, bool):
            return value
        self.refuse(key, "true or false")
        return default

    def choice(self, key: str, default: Choice) -> Choice:
        """One word of the enum that `default` is of."""
        words = [str(word) for word in type(default)]
        value = self._scalar(key, str(default))
        if isinstance(value, str) and value in words:
            return type(default)(value)
        hint = spelling.hint(value, words) if isinstance(value, str) else None
        self.refuse(key, f"one of {', '.join(words)}", hint)
        return default

    def seconds(
        self, key: str, default: Default, *, least: float = 0.0, most: float = _DAY
    ) -> float | Default:
        """A Go duration, in seconds."""
        if key not in self._items:
            return default
        node = self._items[key][1]
        # A bare 0 is the one duration that YAML takes for a number.
        text = str(node.value) if isinstance(node, Scalar) else ""
        try:
            seconds = durations.parse_duration(text)
        except ValueError:
            self.refuse(key, "a duration", "write it as `10s`, `1m30s` or `168h`")
            return default
        if least <= seconds <= most:
            return seconds
        self.refuse(key, f"between {least:g}s and {most / 3600:g}h")
        return default

    def day(self, key: str) -> date | None:
        """A date such as 2027-03-31; None when it is missing or is none."""
        if key not in self._items:
            return None
        node = self._items[key][1]
        try:
            return date.fromisoformat(
                str(node.value) if isinstance(node, Scalar) else ""
            )
        except ValueError:
            self.refuse(key, "a day such as 2027-03-31")
            return None

    def share(self, key: str, default: float) -> float:
        """Per cent, as 0 to 1."""
        if key not in self._items:
            return default
        node = self._items[key][1]
        text = str(node.value) if isinstance(node, Scalar) else ""
        found = _PER_CENT.fullmatch(text)
        share = float(found[1]) / 100 if found else 2.0
        if share <= 1:
            return share
        self.refuse(key, "a share such as `50%`")
        return default

    def table(self, key: str) -> Table | None:
        """A mapping, or None when it is missing or something else."""
        if key not in self._items:
            return None
        node = self._items[key][1]
        if isinstance(node, Table):
            return node
        self.refuse(key, "a mapping")
        return None

    def items(self, key: str) -> Iterator[tuple[str, Node]]:
        """The items of a list, each with its full name; none when it is missing."""
        if key not in self._items:
            return
        node = self._items[key][1]
        if not isinstance(node, Sequence):
            self.refuse(key, "a list")
            return
        for index, item in enumerate(node.items):
            yield f"{self.name(key)}[{index}]", item

    def texts(self, key: str) -> Iterator[tuple[str, Where]]:
        """The strings of a list with their places."""
        for name, item in self.items(key):
            if isinstance(item, Scalar) and isinstance(item.value, str):
                yield item.value, item.where
            else:
                self._refuse_as_text(name, item)

    def one_or_more(self, key: str) -> Iterator[tuple[str, Where]]:
        """A string, or the strings of a list, with their places."""
        node = self._items[key][1] if key in self._items else None
        if isinstance(node, Scalar) and isinstance(node.value, str):
            yield node.value, node.where
        else:
            yield from self.texts(key)

    def pairs(self, key: str) -> Iterator[tuple[str, str]]:
        """The keys and strings of a mapping, such as one of labels."""
        table = self.table(key)
        for name, (_, item) in table.items.items() if table else ():
            if isinstance(item, Scalar) and isinstance(item.value, str):
                yield name, item.value
            else:
                self._refuse_as_text(f"{self.name(key)}.{name}", item)

    def _refuse_as_text(self, name: str, item: Node) -> None:
        self._report.error(
            WRONG_VALUE,
            f"`{name}` must be text, not {describe(item)}",
            where=item.where,
            hint="put it in quotes" if isinstance(item, Scalar) else None,
        )

    def patterns(self, key: str) -> Iterator[tuple[Pattern, Where]]:
        """The JSON Pointers of a list, in which `*` may stand for a key."""
        for text, where in self.texts(key):
            if found := self._pattern(key, text, where):
                yield found, where

    def pattern(self, key: str) -> Pattern | None:
        """One such JSON Pointer; None when it is missing or is none."""
        text = self.given(key)
        return None if text is None else self._pattern(key, text, self.place(key))

    def _pattern(self, key: str, text: str, where: Where) -> Pattern | None:
        try:
            return pointers.pattern(text)
        except ValueError as error:
            self._report.error(
                WRONG_VALUE,
                f"`{text}` in `{self.name(key)}` is not a JSON Pointer: {error}",
                where=where,
                hint="write it as `/service/pipelines/*/processors`",
            )
            return None

    def _scalar(self, key: str, default: object) -> object:
        if key not in self._items:
            return default
        node = self._items[key][1]
        return node.value if isinstance(node, Scalar) else node


def kind_of(node: Node) -> str:
    """What a node is, without its value: that may be a secret of a Collector config."""
    match node:
        case Sequence():
            return "a list"
        case Table():
            return "a mapping"
        case Scalar(None):
            return "empty"
        case Scalar(bool()):
            return "true or false"
        case Scalar(int() | float()):
            return "a number"
        case Scalar():
            return "text"


def describe(node: Node) -> str:
    """What a node of one of our own documents is, with its value."""
    match node:
        case Scalar(bool(value)):
            return "`true`" if value else "`false`"
        case Scalar(str() | int() | float() as value):
            text = str(value)
            return f"`{text[:_SHOWN]}{'...' if text[_SHOWN:] else ''}`"
        case _:
            return kind_of(node)


_SHOWN: Final = 40
