"""How a simulated agent behaves: a closed set, and the shares of a fleet.

Read by `supervisor.py` (what it does with an offer), `agent.py` (what it announces) and
`population.py` (how many of each). Each stands for something real agents were seen to
do.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from types import MappingProxyType

from reconciler.errors import UsageError
from reconciler.opamp.pb import opamp_pb2


class Reaction(Enum):
    """What a supervisor does when the Collector will not run a config."""

    GO_DOWN = "go down"
    KEEP_OLD = "keep old"
    ROLL_BACK = "roll back"


class Personality(StrEnum):
    """One way to behave.

    All judge a config by its content first (`collector.py`). The picky ones (`REJECTS`,
    `CRASHES`, `ROLLS_BACK`) moreover run only the first config that worked for them and
    stumble over every other one, each in its own way.

    - `GOOD`: APPLYING, then APPLIED; after a config that does not start it stays down.
    - `SLOW`: as good, many times slower.
    - `REJECTS`: validates first; FAILED, and the old config keeps running.
    - `CRASHES`: APPLIED and healthy, then the Collector exits and stays down.
    - `ROLLS_BACK`: FAILED of the new hash, then APPLIED of the old one.
    - `DRIFTS`: some time after APPLIED it runs something else, again and again.
    - `DRIFTS_HASH`: the same, and it reports another hash as well.
    - `NEVER_REPORTS`: takes configs but has no ReportsRemoteConfig.
    - `SWALLOWS`: takes offers and never says a word about them.
    - `CLONES`: shares its instance_uid with another agent until it is given a new one.
    - `BARE_RECONNECT`: reconnects with an empty message that continues its numbering.
    - `READ_ONLY`: has no AcceptsRemoteConfig.
    - `HIDES_COMPONENTS`: has no ReportsAvailableComponents, as a supervisor by default.
    """

    GOOD = "good"
    SLOW = "slow"
    REJECTS = "rejects"
    CRASHES = "crashes-after-applying"
    ROLLS_BACK = "rolls-back"
    DRIFTS = "drifts"
    DRIFTS_HASH = "drifts-hash"
    NEVER_REPORTS = "never-reports"
    SWALLOWS = "swallows-offers"
    CLONES = "clones"
    BARE_RECONNECT = "bare-reconnect"
    READ_ONLY = "read-only"
    HIDES_COMPONENTS = "hides-components"

    @property
    def capabilities(self) -> int:
        """OpAMP `AgentCapabilities` bits it announces in every message."""
        match self:
            case Personality.NEVER_REPORTS:
                return _SUPERVISOR & ~opamp_pb2.AgentCapabilities_ReportsRemoteConfig
            case Personality.READ_ONLY:
                return _SUPERVISOR & ~(
                    opamp_pb2.AgentCapabilities_AcceptsRemoteConfig
                    | opamp_pb2.AgentCapabilities_ReportsRemoteConfig
                )
            case Personality.HIDES_COMPONENTS:
                return (
                    _SUPERVISOR
                    & ~opamp_pb2.AgentCapabilities_ReportsAvailableComponents
                )
            case _:
                return _SUPERVISOR

    @property
    def is_picky(self) -> bool:
        """It stumbles over every config but the first that worked."""
        return self in {
            Personality.REJECTS,
            Personality.CRASHES,
            Personality.ROLLS_BACK,
        }

    @property
    def reaction(self) -> Reaction:
        """What follows when a config does not start."""
        match self:
            case Personality.REJECTS:
                return Reaction.KEEP_OLD
            case Personality.ROLLS_BACK:
                return Reaction.ROLL_BACK
            case _:
                return Reaction.GO_DOWN


_SUPERVISOR = (
    opamp_pb2.AgentCapabilities_ReportsStatus
    | opamp_pb2.AgentCapabilities_AcceptsRemoteConfig
    | opamp_pb2.AgentCapabilities_ReportsEffectiveConfig
    | opamp_pb2.AgentCapabilities_ReportsOwnMetrics
    | opamp_pb2.AgentCapabilities_AcceptsRestartCommand
    | opamp_pb2.AgentCapabilities_ReportsHealth
    | opamp_pb2.AgentCapabilities_ReportsRemoteConfig
    | opamp_pb2.AgentCapabilities_ReportsHeartbeat
    | opamp_pb2.AgentCapabilities_ReportsAvailableComponents
)
"""What the Collector's supervisor announces when everything is switched on."""

ALL_GOOD: Mapping[Personality, float] = MappingProxyType({Personality.GOOD: 1.0})


def parse_mix(text: str) -> dict[Personality, float]:
    """Read `good=0.9,slow=0.05`; what is missing to 1 is good.

    Raises:
        UsageError: An unknown personality, one twice, a share that is no number, or
            all together over 1.
    """
    mix: dict[Personality, float] = {}
    for part in filter(str.strip, text.split(",")):
        one, share = _parse_share(part)
        if one in mix:
            raise UsageError(f"{one} stands in the mix twice")
        mix[one] = share
    rest = 1.0 - sum(mix.values())
    if rest < -_ROUNDING:
        raise UsageError(f"the shares of the mix add up to {1.0 - rest:g}, over 1")
    mix[Personality.GOOD] = mix.get(Personality.GOOD, 0.0) + max(rest, 0.0)
    return mix


def _parse_share(part: str) -> tuple[Personality, float]:
    name, _, share = part.partition("=")
    try:
        personality = Personality(name.strip())
    except ValueError:
        known = ", ".join(Personality)
        raise UsageError(
            f"no personality is called {name.strip()!r}", hint=f"known are {known}"
        ) from None
    try:
        number = float(share)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise UsageError(
            f"the share of {personality} must be a number from 0 to 1, not {share!r}"
        )
    return personality, number


def allot(mix: Mapping[Personality, float], agents: int) -> list[Personality]:
    """Whole agents for shares, largest remainders first; in the mix's order."""
    total = sum(mix.values())
    exact = {one: agents * share / total for one, share in mix.items()}
    counts = {one: int(number) for one, number in exact.items()}
    by_remainder = sorted(mix, key=lambda one: counts[one] - exact[one])
    for one in by_remainder[: agents - sum(counts.values())]:
        counts[one] += 1
    return [one for one, count in counts.items() for _ in range(count)]


_ROUNDING = 1e-9
