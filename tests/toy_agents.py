"""Toy agents that really run something: a client, a supervisor and a Collector.

They know the truth that the controller only hears of. A config whose tag begins with
`bad` starts on no agent; the picky ones run only the first that worked on them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.ids import ConfigHash
from reconciler.state.actions import (
    Action,
    AgentAction,
    AskFullState,
    OfferRemoteConfig,
)
from reconciler.state.events import ConnectionClosed
from reconciler.state.observed import (
    Capability,
    ConfigStatus,
    ConnectionId,
    EffectiveConfig,
    Health,
    RemoteConfigStatus,
)
from tests.playbook import NO_HASH, SUPERVISOR, WELL, Actor, Stage
from tests.toy_fleet import effective

DOWN = Health(healthy=False, last_error="exit code 1")
BY_HAND = "exporters: {by-hand: {}}\n"
STARTS_IN, CRASHES_IN, HEARTBEAT = 2.0, 2.0, 30.0


class Kind(Enum):
    """What an agent does with a config that it does not run."""

    GOOD = "goes down and stays down"
    REJECTS = "keeps the old one"
    CRASHES = "says APPLIED, then goes down"
    ROLLS_BACK = "says FAILED, then APPLIED of the old one"
    SILENT = "takes no offer and says nothing"
    FORGETFUL = "as good, and a restart loses what it was given"

    @property
    def is_picky(self) -> bool:
        """It runs only the first config that worked on it."""
        return self in {Kind.REJECTS, Kind.CRASHES, Kind.ROLLS_BACK}


@dataclass(repr=False)
class Toy:
    """One agent; the stage hears only what it sends.

    Attributes:
        running: The config its Collector runs, None while it is down or has none.
        trusted: The first config that worked.
        edited: Somebody changed its config by hand.
        unsent: Parts of its state that changed since they were sent.
        zombies: Old connections that the server takes for alive.
    """

    stage: Stage
    kind: Kind
    actor: Actor
    running: RenderedConfig | None = None
    trusted: ConfigHash | None = None
    edited: bool = False
    unsent: set[str] = field(default_factory=set)
    zombies: list[ConnectionId] = field(default_factory=list)
    spoke_at: float = 0.0
    _applying: tuple[float, RenderedConfig] | None = None
    _crash_at: float | None = None

    @classmethod
    def of(cls, stage: Stage, kind: Kind, *, polls: bool, **labels: str) -> "Toy":
        """An agent that has not connected yet."""
        capabilities = SUPERVISOR & ~Capability.REPORTS_AVAILABLE_COMPONENTS
        actor = stage.actor(polls=polls, labels=labels, capabilities=capabilities)
        return cls(stage, kind, actor)

    def __repr__(self) -> str:
        return f"agent {self.actor.uid[-1]}"

    @property
    def is_up(self) -> bool:
        """Its Collector runs, if only with what it brought along."""
        return bool(self.actor.health and self.actor.health.healthy)

    @property
    def is_connected(self) -> bool:
        """It has a connection as far as it knows."""
        return self.actor.connection is not None

    def runs(self, config: RenderedConfig) -> bool:
        """Whether this config works on it."""
        if b"debug/bad" in config.entries[""].body:
            return False
        return not self.kind.is_picky or self.trusted in {None, config.hash}

    # The wire.

    def connects(self, *, quietly: bool = False) -> None:
        """Open a connection; `quietly` while the server takes the old one for alive."""
        if self.actor.connection and quietly and not self.actor.polls:
            self.zombies.append(self.actor.connection)
        elif self.is_connected:
            self.disconnects()
        if self.actor.number < 0:
            self.unsent.clear()
            self._hears(self.actor.connects())
        else:
            # Unsent changes ride in the first message of the new connection.
            parts, self.unsent = self._parts(), set()
            self.actor.reopens()
            self._hears(self.actor.sends(first=True, **parts))
        self.spoke_at = self.stage.now

    def disconnects(self) -> None:
        """The connection breaks; what was under way is lost."""
        if self.is_connected and not self.actor.polls:
            self.actor.leaves()
        self.actor.connection = None

    def buries(self) -> None:
        """The server notices that old connections are dead."""
        for connection in self.zombies:
            self.stage.handle(ConnectionClosed(connection, [self.actor.uid]))
        self.zombies.clear()

    def speaks(
        self, *, lost: bool = False, unheard: bool = False, again: bool = False
    ) -> list[Action]:
        """Send what is unsent, or a heartbeat.

        Args:
            lost: The message does not arrive.
            unheard: The answer does not arrive.
            again: The answer was lost, and the client sends the same message again.
        """
        parts, self.unsent = self._parts(), set()
        self.spoke_at = self.stage.now
        if lost:
            self.actor.number += 1
            self._breaks()
            return []
        report = self.actor.writes(parts)
        answer = self.actor.repeats(report)
        second = self.actor.repeats(report) if again else None
        if unheard:
            self._breaks()
        else:
            self._hears(answer if second is None else second)
        return list(second or [])

    def speaks_well(self) -> int:
        """Send what is unsent, or a heartbeat; returns how much the answer asks."""
        parts, self.unsent = self._parts(), set()
        self.spoke_at = self.stage.now
        answer = self.actor.sends(**parts)
        self._hears(answer)
        return len(answer)

    def _breaks(self) -> None:
        if not self.actor.polls:
            self.disconnects()

    def _parts(self) -> dict[str, Any]:
        everything = self.actor.everything()
        if "everything" in self.unsent:
            return everything
        return {name: everything[name] for name in self.unsent}

    def _hears(self, actions: Iterable[AgentAction]) -> None:
        for action in actions:
            match action:
                case AskFullState():
                    self.unsent.add("everything")
                case OfferRemoteConfig(config=config):
                    self.is_offered(config)
                case _:
                    raise AssertionError(action)

    def hears_push(self, action: AgentAction) -> None:
        """A message that is no answer."""
        assert not self.actor.polls
        if self.is_connected:
            self._hears([action])

    # The host.

    def is_offered(self, config: RenderedConfig) -> None:
        """Take a config or not, as its kind does."""
        if self.kind is Kind.SILENT:
            return
        if self.kind is Kind.REJECTS and not self.runs(config):
            self._says(config.hash, ConfigStatus.FAILED, "does not validate")
            return
        self._says(config.hash, ConfigStatus.APPLYING)
        self._applying = (self.stage.now + STARTS_IN, config)
        self._crash_at = None

    def advances(self) -> None:
        """Do what is due now."""
        if self._applying and self._applying[0] <= self.stage.now:
            config, self._applying = self._applying[1], None
            self._starts(config)
        if self._crash_at is not None and self._crash_at <= self.stage.now:
            self._crash_at = None
            self._goes_down()

    def _starts(self, config: RenderedConfig) -> None:
        old = self.running
        if self.runs(config):
            self.trusted = self.trusted or config.hash
            self._comes_up(config)
            self._says(config.hash, ConfigStatus.APPLIED)
        elif self.kind is Kind.CRASHES:
            self._comes_up(config)
            self._says(config.hash, ConfigStatus.APPLIED)
            self._crash_at = self.stage.now + CRASHES_IN
        else:
            self._says(config.hash, ConfigStatus.FAILED, "exit code 1")
            if self.kind is Kind.ROLLS_BACK and old is not None:
                self._comes_up(old)
                self._says(old.hash, ConfigStatus.APPLIED)
            else:
                self._goes_down()

    def _comes_up(self, config: RenderedConfig) -> None:
        self.running, self.edited = config, False
        self.actor.effective = EffectiveConfig(config.entries)
        self.actor.health = WELL
        self.unsent |= {"effective_config", "health"}

    def _goes_down(self) -> None:
        self.running = None
        self.actor.health = DOWN
        self.unsent.add("health")

    def _says(self, digest: ConfigHash, status: ConfigStatus, error: str = "") -> None:
        self.actor.status = RemoteConfigStatus(digest, status, error)
        self.unsent.add("remote_config_status")

    def drifts(self, elsewhere: RenderedConfig) -> None:
        """Somebody was on the host."""
        if self._applying is None and self.running is not None:
            self._comes_up(elsewhere)
            self._says(elsewhere.hash, ConfigStatus.APPLIED)

    def is_edited(self, text: str = BY_HAND) -> None:
        """Somebody was on the host, and the hash stays."""
        if self._applying is None and self.running is not None:
            self.edited = True
            self.actor.effective = effective(text)
            self.unsent.add("effective_config")

    def says_good_bye(self) -> None:
        """It stops in good order, and tells all it had to tell."""
        if self.is_connected:
            parts, self.unsent = self._parts(), set()
            self.actor.repeats(self.actor.writes({**parts, "disconnect": True}))
            self.actor.connection = None

    def dies(self) -> None:
        """The process is killed; what it persisted is its status."""
        self.disconnects()
        half_done, self._applying, self._crash_at = self._applying, None, None
        self.actor.number = -1
        self.unsent.clear()
        if self.kind is Kind.FORGETFUL:
            self.running, self.actor.health = None, WELL
            self.actor.status = RemoteConfigStatus(NO_HASH, ConfigStatus.UNSET)
            self.actor.effective = EffectiveConfig({})
        elif half_done and self.runs(half_done[1]):
            self._comes_up(half_done[1])
        elif half_done:
            self._goes_down()
