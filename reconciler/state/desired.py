"""What an agent should run, cached by the labels that selectors consult.

`controller.py` holds one `Resolver` per revision in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.fleet import render
from reconciler.fleet.documents import DEFAULT_GROUP, Fleet
from reconciler.fleet.render import Blocked, RenderedConfig, Unmatched
from reconciler.ids import ConfigHash, GroupName

Desired = RenderedConfig | Unmatched | Blocked


REMEMBERED = 50_000
"""Answers that are remembered; an agent may report other labels in every message."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The group of an agent and the config it should run."""

    group: GroupName
    desired: Desired


class Resolver:
    """Resolves labels against one fleet; equal consulted labels share one answer.

    Equal configs share one `RenderedConfig`, so memory grows with distinct configs
    and not with agents.
    """

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        selectors = [group.selector for group in fleet.groups.values()]
        selectors += [config.selector for config in fleet.configs.values()]
        self._keys = tuple(sorted({key for one in selectors for key in one.keys}))
        self._by_labels: dict[tuple[str | None, ...], Resolution] = {}
        self._by_hash: dict[ConfigHash, RenderedConfig] = {}

    def resolve(self, labels: Mapping[str, str]) -> Resolution:
        """The answer for an agent with these labels."""
        consulted = tuple(labels.get(key) for key in self._keys)
        found = self._by_labels.get(consulted)
        if found is None:
            if len(self._by_labels) >= REMEMBERED:
                self._by_labels.clear()
            found = self._by_labels[consulted] = self._resolve(labels)
        return found

    def _resolve(self, labels: Mapping[str, str]) -> Resolution:
        desired = render.render(self.fleet, labels)
        if isinstance(desired, RenderedConfig):
            desired = self._by_hash.setdefault(desired.hash, desired)
        match render.group_of(self.fleet, labels):
            case Blocked() as tie:
                return Resolution(DEFAULT_GROUP, tie)
            case group:
                return Resolution(group, desired)
