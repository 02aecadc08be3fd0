"""What an agent should run, remembered by the documents that select it.

`controller.py` holds one `Resolver` per revision in force. Labels are those the agent
reports, with those of the inventory over them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from reconciler.fleet import inventory, selection
from reconciler.fleet.documents import DEFAULT_GROUP, Fleet
from reconciler.fleet.inventory import Host
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import Blocked, RenderedConfig, Unmatched
from reconciler.ids import ConfigHash, GroupName

Desired = RenderedConfig | Unmatched | Blocked


REMEMBERED = 50_000
"""Answers that are remembered; an agent may report other labels in every message."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The group of an agent and the config it should run.

    Attributes:
        inventory: Its labels that come from the inventory; shared, not to be changed.
        hosts: The hosts it is, of those that the inventory expects.
    """

    group: GroupName
    desired: Desired
    inventory: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[Host, ...] = ()


class Resolver:
    """Resolves labels against one fleet.

    Agents that the same documents select share one answer, and equal configs share one
    `RenderedConfig`, so memory grows with distinct configs and not with agents.
    """

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._groups = tuple(fleet.groups.values())
        self._configs = tuple(fleet.configs.values())
        selectors = [one.selector for one in self._groups]
        selectors += [one.selector for one in self._configs]
        selectors += [one.selector for one in fleet.variables]
        selectors += [one.selector for one in fleet.distributions]
        selectors += [one.selector for one in fleet.broken]
        self._selectors = selection.Index(selectors)
        self._inventory = inventory.Index(fleet.inventories)
        self._by_selection: dict[int, Resolution] = {}
        self._by_documents: dict[int, Desired] = {}
        self._by_hash: dict[ConfigHash, RenderedConfig] = {}

    def resolve(
        self, reported: Mapping[str, str], *, vouched: frozenset[str] = frozenset()
    ) -> Resolution:
        """The answer for an agent that reports these labels.

        Args:
            reported: All labels but those of the inventory.
            vouched: Keys of those that others than the agent itself vouch for.
        """
        given = self._inventory.of(reported)
        if given.faults:
            blocked = Blocked(given.faults)
            return Resolution(DEFAULT_GROUP, blocked, given.labels, given.hosts)
        labels = {**reported, **given.labels} if given.labels else reported
        claimed = self._selectors.trusted.difference(given.labels, vouched)
        selected = self._selectors.matching(labels, claimed)
        found = self._by_selection.get(selected)
        if found is None:
            if len(self._by_selection) >= REMEMBERED:
                self._by_selection.clear()
                self._by_documents.clear()
            claimed = frozenset(labels).difference(given.labels, vouched)
            found = self._resolve(selected, labels, claimed)
            self._by_selection[selected] = found
        if not given.labels and not given.hosts:
            return found
        return Resolution(found.group, found.desired, given.labels, given.hosts)

    def _resolve(
        self, selected: int, labels: Mapping[str, str], claimed: frozenset[str]
    ) -> Resolution:
        groups = _picked(self._groups, selected)
        fleet = replace(self.fleet, groups={one.name: one for one in groups})
        match render.group_of(fleet, labels, claimed):
            case Blocked() as tie:
                return Resolution(DEFAULT_GROUP, tie)
            case group:
                documents = selected >> len(self._groups)
                return Resolution(group, self._desired(documents, labels, claimed))

    def _desired(
        self, documents: int, labels: Mapping[str, str], claimed: frozenset[str]
    ) -> Desired:
        """The config for agents that these documents select; groups have no part."""
        found = self._by_documents.get(documents)
        if found is None:
            configs = _picked(self._configs, documents)
            fleet = replace(self.fleet, configs={one.name: one for one in configs})
            found = render.render(fleet, labels, claimed)
            if isinstance(found, RenderedConfig):
                found = self._by_hash.setdefault(found.hash, found)
            self._by_documents[documents] = found
        return found


_Document = TypeVar("_Document")


def _picked(documents: Sequence[_Document], bits: int) -> list[_Document]:
    return [one for number, one in enumerate(documents) if bits >> number & 1]
