"""Who stands where, counted as it changes and not by walking the fleet.

Held by `controller.py`, which places an agent again after every verdict.
"""

import heapq
from collections import defaultdict
from dataclasses import dataclass

from reconciler.fleet.documents import Fleet
from reconciler.fleet.inventory import Host
from reconciler.ids import GroupName, InstanceUid, format_uid
from reconciler.state import conditions
from reconciler.state.agent import Agent, Reason
from reconciler.state.conditions import GroupStatus, Standing, Tally


@dataclass(frozen=True, slots=True)
class _Place:
    """Where somebody counts; `left` are the groups that it counts as moved from."""

    group: GroupName
    standing: Standing
    left: frozenset[GroupName] = frozenset()


class Census:
    """The tallies of all groups.

    Attributes:
        changed: Groups whose tally changed since it was last emptied.
        held: Agents that keep what they have, because of errors in the fleet repo.
    """

    def __init__(self) -> None:
        self.changed: set[GroupName] = set()
        self.held: set[InstanceUid] = set()
        self._places: dict[InstanceUid | Host, _Place] = {}
        self._tallies: dict[GroupName, Tally] = {}
        self._errors: dict[GroupName, dict[InstanceUid, str]] = {}
        self._named: defaultdict[_Place, dict[InstanceUid | Host, str]] = defaultdict(
            dict
        )

    def place(self, agent: Agent, *, expected: bool = False) -> None:
        """Count an agent where it stands now, and nowhere else."""
        if agent.reason is Reason.RENDER_ERROR:
            self.held.add(agent.uid)
        else:
            self.held.discard(agent.uid)
        standing = conditions.standing(agent, expected=expected)
        self._put(
            agent.uid,
            _Place(agent.group, standing, agent.moved_from),
            display_name(agent),
        )
        if standing in conditions.EXPLAINED:
            self._note_error(agent)

    def remove(self, uid: InstanceUid) -> None:
        """Count an agent no more."""
        self.held.discard(uid)
        self._displace(uid)

    def expect(self, host: Host, group: GroupName, *, heard: bool) -> None:
        """Count a host of the inventory: as missing, until it is heard of."""
        self.dismiss(host)
        tally = self._tally(group)
        tally.expected += 1
        self.changed.add(group)
        if heard:
            self._places[host] = _Place(group, Standing.ABSENT)
            return
        tally.unheard += 1
        self._put(host, _Place(group, Standing.MISSING), name_of(host))

    def dismiss(self, host: Host) -> None:
        """Expect a host no more."""
        place = self._places.get(host)
        if place is None:
            return
        tally = self._tally(place.group)
        tally.expected -= 1
        self.changed.add(place.group)
        if place.standing is Standing.MISSING:
            tally.unheard -= 1
            self._displace(host)
        else:
            del self._places[host]

    def has(self, group: GroupName) -> bool:
        """Some agent counts in this group."""
        return group in self._tallies and not self._tallies[group].is_empty

    def status(self, group: GroupName, fleet: Fleet) -> GroupStatus:
        """The words on a commit for a group as it stands."""
        tally = self._tally(group)
        tally.first_error = next(iter(self._errors.get(group, {}).values()), "")
        tally.names = {where: self._names(group, where) for where in conditions.NAMED}
        return conditions.judge(group, tally, fleet)

    def _put(self, who: InstanceUid | Host, place: _Place, name: str) -> None:
        if self._places.get(who) == place:
            return
        self._displace(who)
        self._places[who] = place
        self._count(place, 1)
        if place.standing in conditions.NAMED:
            self._named[_Place(place.group, place.standing)][who] = name

    def _displace(self, who: InstanceUid | Host) -> None:
        place = self._places.pop(who, None)
        if place is None:
            return
        self._count(place, -1)
        if isinstance(who, bytes):
            self._errors.get(place.group, {}).pop(who, None)
        if place.standing in conditions.NAMED:
            self._named[_Place(place.group, place.standing)].pop(who, None)

    def _count(self, place: _Place, more: int) -> None:
        self._tally(place.group).counts[place.standing] += more
        self.changed.add(place.group)
        for group in place.left:
            self._tally(group).counts[Standing.MOVED] += more
            self.changed.add(group)

    def _names(self, group: GroupName, where: Standing) -> list[str]:
        named = self._named.get(_Place(group, where), {})
        return heapq.nsmallest(conditions.NAMES, set(named.values()))

    def _tally(self, group: GroupName) -> Tally:
        return self._tallies.setdefault(group, Tally())

    def _note_error(self, agent: Agent) -> None:
        errors = self._errors.setdefault(agent.group, {})
        text = f"{display_name(agent)} {agent.detail or agent.reason}"
        if errors.get(agent.uid) != text:
            errors[agent.uid] = text
            self.changed.add(agent.group)


def display_name(agent: Agent) -> str:
    """What people call an agent: its host, else the start of its instance_uid."""
    return agent.labels.get("host.name") or format_uid(agent.uid)[:13]


def name_of(host: Host) -> str:
    """What people call a host of the inventory."""
    return host[0][1]
