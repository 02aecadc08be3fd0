"""Which entry that an agent reports belongs to which of ours, and how they compare.

Called by `drift.py`. Kinds of entries differ by what they may gain on the way. A
Collector config gains settings, never components or pipelines. A whole Kubernetes
resource, as a bridge applies it, and any other YAML or JSON gain keys. Of plain text
nobody knows what becomes of it, so it only has to be there.

What is reported beside ours is left alone: a bridge adds the Collectors behind it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from reconciler.fleet.documents import COLLECTOR_ENTRY
from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.state import contents, trees
from reconciler.state.contents import Content, Text, Unreadable, Values
from reconciler.state.leaves import Dialect
from reconciler.state.observed import EffectiveConfig
from reconciler.state.trees import Tree

RAW_ENTRY: Final = "raw"
"""What newer Collectors report beside the resolved config: merged, not expanded."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two configs in the same shape.

    Attributes:
        entry: The name of ours.
        wanted: What we gave.
        found: What the agent reports, less what it may have added.
        dialect: By which their leaves compare.
        size: Bytes of both.
    """

    entry: str
    wanted: Any
    found: Any
    dialect: Dialect
    size: int


@dataclass(frozen=True, slots=True)
class Missing:
    """We gave an entry, and the agent reports none of that name."""

    entry: str


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Nobody can tell whether an entry holds what we gave; `reason` says why."""

    reason: str


Matched: TypeAlias = Pair | Missing | Unjudged


def match(desired: RenderedConfig, effective: EffectiveConfig) -> Iterator[Matched]:
    """Every entry of ours that is not confirmed already: as text, or byte by byte."""
    merged = _merged(desired, effective)
    if merged is not None:
        yield merged
        return
    for name in desired.entries:
        yield from _by_name(name, desired, effective)


def _by_name(
    name: str, desired: RenderedConfig, effective: EffectiveConfig
) -> Iterator[Matched]:
    ours, reported = desired.entries[name], _reported(name, desired, effective)
    if not reported:
        yield Missing(name)
        return
    if ours.body == reported[0].body:
        return
    match contents.ours(ours, desired.nodes.get(name)):
        case Text():
            return
        case Unreadable(reason):
            yield Unjudged(f"{_called(name, 'our config')} {reason}")
        case wanted:
            size = len(ours.body) + len(reported[0].body)
            yield _pair(name, wanted, _first_readable(reported), size)


def _reported(
    name: str, desired: RenderedConfig, effective: EffectiveConfig
) -> list[ConfigEntry]:
    """What is reported under a name of ours, best first."""
    has_raw = name == COLLECTOR_ENTRY and RAW_ENTRY not in desired.entries
    names = (RAW_ENTRY, name) if has_raw else (name,)
    return [effective.entries[name] for name in names if name in effective.entries]


def _first_readable(reported: list[ConfigEntry]) -> Content:
    content: Content = Text()
    for entry in reported:
        content = contents.read(entry.body)
        if isinstance(content, dict | list):
            break
    return content


def _pair(name: str, wanted: Values, found: Content, size: int) -> Pair | Unjudged:
    subject = _called(name, "the effective config")
    match wanted, found:
        case _, Unreadable(reason):
            return Unjudged(f"{subject} {reason}")
        case dict(), dict() if _is_collector(name, wanted):
            return _collectors(name, wanted, found, size)
        case (dict(), dict()) | (list(), list()):
            dialect = Dialect.RESOURCE if _is_resource(wanted) else Dialect.OTHER
            return Pair(name, *trees.narrowed(wanted, found), dialect, size)
        case _:
            kind = "mapping" if isinstance(wanted, dict) else "list"
            return Unjudged(f"{subject} is no {kind}")


def _collectors(name: str, wanted: Tree, found: Tree, size: int) -> Pair:
    return Pair(name, *trees.collector(wanted, found), Dialect.COLLECTOR, size)


def _merged(
    desired: RenderedConfig, effective: EffectiveConfig
) -> Pair | Unjudged | None:
    """All entries of ours as the one that an agent made of them.

    A supervisor takes parts of a Collector config under any names, and a bridge may
    know the one Collector behind it: both report no name but `""`. So where all of ours
    are such parts, and that entry is a Collector config, it is held against all of
    them. In any other case an entry that is not reported is missing.
    """
    names = sorted(desired.entries, key=lambda name: (name == COLLECTOR_ENTRY, name))
    reported = _reported(COLLECTOR_ENTRY, desired, effective)
    is_alone = effective.entries.keys() <= {COLLECTOR_ENTRY, RAW_ENTRY}
    has_named = desired.entries.keys() & effective.entries.keys() - {COLLECTOR_ENTRY}
    is_plain = names in ([], [COLLECTOR_ENTRY])
    if is_plain or has_named or not is_alone or not reported:
        return None
    parts = [part for name in names if (part := _part(desired, name)) is not None]
    if len(parts) < len(names):
        return None
    entry = names[0] if len(names) == 1 else COLLECTOR_ENTRY
    size = sum(len(entry.body) for entry in (*desired.entries.values(), reported[0]))
    match _first_readable(reported):
        case Unreadable(reason):
            return Unjudged(f"the effective config {reason}")
        case dict() as found if found.keys() & trees.SECTIONS:
            return _collectors(entry, trees.merged(parts), found, size)
        case _:
            return None


def _part(desired: RenderedConfig, name: str) -> Tree | None:
    """What we gave under a name, if a Collector would take it as part of its config."""
    match contents.ours(desired.entries[name], desired.nodes.get(name)):
        case dict() as content if content.keys() <= trees.SECTIONS:
            return content
        case _:
            return None


def _is_collector(name: str, wanted: Tree) -> bool:
    """Only parts of one are given as the entry without a name."""
    service = wanted.get("service")
    has_pipelines = isinstance(service, dict) and "pipelines" in service
    is_unnamed = name == COLLECTOR_ENTRY and wanted.keys() <= trees.SECTIONS
    return has_pipelines or is_unnamed


def _is_resource(wanted: Values) -> bool:
    return isinstance(wanted, dict) and {"apiVersion", "kind"} <= wanted.keys()


def _called(name: str, config: str) -> str:
    return f"entry `{name}` of {config}" if name else config
