"""Finds the value that a person means by a path, however they write it.

Asked by `reconciler explain`. JSON Pointer (`/exporters/otlp~1b/endpoint`), with dots
(`exporters.otlp/b.endpoint`), or a mix; keys of a Collector hold slashes and dots
themselves, so what is written is held against the keys there are, and never split
blindly.
"""

import difflib
import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.fleet.syntax import pointers
from reconciler.fleet.syntax.nodes import Node, Sequence, Table
from reconciler.fleet.syntax.pointers import Path

MOST_NEAR: Final = 3
_LONGEST: Final = 1_000
"""Characters of a path; no key of a Collector is that long."""
_MOST_COMPARED: Final = 5_000
_SIMILAR: Final = 0.7


def find(tree: Node, text: str) -> tuple[Path, ...]:
    """Every path in a tree that a text can mean: none, one, or rarely several.

    The empty text and `/` mean the whole tree.
    """
    if len(text) > _LONGEST:
        return ()
    whole: tuple[Path, ...] = ((),) if text in {"", "/", "."} else ()
    rest = text[1:] if text.startswith(("/", ".")) else text
    return tuple(dict.fromkeys((*whole, *_matches(tree, rest, ()))))


def near(trees: Iterable[Node], text: str) -> tuple[str, ...]:
    """Pointers to what was probably meant: paths that end alike, or look alike."""
    written = {
        pointers.text(path): path
        for tree in trees
        for path in itertools.islice(_paths(tree, ()), _MOST_COMPARED)
    }
    word = f"/{text.strip('/.')}".replace(".", "/")[:_LONGEST]
    alike = difflib.get_close_matches(word, written, n=MOST_NEAR, cutoff=_SIMILAR)
    last = word.rpartition("/")[2]
    ending = sorted(one for one, path in written.items() if path[-1:] == (last,))
    return tuple(dict.fromkeys((*alike, *ending)))[:MOST_NEAR]


def at(node: Node | None, path: Path) -> Node | None:
    """What stands at a path; None when nothing does."""
    for key in path:
        node = _children(node).get(key) if node else None
    return node


def _matches(node: Node, rest: str, above: Path) -> Iterator[Path]:
    for key, value in _children(node).items():
        here = (*above, key)
        for spelled in {key, pointers.escape(key), f"[{key}]"}:
            after = rest.removeprefix(spelled)
            if rest == spelled:
                yield here
            elif not rest.startswith(spelled):
                continue
            elif after[0] in "./":
                yield from _matches(value, after[1:], here)
            elif after[0] == "[":
                yield from _matches(value, after, here)


def _children(node: Node) -> dict[str, Node]:
    match node:
        case Table(items):
            return {key: value for key, (_, value) in items.items()}
        case Sequence(items):
            return {str(index): item for index, item in enumerate(items)}
        case _:
            return {}


def _paths(node: Node, above: Path) -> Iterator[Path]:
    for key, value in _children(node).items():
        yield (*above, key)
        yield from _paths(value, (*above, key))
