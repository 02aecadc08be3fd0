"""Does the effective config still contain what we gave?

Called away from the event loop by `service.py`, once per pair of hashes. Containment,
not equality: agents add defaults, their own extension and telemetry.
"""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.fleet.render import RenderedConfig
from reconciler.state.observed import EffectiveConfig


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


@dataclass(frozen=True, slots=True)
class DriftReport:
    """All that does not match; unverifiable leaves are no drift."""

    differences: tuple[Difference, ...]
    judged: bool = True

    @property
    def drifted(self) -> bool:
        """Some leaf is changed, missing or extra."""
        return any(d.verdict is not LeafVerdict.UNVERIFIABLE for d in self.differences)


def compare(desired: RenderedConfig, effective: EffectiveConfig) -> DriftReport:
    """Judge an effective config that was reported after the hash was acknowledged."""
    raise NotImplementedError
