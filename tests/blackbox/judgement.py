"""Holds what the forge was told against what the agents say.

`rest` waits until nothing happens any more and all is right; `lies` looks back at every
green.
"""

import itertools
import time
from collections.abc import Iterator
from typing import Final

from tests.blackbox import oracle
from tests.blackbox.documents import HELD, PREFIX, SOAK
from tests.blackbox.forge import Taken
from tests.blackbox.oracle import UNDER_WAY, Host, Oracle
from tests.blackbox.world import Commit, World, context_of
from tests.interop.waiting import TooLate

DEADLINE: Final = 75.0
QUIET: Final = 2.5
"""Seconds without a word: longer than the soak, and than two looks at Git."""

PAUSE: Final = 0.2
_LINT: Final = f"{PREFIX}lint"


def rest(world: World) -> None:
    """Come back once all is at rest and right.

    Raises:
        TooLate: It is not after a long time; says what is wrong.
    """
    deadline = time.monotonic() + DEADLINE
    while wrong := [*_unrest(world), *_wrong(world)]:
        if time.monotonic() > deadline:
            raise TooLate("\n".join(wrong))
        time.sleep(PAUSE)
    _settle(world)


def lies(world: World) -> list[str]:
    """Every green since the last rest that some agent had contradicted before."""
    commits = {commit.sha: commit for commit in world.commits}
    record = list(world.forge.record)
    return [
        f"{one.row.commit[:7]} {one.row.context} went green at "
        f"{one.at - world.started_at:.2f}, but {lie}"
        for one in record
        if one.row.state == "success" and one.row.commit in commits
        for lie in _lies(world, commits[one.row.commit], one)
    ]


def _lies(world: World, commit: Commit, taken: Taken) -> Iterator[str]:
    judge = _oracle(world, commit)
    # What was green already may wait for the soak before it is not.
    window = UNDER_WAY + (SOAK if taken.was_green else 0.0)
    begin = taken.at - window
    # What was true of a commit until it was overtaken may be posted late.
    since = min(commit.at, begin) if _is_overtaken(world, commit, taken.at) else begin
    for host in _hosts(world, commit):
        if host.testimony.was_reachable(begin, taken.at):
            stood = host.testimony.stood(since, taken.at)
            objections = [
                judge.objection(host, words)
                if context_of(judge.place(host, words) or "") == taken.row.context
                else ""
                for words in stood
            ]
            if objections and all(objections):
                at = stood[0].at - world.started_at
                yield f"{host.name} {objections[-1]} since {at:.2f}"


def _is_overtaken(world: World, commit: Commit, at: float) -> bool:
    later = world.commits[world.commits.index(commit) + 1 :]
    return any(newer.at < at for newer in later if not newer.documents.is_unreadable)


def _oracle(world: World, commit: Commit) -> Oracle:
    return Oracle(commit.documents, world.agents.configs, frozenset(world.had))


def _hosts(world: World, commit: Commit) -> list[Host]:
    """Those that were ever heard."""
    return [
        Host(
            name,
            testimony,
            home=_home(world, name),
            since=_wanted_since(world, commit, testimony.words[-1].role),
            left=None if testimony.is_reachable else testimony.reachable[-1][0],
        )
        for name, testimony in sorted(world.agents.testimonies.items())
        if testimony.words and any(heard for _, heard in testimony.reachable)
    ]


def _home(world: World, name: str) -> str | None:
    """The group in which a config selected an agent last; None if that is not sure."""
    host = world.hosts[name]
    homes = {
        commit.documents.group_of(host.role)
        for commit in world.commits
        if commit.at > world.rested_at
        and commit.documents.wanted(host.role) is not None
    }
    # Which of the commits since the last rest the service has seen, nobody knows.
    homes |= {host.home} if host.home else set()
    return homes.pop() if len(homes) == 1 else None


def _wanted_since(world: World, commit: Commit, role: str) -> float:
    """When the first of the commits was pushed that all want the same of a role."""
    wanted, since = commit.documents.wanted(role), commit.at
    for older in reversed(world.commits[: world.commits.index(commit)]):
        if older.documents.wanted(role) not in (wanted, HELD):
            break
        since = older.at
    return since


def _unrest(world: World) -> Iterator[str]:
    now = time.time()
    last = max(world.acted_at, world.agents.changed_at, world.forge.changed_at)
    if now - last < QUIET:
        yield "something still happens"
    for name in world.present():
        if not world.agents.testimonies[name].is_reachable:
            yield f"{name} does not reach the service"
    if undelivered := world.service.metric("reconciler_statuses_undelivered"):
        yield f"{undelivered:.0f} statuses are still to be posted"
    revision = world.service.get("/api/v1/status")["revision"]
    if revision is None or revision["commit"] != world.in_force.sha:
        yield f"not {world.in_force.sha[:7]} is in force, but {revision}"


def _wrong(world: World) -> Iterator[str]:
    yield from _wrong_in_force(world)
    yield from _wrong_before(world)
    yield from _wrong_overtaken(world)
    for name in world.present():
        testimony = world.agents.testimonies[name]
        wanted = world.documents.wanted(testimony.words[-1].role)
        text = oracle.left_down(testimony, world.agents.configs)
        if text and wanted is not None:
            yield f"{name} {text}"


def _wrong_in_force(world: World) -> Iterator[str]:
    commit = world.in_force
    judge, hosts = _oracle(world, commit), _hosts(world, commit)
    states = world.forge.contexts(commit.sha)
    groups = sorted(judge.groups(hosts))
    for group in groups:
        expected = judge.expected(group, hosts)
        if wrong := expected.contradicts(states.get(context_of(group))):
            yield f"{commit.sha[:7]} {context_of(group)} {wrong}"
    if (lost := judge.homeless(hosts)) and set(states.values()) == {"success"}:
        yield f"{commit.sha[:7]} is green, but leaves {', '.join(lost)} behind"
    broken = any(one.is_broken for one in commit.documents.sections.values())
    if broken and states.get(_LINT) != "failure":
        yield f"{commit.sha[:7]} has an error, but {_LINT} is {states.get(_LINT)}"


def _wrong_before(world: World) -> Iterator[str]:
    """Every commit but the one in force has come to an end, the unreadable to red."""
    newest = world.commits[-1]
    for commit in world.commits:
        states = world.forge.contexts(commit.sha)
        if not states and not commit.is_beside:
            yield f"{commit.sha[:7]} was told nothing"
        if commit.documents.is_unreadable and "success" in states.values():
            yield f"{commit.sha[:7]} cannot be read, but is green"
        if commit.documents.is_unreadable and commit is newest:
            if states.get(_LINT) != "failure":
                yield f"{commit.sha[:7]} cannot be read, but {_LINT} does not say so"
        elif commit is not world.in_force:
            for context, state in states.items():
                if state == "pending":
                    yield f"{commit.sha[:7]} {context} is pending for ever"


def _wrong_overtaken(world: World) -> Iterator[str]:
    """A commit that was overtaken by one that means the same ends as that one does."""
    for older, newer in itertools.pairwise(world.commits):
        if not older.documents.means(newer.documents):
            continue
        ends = world.forge.contexts(newer.sha)
        for context, state in world.forge.contexts(older.sha).items():
            if state == "error" and ends.get(context) != "error":
                yield f"{older.sha[:7]} {context} is error, but what it says holds"


def _settle(world: World) -> None:
    """Remember who is where, for when a group loses them."""
    documents = world.documents
    world.is_rewritten = False
    world.rested_at = time.time()
    here = set()
    for name in world.present():
        role = world.hosts[name].role
        if documents.wanted(role) is not None:
            world.hosts[name].home = documents.group_of(role)
            here.add(documents.group_of(role))
    world.had = here | (set() if documents.release else world.had)
