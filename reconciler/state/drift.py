"""Does the effective config still contain what we gave?

`service.py` calls `compare` away from the event loop, once per pair of hashes.
Containment, not equality: a Collector's effective config never equals what was sent,
because agents add their own extension and telemetry and the Collector adds defaults.
Components and pipelines must be the same; every desired leaf must be there; what else
is there is a default. What a Collector expands (`${…}`) or hides (`[REDACTED]`) cannot
be verified and is no drift.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.errors import InvalidDocument, ReconcilerError
from reconciler.fleet import nodes, yaml
from reconciler.fleet.render import RenderedConfig
from reconciler.state import leaves
from reconciler.state.observed import EffectiveConfig

COMPONENTS = ("receivers", "processors", "exporters", "connectors", "extensions")
SHOWN = 120
"""Characters of a value that a difference shows."""

LISTED = 100
"""Differences that a report lists; one is enough to judge."""


class LeafVerdict(StrEnum):
    """What became of one desired leaf."""

    CHANGED = "changed"
    MISSING = "missing"
    EXTRA = "extra"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class Difference:
    """One leaf that does not match; `path` is a JSON Pointer into the config.

    Values are shortened and masked when their key looks secret.
    """

    path: str
    verdict: LeafVerdict
    desired: str
    effective: str

    @property
    def is_drift(self) -> bool:
        """It is certain that this is not what we gave."""
        return self.verdict is not LeafVerdict.UNVERIFIABLE


@dataclass(frozen=True, slots=True)
class DriftReport:
    """All that does not match; unverifiable leaves are no drift.

    Attributes:
        judged: The effective config could be read; else nothing is known.
    """

    differences: tuple[Difference, ...]
    judged: bool = True

    @property
    def drifted(self) -> bool:
        """Some leaf is changed, missing or extra."""
        return any(difference.is_drift for difference in self.differences)


def compare(desired: RenderedConfig, effective: EffectiveConfig) -> DriftReport:
    """Judge an effective config that was reported after the hash was acknowledged.

    Only the entry `""`, one Collector config, is judged: named entries have rules of
    their own, which differ by agent.
    """
    ours = desired.entries.get("")
    theirs = effective.entries.get("")
    if ours is None or theirs is None:
        return DriftReport((), judged=False)
    try:
        wanted = _read(ours.body)
        found = _read(theirs.body)
    except ReconcilerError:
        return DriftReport((), judged=False)
    found_all = _differences(wanted, found)
    return DriftReport(tuple(one for one, _ in zip(found_all, range(LISTED))))  # noqa: B905 - cut at the shorter on purpose


def _read(body: bytes) -> dict[str, Any]:
    documents = yaml.compose(body, "config")
    value = nodes.plain(documents[0]) if documents else None
    if not isinstance(value, dict):
        raise InvalidDocument("the config is not a mapping")
    return value


def _differences(
    wanted: Mapping[str, Any], found: Mapping[str, Any]
) -> Iterator[Difference]:
    for section in COMPONENTS:
        yield from _components(
            f"/{section}", _mapping(wanted, section), _mapping(found, section)
        )
    yield from _service(_mapping(wanted, "service"), _mapping(found, "service"))


def _components(
    at: str, wanted: Mapping[str, Any], found: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in found:
        # The supervisor and the Kubernetes operator add the extension they talk to.
        if name not in wanted and at != "/extensions":
            yield _difference(_join(at, name), LeafVerdict.EXTRA, None, found[name])
    for name, settings in wanted.items():
        if name not in found:
            yield _difference(_join(at, name), LeafVerdict.MISSING, settings, None)
        else:
            yield from _contained(_join(at, name), settings, found[name])


def _service(
    wanted: Mapping[str, Any], found: Mapping[str, Any]
) -> Iterator[Difference]:
    listed = found.get("extensions") or []
    for name in wanted.get("extensions") or []:
        if name not in listed:
            yield _difference("/service/extensions", LeafVerdict.MISSING, name, None)
    ours, theirs = _mapping(wanted, "pipelines"), _mapping(found, "pipelines")
    at = "/service/pipelines"
    for name in theirs:
        if name not in ours:
            yield _difference(_join(at, name), LeafVerdict.EXTRA, None, theirs[name])
    for name, pipeline in ours.items():
        if name not in theirs:
            yield _difference(_join(at, name), LeafVerdict.MISSING, pipeline, None)
        else:
            yield from _pipeline(_join(at, name), pipeline or {}, theirs[name] or {})
    telemetry = wanted.get("telemetry")
    if telemetry:
        yield from _contained("/service/telemetry", telemetry, found.get("telemetry"))


def _pipeline(
    at: str, wanted: Mapping[str, Any], found: Mapping[str, Any]
) -> Iterator[Difference]:
    for role in ("receivers", "processors", "exporters"):
        ours, theirs = wanted.get(role) or [], found.get(role) or []
        same = ours == theirs if role == "processors" else set(ours) == set(theirs)
        if not same:
            yield _difference(_join(at, role), LeafVerdict.CHANGED, ours, theirs)


def _contained(at: str, wanted: Any, found: Any) -> Iterator[Difference]:
    match wanted:
        case dict() if wanted:
            pairs = leaves.as_mapping(found)
            if pairs is None:
                yield _difference(at, _verdict(wanted, found), wanted, found)
                return
            for key, value in wanted.items():
                if key not in pairs:
                    if value not in (None, {}, []):
                        path = _join(at, key)
                        yield _difference(path, LeafVerdict.MISSING, value, None)
                else:
                    yield from _contained(_join(at, key), value, pairs[key])
        case list() if wanted and isinstance(found, list) and len(wanted) == len(found):
            for index, (ours, theirs) in enumerate(zip(wanted, found, strict=True)):
                yield from _contained(f"{at}/{index}", ours, theirs)
        case None | {} | []:
            return
        case _ if not leaves.equal(wanted, found):
            yield _difference(at, _verdict(wanted, found), wanted, found)


def _verdict(wanted: Any, found: Any) -> LeafVerdict:
    if leaves.is_unverifiable(wanted, found):
        return LeafVerdict.UNVERIFIABLE
    return LeafVerdict.MISSING if found is None else LeafVerdict.CHANGED


def _difference(at: str, verdict: LeafVerdict, wanted: Any, found: Any) -> Difference:
    return Difference(
        at, verdict, leaves.shown(at, wanted, SHOWN), leaves.shown(at, found, SHOWN)
    )


def _mapping(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = of.get(key)
    return value if isinstance(value, dict) else {}


def _join(at: str, key: str) -> str:
    return f"{at}/{key.replace('~', '~0').replace('/', '~1')}"
