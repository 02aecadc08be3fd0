"""Whether a build of the Collector has the components that a config names.

Asked by `state/builds.py` before a config is offered, and by `plan` of agents that are
known. Precision first: nothing is said of a kind that the build does not list, and each
name of a component stands for all its names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.catalogue import bundled
from reconciler.fleet.documents import COLLECTOR_ENTRY
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules import config as collector
from reconciler.fleet.rules import ids
from reconciler.fleet.syntax.nodes import Node, Table

UNKNOWN: Final = "E017"
KINDS: Final = collector.COMPONENTS

Components: TypeAlias = Mapping[str, frozenset[str]]
"""The types in a build by kind (`receivers`, ...)."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A type that a config names and a build does not have.

    Attributes:
        kind: Its section.
        where: The first place in the source that names it.
    """

    kind: str
    type: str
    where: Where

    @property
    def name(self) -> str:
        """As people say it: `exporter kafka`."""
        return f"{self.kind[:-1]} {self.type}"

    @property
    def finding(self) -> Finding:
        """The same as the linter would put it, for comments that ignore it."""
        words = f"{self.kind[:-1]} type `{self.type}` is not in this build"
        return findings.error(UNKNOWN, words, self.where)


def missing(nodes: Mapping[str, Node], build: Components) -> tuple[Missing, ...]:
    """What a build lacks to run a rendered config, each type once; in order of place.

    Args:
        nodes: The tree of each entry; those beside the Collector's config are opaque.
        build: The types it has.
    """
    tree = nodes.get(COLLECTOR_ENTRY)
    found: dict[tuple[str, str], Missing] = {}
    for one in _missing(tree, build) if isinstance(tree, Table) else ():
        found.setdefault((one.kind, one.type), one)
    return tuple(sorted(found.values(), key=lambda one: (one.where, one.type)))


def _missing(tree: Table, build: Components) -> Iterator[Missing]:
    for kind in KINDS:
        section, types = collector.child(tree, kind), build.get(kind)
        if types is None or not isinstance(section, Table):
            continue
        for key, (where, _) in section.items.items():
            type_ = collector.trimmed(key).partition("/")[0]
            if ids.is_type(type_) and not _has(types, kind, type_):
                yield Missing(kind, type_, where)


def _has(types: frozenset[str], kind: str, type_: str) -> bool:
    if type_ in types:
        return True
    known = bundled.bundled().find(kind, type_)
    names = {known.type, *known.aliases, known.renamed} if known else frozenset[str]()
    return not types.isdisjoint(names)
