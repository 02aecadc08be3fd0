"""From settings to agents: who they are, how they behave, how they talk.

Called once by `fleet.py`. All chance is drawn here from the seed; nothing random
happens later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from reconciler.ids import UID_BYTES, InstanceUid
from reconciler.simulator import personality
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.identity import Identity, uuid7
from reconciler.simulator.personality import Personality
from reconciler.simulator.settings import DEFAULT_LABELS, SimulationSettings
from reconciler.simulator.supervisor import Pace, Supervisor

_VERSIONS = ("0.147.0", "0.148.0", "0.149.0", "0.149.0")
_BORN_MILLISECONDS = 1_767_225_600_000
"""2026-01-01; so that a seed gives the same uids at any time."""

_JITTER = 0.3


def build(settings: SimulationSettings, *, http_share: float) -> list[SimulatedAgent]:
    """The agents of a fleet, in a stable order; personalities are shuffled in."""
    chance = Random(settings.seed)  # noqa: S311 - reproducible, not secret
    personalities = personality.allot(settings.mix, settings.agents)
    chance.shuffle(personalities)
    identities = _identities(settings, chance)
    _clone(identities, personalities)
    pollers = _pollers(settings.agents, http_share, chance)
    return [
        SimulatedAgent(
            identities[index],
            Supervisor(one, _pace_of(one, settings.pace, chance)),
            heartbeat=settings.heartbeat,
            polls=index in pollers,
        )
        for index, one in enumerate(personalities)
    ]


def _identities(settings: SimulationSettings, chance: Random) -> list[Identity]:
    labels = {**DEFAULT_LABELS, **settings.labels}
    shared: dict[tuple[str, ...], dict[str, str]] = {}
    return [
        _identity(index, labels, shared, chance) for index in range(settings.agents)
    ]


def _identity(
    index: int,
    labels: Mapping[str, Sequence[str]],
    shared: dict[tuple[str, ...], dict[str, str]],
    chance: Random,
) -> Identity:
    """Agents with equal labels share one mapping; there are few kinds of hosts."""
    drawn = {key: chance.choice(values) for key, values in labels.items()}
    return Identity(
        uid=_uid(index, chance),
        host_name=f"{drawn['role']}-{index:05}",
        version=chance.choice(_VERSIONS),
        labels=shared.setdefault(tuple(drawn.values()), drawn),
    )


def _uid(index: int, chance: Random) -> InstanceUid:
    """One for each millisecond."""
    bits = (_BORN_MILLISECONDS + index) << 80 | chance.getrandbits(80)
    return uuid7(bits.to_bytes(UID_BYTES, "big"))


def _clone(identities: list[Identity], personalities: list[Personality]) -> None:
    """Pairs of clones share a uid, as hosts made from one disk image do."""
    clones = [
        index for index, one in enumerate(personalities) if one is Personality.CLONES
    ]
    for original, copy in zip(clones[::2], clones[1::2], strict=False):
        identities[copy] = replace(identities[copy], uid=identities[original].uid)


def _pollers(agents: int, share: float, chance: Random) -> frozenset[int]:
    return frozenset(chance.sample(range(agents), round(agents * share)))


def _pace_of(one: Personality, pace: Pace, chance: Random) -> Pace:
    """No two hosts are equally fast."""
    factor = 1 + _JITTER * (2 * chance.random() - 1)
    return pace.stretched(factor * pace.slow if one is Personality.SLOW else factor)
