"""The part of a simulated agent that runs configs: a supervisor and its Collector.

Pure. `agent.py` hands it offers and the time and reports what changed; it does not know
OpAMP messages. Modelled on the Collector's supervisor 0.149: APPLYING at once with the
old effective config, the new one when the Collector is up, the outcome when the apply
time is over. `now` is seconds since the epoch.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, IntFlag
from hashlib import sha256
from heapq import heappop, heappush
from math import inf

from reconciler.simulator import collector, effective
from reconciler.simulator.collector import (
    DoesNotStart,
    Entries,
    Runs,
    Stops,
    Unreadable,
)
from reconciler.simulator.personality import Personality, Reaction


class Part(IntFlag):
    """What of an agent changed and is to be reported."""

    NONE = 0
    HEALTH = 1
    EFFECTIVE = 2
    STATUS = 4


class Outcome(Enum):
    """What became of an offer; OpAMP `RemoteConfigStatuses`."""

    UNSET = "unset"
    APPLIED = "applied"
    APPLYING = "applying"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ConfigStatus:
    """What it says of the last offer; no hash before the first."""

    hash: bytes = b""
    outcome: Outcome = Outcome.UNSET
    error: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How the Collector is; `since` is when that was seen.

    Attributes:
        started: When the process started; 0 while none runs.
        error: Why it is not well; empty while it is only starting.
    """

    healthy: bool
    since: float
    started: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in seconds.

    Attributes:
        start: Until a new Collector process is healthy, or dead.
        apply: From an offer to APPLIED.
        crash: From APPLIED to the exit, for those that crash.
        drift: From APPLIED to the drift, for those that drift.
        restart: Between two attempts to start a Collector that exits.
        slow: How many times longer a slow agent takes to start and apply.
    """

    start: float = 0.04
    apply: float = 0.3
    crash: float = 3.0
    drift: float = 30.0
    restart: float = 5.0
    slow: float = 20.0

    def stretched(self, factor: float) -> "Pace":
        """Starting and applying take so many times longer."""
        return replace(self, start=self.start * factor, apply=self.apply * factor)


@dataclass(slots=True, eq=False)
class Supervisor:
    """One host's supervisor; `changed` gathers what is to be reported.

    Attributes:
        running: The config the Collector was last seen healthy with, which is what is
            reported as effective; None after it was told to stop.
        merged: The text it last gave to a Collector, working or not.
        trusted: The text of the first config that worked; the picky run no other.
        good: Hash and config that were last APPLIED.
    """

    personality: Personality
    pace: Pace
    status: ConfigStatus = field(default_factory=ConfigStatus)
    health: Health = field(default_factory=lambda: Health(healthy=False, since=0.0))
    running: Runs | None = field(default_factory=collector.bootstrap)
    changed: Part = Part.NONE
    merged: bytes = b""
    trusted: bytes | None = None
    good: tuple[bytes, Runs] | None = None
    offers: int = 0
    applied: int = 0
    failed: int = 0
    _steps: list[tuple[float, int, Callable[[float], object]]] = field(
        default_factory=list
    )
    _counted: int = 0

    @property
    def due(self) -> float:
        """When `advance` has something to do next; infinity for never."""
        return self._steps[0][0] if self._steps else inf

    def advance(self, now: float) -> None:
        """Take every step that is due."""
        while self._steps and self._steps[0][0] <= now:
            at, _, step = heappop(self._steps)
            step(at)

    def take_changes(self) -> Part:
        """What changed since the last call."""
        changed, self.changed = self.changed, Part.NONE
        return changed

    def boot(self, now: float) -> None:
        """The process starts: the Collector runs what is saved, else only nops."""
        saved = self.good[1] if self.good else collector.bootstrap()
        self.running = saved
        self._start(saved, now)

    def die(self, *, keeps_config: bool) -> None:
        """The process ends; what was last APPLIED is saved, or is lost with it."""
        self._steps.clear()
        if not keeps_config:
            self.good = None
        saved = ConfigStatus(self.good[0], Outcome.APPLIED) if self.good else None
        self.status = saved or ConfigStatus()

    def restart(self, now: float) -> None:
        """Stop the Collector and start it again; one that is down already is not."""
        if (config := self.running) and self.health.started:
            self._feel(Health(healthy=False, since=now))
            self._plan(now + self.pace.start, lambda at: self._come_up(config, at))

    def offer(self, config_hash: bytes, entries: Entries, now: float) -> None:
        """Take a remote config, or refuse it."""
        self.offers += 1
        if self.personality is Personality.SWALLOWS:
            return
        match collector.judge(entries):
            case Unreadable(error):
                self._refuse(config_hash, error)
            case Stops():
                self._stop(config_hash, now)
            case (Runs() | DoesNotStart()) as verdict if verdict.text == self.merged:
                # Nothing to restart, so a real one says APPLIED even while it is down.
                self._say(ConfigStatus(config_hash, Outcome.APPLIED))
            case DoesNotStart(text, error):
                self._stumble(config_hash, text, error, now)
            case Runs() as config if self._dislikes(config):
                self._stumble(config_hash, config.text, _DISLIKE, now)
            case Runs() as config:
                self._apply(config_hash, config, now)

    def drift(self, *, with_hash: bool = False) -> bool:
        """Run something else than was given; False when nothing runs."""
        if self.running is None or not self.health.healthy:
            return False
        config = effective.rewire_by_hand(self.running.config)
        self._run(collector.running(config))
        self.merged = self.running.text
        if with_hash and self.status.hash:
            self._say(ConfigStatus(sha256(self.status.hash).digest(), Outcome.APPLIED))
        return True

    def fall_ill(self, error: str, now: float) -> None:
        """The Collector runs on, but says that it is not well."""
        self._feel(
            Health(healthy=False, since=now, started=self.health.started, error=error)
        )

    def recover(self, now: float) -> None:
        """The Collector is well again."""
        self._feel(Health(healthy=True, since=now, started=self.health.started or now))

    def _dislikes(self, config: Runs) -> bool:
        return (
            self.personality.is_picky
            and self.personality is not Personality.CRASHES
            and self.trusted not in {None, config.text}
        )

    def _apply(self, config_hash: bytes, config: Runs, now: float) -> None:
        self._say(ConfigStatus(config_hash, Outcome.APPLYING))
        self._start(config, now)
        self._plan(
            now + self.pace.apply, lambda at: self._settle(config_hash, config, at)
        )

    def _start(self, config: Runs, now: float) -> None:
        self._steps.clear()
        self.merged = config.text
        self.changed |= Part.EFFECTIVE
        self._feel(Health(healthy=False, since=now))
        self._plan(now + self.pace.start, lambda at: self._come_up(config, at))

    def _come_up(self, config: Runs, now: float) -> None:
        self._run(config)
        self._feel(Health(healthy=True, since=now, started=now))

    def _settle(self, config_hash: bytes, config: Runs, now: float) -> None:
        self.good = (config_hash, config)
        if self.status.hash != config_hash:
            return  # a newer offer was refused meanwhile, and that is what it says
        self._say(ConfigStatus(config_hash, Outcome.APPLIED))
        if self.trusted is None:
            self.trusted = config.text
        match self.personality:
            case Personality.CRASHES if config.text != self.trusted:
                self._plan(now + self.pace.crash, self._crash)
            case Personality.DRIFTS:
                self._plan(now + self.pace.drift, lambda _: self.drift())
            case Personality.DRIFTS_HASH:
                self._plan(now + self.pace.drift, lambda _: self.drift(with_hash=True))
            case _:
                pass

    def _stumble(self, config_hash: bytes, text: bytes, error: str, now: float) -> None:
        """The Collector will not run it."""
        if self.personality.reaction is Reaction.KEEP_OLD:
            self._refuse(config_hash, error)
            return
        self._steps.clear()
        self.merged = text
        self._say(ConfigStatus(config_hash, Outcome.APPLYING))
        self.changed |= Part.EFFECTIVE
        self._plan(now + self.pace.start, lambda at: self._die(config_hash, error, at))

    def _die(self, config_hash: bytes, error: str, now: float) -> None:
        if self.status.hash == config_hash:
            self._say(ConfigStatus(config_hash, Outcome.FAILED, error))
        if self.personality.reaction is Reaction.ROLL_BACK and self.good:
            self._feel(Health(healthy=False, since=now, error=error))
            old_hash, old = self.good
            self._plan(
                now + self.pace.start, lambda at: self._roll_back(old_hash, old, at)
            )
        else:
            self._stay_down(error, now)

    def _crash(self, now: float) -> None:
        self._stay_down("Collector exited unexpectedly with code 1", now)

    def _stay_down(self, error: str, now: float) -> None:
        """Each attempt to start again fails and is reported again, for ever."""
        self._feel(Health(healthy=False, since=now, error=error))
        self._plan(now + self.pace.restart, lambda at: self._stay_down(error, at))

    def _roll_back(self, config_hash: bytes, config: Runs, now: float) -> None:
        self.merged = config.text
        self._come_up(config, now)
        self._say(ConfigStatus(config_hash, Outcome.APPLIED))

    def _refuse(self, config_hash: bytes, error: str) -> None:
        self._say(ConfigStatus(config_hash, Outcome.FAILED, error))

    def _stop(self, config_hash: bytes, now: float) -> None:
        self._steps.clear()
        self.merged = b""
        self.running = None
        self.changed |= Part.EFFECTIVE
        self._say(ConfigStatus(config_hash, Outcome.APPLIED))
        self._feel(Health(healthy=True, since=now))

    def _run(self, config: Runs) -> None:
        self.running = config
        self.changed |= Part.EFFECTIVE

    def _say(self, status: ConfigStatus) -> None:
        if status == self.status:
            return  # OpAMP clients report changes only
        self.applied += status.outcome is Outcome.APPLIED
        self.failed += status.outcome is Outcome.FAILED
        self.status = status
        self.changed |= Part.STATUS

    def _feel(self, health: Health) -> None:
        self.health = health
        self.changed |= Part.HEALTH

    def _plan(self, at: float, step: Callable[[float], object]) -> None:
        self._counted += 1
        heappush(self._steps, (at, self._counted, step))


_DISLIKE = "this host runs only the first config that worked on it"
