"""The hosts that the inventory names, and which of them were heard of.

Held by `controller.py`. An entry that names a host is an expectation: one that no agent
answers to is missing, and counts in the group that its labels select.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.fleet import inventory
from reconciler.fleet.documents import Fleet
from reconciler.fleet.inventory import Host
from reconciler.ids import GroupName, InstanceUid
from reconciler.state.census import Census, name_of
from reconciler.state.desired import Resolver


@dataclass(frozen=True, slots=True)
class MissingHost:
    """A host of the inventory that no agent ever answered to.

    Attributes:
        labels: What the inventory says of it.
    """

    name: str
    group: GroupName
    labels: Mapping[str, str]


class Expected:
    """The expected hosts of the fleet in force.

    Attributes:
        unplaced: Those that have no group yet.
    """

    def __init__(self, census: Census) -> None:
        self._census = census
        self._hosts: dict[Host, MissingHost] = {}
        self._attributes: dict[Host, Mapping[str, str]] = {}
        self.unplaced: deque[Host] = deque()
        self._agents: dict[Host, set[InstanceUid]] = {}
        self._of: dict[InstanceUid, tuple[Host, ...]] = {}

    def aim(self, fleet: Fleet) -> None:
        """Expect the hosts of this fleet from now on; `place` gives them groups."""
        attributes = inventory.expected(fleet.inventories)
        for host in self._hosts.keys() - attributes.keys():
            self._census.dismiss(host)
            del self._hosts[host]
        self._attributes = attributes
        self.unplaced = deque(attributes)

    def place(self, resolver: Resolver, *, most: int) -> None:
        """Count up to `most` hosts in the groups that their labels select."""
        for _ in range(min(most, len(self.unplaced))):
            host = self.unplaced.popleft()
            attributes = self._attributes[host]
            resolution = resolver.resolve(attributes)
            labels = {**attributes, **resolution.inventory}
            self._hosts[host] = MissingHost(name_of(host), resolution.group, labels)
            self._count(host)

    def note(self, uid: InstanceUid, hosts: tuple[Host, ...]) -> None:
        """An agent is these hosts."""
        if self._of.get(uid, ()) == hosts:
            return
        self.forget(uid)
        if hosts:
            self._of[uid] = hosts
        for host in hosts:
            agents = self._agents.setdefault(host, set())
            agents.add(uid)
            if len(agents) == 1:
                self._count(host)

    def forget(self, uid: InstanceUid) -> None:
        """An agent is remembered no more."""
        for host in self._of.pop(uid, ()):
            agents = self._agents[host]
            agents.discard(uid)
            if not agents:
                del self._agents[host]
                self._count(host)

    def is_expected(self, uid: InstanceUid) -> bool:
        """Whether an agent is a host that the inventory names."""
        return bool(self._of.get(uid))

    def missing(self) -> list[MissingHost]:
        """The hosts that were never heard of, by name."""
        unheard = [
            missing for host, missing in self._hosts.items() if host not in self._agents
        ]
        return sorted(unheard, key=lambda host: host.name)

    def _count(self, host: Host) -> None:
        placed = self._hosts.get(host)
        if placed is not None:
            heard = host in self._agents
            self._census.expect(host, placed.group, heard=heard)
