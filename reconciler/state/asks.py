"""What an answer asks of an agent besides running a config.

Held by `controller.py`, for every message that is not refused. Each question is put
once for what it is about: clients act on every one, some by reconnecting.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.state import intake
from reconciler.state.actions import (
    AgentAction,
    AskComponents,
    AskFullState,
    OfferConnectionSettings,
)
from reconciler.state.agent import Agent
from reconciler.state.builds import Builds
from reconciler.state.observed import AgentReport, Capability

SETTINGS_AGAIN = 60.0
"""Seconds before an agent that seems to have lost our connection settings is offered
them again: many reconnect at every offer, and some never take them."""


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """The OpAMP connection settings that agents are offered, complete or not at all.

    Attributes:
        endpoint: The URL agents reach us by.
        heartbeat_seconds: At least 1.
        hash: Of all of them.
    """

    endpoint: str
    heartbeat_seconds: int
    hash: bytes


class Asks:
    """Remembers what was asked."""

    def __init__(self, settings: AgentSettings | None, builds: Builds) -> None:
        self._settings = settings
        self._builds = builds

    def of(
        self, agent: Agent, report: AgentReport, *, expected: int | None, now: float
    ) -> Iterator[AgentAction]:
        """What the answer to `report`, already absorbed, has to carry.

        `expected` is the number it should have had, None for a new agent.
        """
        if intake.must_ask_full_state(agent, report, expected=expected, now=now):
            agent.asked_full_at, agent.owes_full = now, True
            yield AskFullState(agent.uid)
        if self._builds.is_to_tell(agent, now):
            yield AskComponents(agent.uid)

    def connection_settings(
        self, agent: Agent, report: AgentReport, *, expected: int | None, now: float
    ) -> Iterator[AgentAction]:
        """The settings to offer, in an answer without a config.

        A new process may have lost them; but some clients count from the start again
        because they took them, so that is no reason so soon after an offer.
        """
        settings = self._settings
        takes = agent.has(Capability.ACCEPTS_OPAMP_CONNECTION_SETTINGS)
        if settings is None or not takes or not agent.known:
            return
        echoed = report.connection_settings_hash
        anew = expected is not None and report.sequence_num < expected - 1
        lost = anew or (echoed is not None and echoed != settings.hash)
        again = lost and now - agent.settings_at >= SETTINGS_AGAIN
        if agent.settings_hash != settings.hash or again:
            agent.settings_hash, agent.settings_at = settings.hash, now
            yield OfferConnectionSettings(
                agent.uid, settings.endpoint, settings.heartbeat_seconds, settings.hash
            )
