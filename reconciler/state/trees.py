"""The config we gave and the one an agent reports, brought into one shape.

Called by `entries.py`. Takes away what differs without meaning anything: how a
Collector writes names and lists, and every setting that we did not give, which is a
default or the agent's own. What remains is compared leaf by leaf.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

COMPONENTS = ("receivers", "processors", "exporters", "connectors", "extensions")
SECTIONS = frozenset({*COMPONENTS, "service"})
"""The keys of a Collector config; a Collector refuses any other."""

MORE_ITEMS = 20
"""Items of a reported list that are looked at beyond the length of ours."""

Tree: TypeAlias = dict[str, Any]
Align: TypeAlias = Callable[[Any, Any], tuple[Any, Any]]


def collector(wanted: Tree, found: Tree) -> tuple[Tree, Tree]:
    """Two Collector configs with the same sections: components, `service`.

    The one that was found holds settings that ours has too; all its components and
    pipelines.
    """
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
    return ours, theirs


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
            return _mappings(wanted, theirs, aligned)
        case list() if (ours := _as_mapping(wanted)) and (theirs := _as_mapping(found)):
            return _mappings(ours, theirs, aligned)
        case list() if isinstance(found, list):
            return _lists(wanted, found, aligned)
        case _ if isinstance(found, list) and len(found) == 1:
            return aligned(wanted, found[0])
        case _:
            return wanted, found


def narrowed(wanted: Any, found: Any) -> tuple[Any, Any]:
    """Two values of anything but a Collector, less the keys that we did not give.

    Empty mappings and lists give nothing, and programs leave them out.
    """
    if _is_empty(wanted):
        return wanted, wanted
    match wanted, found:
        case dict(), dict():
            return _mappings(wanted, found, narrowed)
        case list(), list():
            return _lists(wanted, found, narrowed)
        case _:
            return wanted, found


def _mappings(
    wanted: Mapping[str, Any], found: Mapping[str, Any], align: Align
) -> tuple[Tree, Tree]:
    ours, theirs = {}, {}
    for key, value in wanted.items():
        if key in found:
            ours[key], theirs[key] = align(value, found[key])
        elif not _is_empty(value):
            ours[key] = value
    return ours, theirs


def _lists(
    wanted: list[Any], found: list[Any], align: Align
) -> tuple[list[Any], list[Any]]:
    pairs = [align(*pair) for pair in zip(wanted, found, strict=False)]
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


def merged(configs: Sequence[Tree]) -> Tree:
    """As a supervisor makes one of several: mappings deep, lists replaced.

    Only what stands in `service.extensions` of any is kept.
    """
    services = [_mapping(config, "service") for config in configs]
    extensions = [
        name for service in services for name in _names(service.get("extensions"))
    ]
    added = {"service": {"extensions": extensions}} if extensions else {}
    return functools.reduce(_laid_over, [*configs, added], {})


def _laid_over(low: Any, high: Any) -> Any:
    if not (isinstance(low, dict) and isinstance(high, dict)):
        return high
    both = {key: _laid_over(low[key], high[key]) for key in low.keys() & high.keys()}
    return {**low, **high, **both}


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
