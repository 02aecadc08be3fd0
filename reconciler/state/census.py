"""Who stands where, counted as it changes and not by walking the fleet.

Held by `controller.py`, which places an agent again after every verdict.
"""

from reconciler.fleet.documents import GroupPolicy
from reconciler.ids import GroupName, InstanceUid, format_uid
from reconciler.state import conditions
from reconciler.state.agent import Agent, Reason
from reconciler.state.conditions import GroupStatus, Standing, Tally


class Census:
    """The tallies of all groups.

    Attributes:
        changed: Groups whose tally changed since it was last emptied.
        held: Agents that keep what they have, because of errors in the fleet repo.
    """

    def __init__(self) -> None:
        self.changed: set[GroupName] = set()
        self.held: set[InstanceUid] = set()
        self._places: dict[InstanceUid, tuple[GroupName, Standing]] = {}
        self._tallies: dict[GroupName, Tally] = {}
        self._errors: dict[GroupName, dict[InstanceUid, str]] = {}

    def place(self, agent: Agent) -> None:
        """Count an agent where it stands now, and nowhere else."""
        if agent.reason is Reason.RENDER_ERROR:
            self.held.add(agent.uid)
        else:
            self.held.discard(agent.uid)
        place = (agent.group, conditions.standing(agent))
        if self._places.get(agent.uid) != place:
            self._displace(agent.uid)
            self._places[agent.uid] = place
            self._tally(agent.group).counts[place[1]] += 1
            self.changed.add(agent.group)
        if place[1] in conditions.BROKEN:
            self._note_error(agent)

    def remove(self, uid: InstanceUid) -> None:
        """Count an agent no more."""
        self.held.discard(uid)
        self._displace(uid)

    def _displace(self, uid: InstanceUid) -> None:
        place = self._places.pop(uid, None)
        if place is None:
            return
        group, where = place
        self._tally(group).counts[where] -= 1
        self._errors.get(group, {}).pop(uid, None)
        self.changed.add(group)

    def has(self, group: GroupName) -> bool:
        """Some agent counts in this group."""
        return group in self._tallies and any(self._tallies[group].counts.values())

    def status(self, group: GroupName, policy: GroupPolicy) -> GroupStatus:
        """The words on a commit for a group as it stands."""
        tally = self._tally(group)
        tally.first_error = next(iter(self._errors.get(group, {}).values()), "")
        return conditions.judge(group, tally, policy)

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
