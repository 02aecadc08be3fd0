"""Settings of a component as its own code sees them: typed, with defaults.

What only the agent knows (`${...}`), and what is of a wrong type (told elsewhere), is
unknown. An unknown number is NaN, which no comparison holds for; an unknown text or
flag is None. So a check that is written plainly never blames it. A null is Go's zero,
not the default.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import nan
from typing import TypeAlias

from reconciler.errors import Where
from reconciler.fleet.rules import config, values
from reconciler.fleet.syntax import durations
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table

_PART = re.compile(r"([0-9.]+)(ns|us|µs|μs|ms|s|m|h)")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing a component refuses.

    Attributes:
        signals: Only once a pipeline of one of these names the component; None for
            one that is configured, used or not.
    """

    message: str
    where: Where
    hint: str | None = None
    signals: tuple[str, ...] | None = None

    def when_used(self, *signals: str) -> "Fault":
        """The same, once a pipeline names the component: of these signals, or any."""
        return replace(self, signals=signals or config.SIGNALS)


Faults: TypeAlias = Iterator[Fault]


@dataclass(frozen=True, slots=True)
class View:
    """A mapping of settings.

    Attributes:
        path: How people call it, such as `processors.batch`.
        where: Its key.
        node: What stands under it.
    """

    path: str
    where: Where
    node: Node

    def __contains__(self, key: str) -> bool:
        return isinstance(self.node, Table) and key in self.node.items

    def has(self, key: str) -> bool:
        """Whether a key is known to be set, to anything but null or an empty text."""
        match self._at(key):
            case None | Scalar(None | ""):
                return False
            case node:
                return not config.is_opaque(node)

    def is_given(self, key: str) -> bool:
        """Whether anything but null stands there."""
        node = self._at(key)
        return node is not None and not config.is_null(node)

    @property
    def is_known(self) -> bool:
        """Whether its keys are all there are: it is a mapping, or all defaults."""
        return isinstance(self.node, Table) or config.is_null(self.node)

    @property
    def is_on(self) -> bool:
        """Whether it is not, and may not be, switched off by `enabled`."""
        return self.flag("enabled", default=True) is True

    def number(self, key: str, default: float = 0.0) -> float:
        """A number."""
        match self._at(key):
            case None:
                return default if self.is_known else nan
            case Scalar(None):
                return 0.0
            case Scalar(bool()):
                return nan
            case Scalar(int() | float() as number):
                return float(number)
            case _:
                return nan

    def seconds(self, key: str, default: float = 0.0) -> float:
        """A duration; a bare number is one of nanoseconds."""
        match self._at(key):
            case Scalar(str(text)) if values.is_duration(text):
                parts = _PART.findall(text)
                total = sum(
                    float(number) * durations.UNITS[unit] for number, unit in parts
                )
                return -total if text.startswith("-") else total
            case Scalar(None):
                return 0.0
            case Scalar(int(number)):
                return number * 1e-9
            case None if self.is_known:
                return default
            case _:
                return nan

    def text(self, key: str, default: str = "") -> str | None:
        """A text."""
        match self._at(key):
            case Scalar(str(text)) as scalar if not config.is_opaque(scalar):
                return str(text)
            case Scalar(None):
                return ""
            case None if self.is_known:
                return default
            case _:
                return None

    def flag(self, key: str, *, default: bool = False) -> bool | None:
        """Either true or false."""
        match self._at(key):
            case Scalar(bool(flag)):
                return flag
            case Scalar(None):
                return False
            case None if self.is_known:
                return default
            case _:
                return None

    def count(self, key: str) -> float:
        """How many items a list or mapping has."""
        match self._at(key):
            case Sequence(items):
                return len(items)
            case Table(entries):
                return len(entries)
            case Scalar(None):
                return 0
            case None if self.is_known:
                return 0
            case _:
                return nan

    def texts(self, key: str) -> Iterator[tuple[str, Where]]:
        """The texts of a list, but for those that are opaque, each with its place.

        A text with commas is a list too, and an item left empty is an empty text.
        """
        match self._at(key):
            case Sequence(items):
                yield from _texts(items)
            case Scalar(str(text), where) as scalar if not config.is_opaque(scalar):
                yield from ((part, where) for part in text.split(",") if text)
            case _:
                return

    def part(self, key: str) -> "View":
        """A mapping inside it; an empty one where nothing stands."""
        node = self._at(key)
        path, where = f"{self.path}.{key}", self.place(key)
        return View(path, where, Scalar(None, where) if node is None else node)

    def parts(self, key: str) -> Iterator["View"]:
        """The mappings of a list; an item left empty is one of all defaults."""
        node = self._at(key)
        for index, item in enumerate(node.items if isinstance(node, Sequence) else ()):
            if isinstance(item, Table) or config.is_null(item):
                yield View(f"{self.path}.{key}.{index}", item.where, item)

    def entries(self) -> Iterable[tuple[str, tuple[Where, Node]]]:
        """Its keys, each with its place and value."""
        return self.node.items.items() if isinstance(self.node, Table) else ()

    def place(self, key: str) -> Where:
        """Where the value of a key stands, or the mapping where there is none."""
        if isinstance(self.node, Table) and key in self.node.items:
            where, value = self.node.items[key]
            return value.where if isinstance(value, Scalar) else where
        return self.where

    def must(self, key: str, what: str, hint: str | None = None) -> Fault:
        """A fault of one setting: that it must `what`."""
        return Fault(f"`{self.path}.{key}` must {what}", self.place(key), hint)

    def needs(self, what: str, hint: str | None = None) -> Fault:
        """A fault of the whole: that it needs `what`."""
        return Fault(f"`{self.path}` needs {what}", self.where, hint)

    def _at(self, key: str) -> Node | None:
        return config.at(self.node, key)


def _texts(items: Iterable[Node]) -> Iterator[tuple[str, Where]]:
    for item in items:
        match item:
            case Scalar(str(text)) if not config.is_opaque(item):
                yield text, item.where
            case Scalar(None):
                yield "", item.where
