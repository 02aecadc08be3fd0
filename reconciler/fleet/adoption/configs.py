"""The layers of an adoption as documents of kind `CollectorConfig`.

Collector YAML stands in the document where it is short, else in a file beside it; a
file that somebody wrote is kept to the byte where it says just what the layer does.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.fleet.adoption import documents, excerpts
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.adoption.change import Change
from reconciler.fleet.adoption.documents import Collector, Names
from reconciler.fleet.adoption.excerpts import Source
from reconciler.fleet.adoption.labelling import Labels
from reconciler.fleet.adoption.layering import Layer
from reconciler.fleet.documents import Kind, ListMerge
from reconciler.fleet.syntax import nodes, pointers

INLINE: Final = 12
"""Lines of Collector YAML up to which it stands in its document."""
_HOSTS_NAMED: Final = 5
_SEVERAL: Final = "One document for each way in which the labels of hosts go together."


@dataclass(frozen=True, slots=True)
class Written:
    """A layer as it was written.

    Attributes:
        names: Of its documents, one for each selector.
        path: Of the file that holds them.
        texts: The documents.
        beside: Path and content of its Collector YAML, if that is a file of its own.
    """

    layer: Layer
    names: tuple[str, ...]
    path: str
    texts: tuple[str, ...]
    beside: tuple[str, bytes] | None

    def name_for(self, labels: Labels) -> str | None:
        """The document that an agent gets of it; None when it gets none."""
        pairs = zip(self.names, self.layer.selectors, strict=True)
        return next((name for name, one in pairs if one.matches(labels)), None)


class Writer:
    """Writes layers of the same inputs, each under names of its own."""

    def __init__(self, inputs: Sequence[Adopted], sources: Sequence[Source]) -> None:
        self._inputs = inputs
        self._sources = sources
        self._names = Names()
        self._stems: dict[str, Names] = defaultdict(Names)

    def write(self, layer: Layer) -> Written:
        """The documents of a layer."""
        folder, words, stem = self._place(layer)
        names = tuple(self._names.new(*words) for _ in layer.selectors)
        content, beside = self._content(layer), None
        if isinstance(content, bytes):
            beside = (f"{folder}/{stem}.collector.yaml", content)
            about: dict[str, Any] = {"files": [f"{stem}.collector.yaml"]}
        else:
            about = {"config": content}
        texts = tuple(
            documents.document(
                Kind.COLLECTOR_CONFIG,
                name,
                {
                    "selector": documents.selector(selector),
                    "priority": layer.priority,
                    **_rules(layer.change),
                    **about,
                },
                *(self._why(layer) if name == names[0] else ()),
            )
            for name, selector in zip(names, layer.selectors, strict=True)
        )
        return Written(layer, names, f"{folder}/{stem}.yaml", texts, beside)

    def _place(self, layer: Layer) -> tuple[str, list[str], str]:
        """Folder, words for the names of documents, and stem of the files."""
        values = [value or f"no-{key}" for key, value in _pairs(layer)]
        folder, words = "base", ["base"]
        if layer.is_exception:
            values = [self._inputs[layer.members[0]].name]
            folder, words = "hosts", ["host", *values]
        elif layer.keys:
            folder = f"layers/{documents.slug('-'.join(layer.keys))}"
            words = [*layer.keys, *values]
        return folder, words, self._stems[folder].new(*(values or ["base"]))

    def _content(self, layer: Layer) -> bytes | Collector | dict[str, Any]:
        """What it sets: a file of its own, or what stands in place."""
        tree = layer.change.tree
        if not tree.items:
            return {}
        whole = self._whole(layer)
        text = excerpts.write(tree, [self._sources[n] for n in layer.members])
        is_short = whole is None and text.count("\n") <= INLINE
        if is_short and not layer.is_base and len(layer.selectors) == 1:
            return Collector(text.removesuffix("\n"))
        return whole or excerpts.spaced(text, tree).encode()

    def _whole(self, layer: Layer) -> bytes | None:
        """The file of an input that says just what the layer does."""
        inputs = [self._inputs[number] for number in layer.members]
        fitting = (
            one.content
            for one in inputs
            if one.is_whole and nodes.same(one.tree, layer.change.tree)
        )
        return None if layer.change.append else next(fitting, None)

    def _why(self, layer: Layer) -> Iterator[str]:
        names = [self._inputs[number].name for number in layer.members]
        if layer.is_exception:
            have = "has" if len(names) == 1 else "have"
            yield f"What only {_named(names)} {have}: no label explains it."
        elif layer.is_base:
            yield f"What all have in common: {_counted(names)}."
        else:
            words = " and ".join(
                f"{key} {value}" if value is not None else f"no {key}"
                for key, value in _pairs(layer)
            )
            yield f"What goes with {words}: {_counted(names)}."
        if len(layer.selectors) > 1:
            yield _SEVERAL


def _rules(made: Change) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    if made.remove:
        rules["remove"] = [pointers.text(path) for path in made.remove]
    if made.append:
        rules["lists"] = [
            {"path": pointers.text(path), "merge": ListMerge.APPEND.value}
            for path in made.append
        ]
    return rules


def _pairs(layer: Layer) -> Iterator[tuple[str, str | None]]:
    return zip(layer.keys, layer.values, strict=True)


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _HOSTS_NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return ", ".join(names[:_HOSTS_NAMED]) + more


def _counted(names: Sequence[str]) -> str:
    return "1 host" if len(names) == 1 else f"{len(names)} hosts"
