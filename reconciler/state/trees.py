"""The config we gave and the one an agent reports, as plain values side by side.

Called by `drift.py` and `explain.py`. Takes away what differs without meaning anything:
how a Collector writes names and lists, and every setting that we did not give, which is
a default or the agent's own. What remains is compared leaf by leaf.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.errors import ReconcilerError
from reconciler.fleet.documents import COLLECTOR_ENTRY
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.syntax import nodes, yaml
from reconciler.state.observed import EffectiveConfig

COMPONENTS = ("receivers", "processors", "exporters", "connectors", "extensions")
RAW_ENTRY = "raw"
"""What newer Collectors report beside the resolved config: merged, not expanded."""

MORE_ITEMS = 20
"""Items of a reported list that are looked at beyond the length of ours."""

Tree: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trees:
    """Two configs with the same sections: components, `service`.

    `found` holds settings that `wanted` has too; all its components and pipelines.
    """

    wanted: Tree
    found: Tree


def read(desired: RenderedConfig, effective: EffectiveConfig) -> Trees | None:
    """Both configs, or None where they cannot be compared.

    Only one whole Collector config is: several entries are merged by each kind of agent
    in its own way.
    """
    theirs = effective.entries.get(RAW_ENTRY) or effective.entries.get(COLLECTOR_ENTRY)
    if set(desired.entries) != {COLLECTOR_ENTRY} or theirs is None:
        return None
    try:
        wanted = _read(desired.entries[COLLECTOR_ENTRY].body)
        found = _read(theirs.body)
    except ReconcilerError:
        return None
    if wanted is None or found is None:
        return None
    return _side_by_side(wanted, found)


def _read(body: bytes) -> Tree | None:
    documents = yaml.compose(body, "config")
    value = nodes.plain(documents[0]) if documents else None
    return value if isinstance(value, dict) else None


def _side_by_side(wanted: Tree, found: Tree) -> Trees:
    ours, theirs = {}, {}
    for section in COMPONENTS:
        ours[section], theirs[section] = _components(
            _mapping(wanted, section), _mapping(found, section)
        )
    # The supervisor and the Kubernetes operator add the extension they talk to.
    extensions = theirs["extensions"]
    theirs["extensions"] = {
        name: extensions[name] for name in ours["extensions"] if name in extensions
    }
    ours["service"], theirs["service"] = _service(
        _mapping(wanted, "service"), _mapping(found, "service")
    )
    return Trees(ours, theirs)


def _components(wanted: Tree, found: Tree) -> tuple[Tree, Tree]:
    ours = {_canonical(name): settings for name, settings in wanted.items()}
    theirs = {_canonical(name): settings for name, settings in found.items()}
    for name in ours.keys() & theirs.keys():
        ours[name], theirs[name] = aligned(ours[name], theirs[name])
    return ours, theirs


def _service(wanted: Tree, found: Tree) -> tuple[Tree, Tree]:
    extensions = set(_names(wanted.get("extensions")))
    there = extensions.intersection(_names(found.get("extensions")))
    ours: Tree = {"extensions": sorted(extensions)}
    theirs: Tree = {"extensions": sorted(there)}
    ours["pipelines"] = _pipelines(_mapping(wanted, "pipelines"))
    theirs["pipelines"] = _pipelines(_mapping(found, "pipelines"))
    if telemetry := wanted.get("telemetry"):
        given = found.get("telemetry") or {}
        ours["telemetry"], theirs["telemetry"] = aligned(telemetry, given)
    return ours, theirs


def _pipelines(pipelines: Tree) -> Tree:
    return {
        _canonical(name): {
            "receivers": sorted(set(_names(pipeline.get("receivers")))),
            "processors": _names(pipeline.get("processors")),
            "exporters": sorted(set(_names(pipeline.get("exporters")))),
        }
        for name in pipelines
        for pipeline in [_mapping(pipelines, name)]
    }


def aligned(wanted: Any, found: Any) -> tuple[Any, Any]:
    """Two settings in the same shape where a Collector takes them for the same.

    Header maps are written as lists of `{name, value}`, a list may be given as its only
    item, and what was not given is left out of `found`.
    """
    if _is_empty(wanted):
        return wanted, wanted
    match wanted:
        case dict() if (theirs := _as_mapping(found)) is not None:
            return _aligned_mappings(wanted, theirs)
        case list() if (ours := _as_mapping(wanted)) and (theirs := _as_mapping(found)):
            return _aligned_mappings(ours, theirs)
        case list() if isinstance(found, list):
            return _aligned_lists(wanted, found)
        case _ if isinstance(found, list) and len(found) == 1:
            return aligned(wanted, found[0])
        case _:
            return wanted, found


def _aligned_mappings(
    wanted: Mapping[str, Any], found: Mapping[str, Any]
) -> tuple[Tree, Tree]:
    ours, theirs = {}, {}
    for key, value in wanted.items():
        if key in found:
            ours[key], theirs[key] = aligned(value, found[key])
        elif not _is_empty(value):
            ours[key] = value
    return ours, theirs


def _aligned_lists(wanted: list[Any], found: list[Any]) -> tuple[list[Any], list[Any]]:
    pairs = [aligned(*pair) for pair in zip(wanted, found, strict=False)]
    more = found[len(pairs) : len(pairs) + MORE_ITEMS]
    ours = [ours for ours, _ in pairs] + wanted[len(pairs) :]
    return ours, [theirs for _, theirs in pairs] + more


def _as_mapping(value: Any) -> Mapping[str, Any] | None:
    """A mapping, also when it is written as a list of `{name, value}`."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and all(
        isinstance(one, dict) and set(one) == {"name", "value"} for one in value
    ):
        return {str(one["name"]): one["value"] for one in value}
    return None


def join(pointer: str, key: str) -> str:
    """The JSON Pointer one step down."""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, dict | list) and not value)


def _mapping(of: Tree, key: str) -> Tree:
    value = of.get(key)
    return value if isinstance(value, dict) else {}


def _names(value: Any) -> list[str]:
    """The component ids of a list; one alone counts, as the Collector takes it so."""
    if value is None:
        return []
    items = value if isinstance(value, list) else [value]
    return [_canonical(str(item)) for item in items]


def _canonical(name: str) -> str:
    """The Collector ignores spaces around the slash of `type/name`."""
    return "/".join(part.strip() for part in name.split("/", 1))
