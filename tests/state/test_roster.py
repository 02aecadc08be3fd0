from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.ids import ConfigHash, InstanceUid
from reconciler.state import roster
from reconciler.state.agent import Agent, Failure, Reason
from reconciler.state.observed import POLLING, AgentDescription, ConnectionId
from reconciler.state.roster import MOST_AT_ONE_PLACE, Roster

DAY = 86_400.0
HASH, OTHER = ConfigHash(b"h" * 32), ConfigHash(b"o" * 32)


def empty() -> Roster:
    return Roster(None, forget_after=lambda _: 7 * DAY)


def agent(
    number: int,
    first: float,
    last: float,
    *,
    here: bool = False,
    role: str = "edge",
) -> Agent:
    """One of the host `web-1`, heard from `first` to `last`."""
    labels = {"host.name": "web-1", "service.name": "otelcol", "role": role}
    made = Agent(
        InstanceUid(number.to_bytes(16, "big")),
        first_heard=first,
        last_seen=last,
        description=AgentDescription({}, labels),
    )
    if here:
        made.connection = ConnectionId(number)
    else:
        made.disconnected_at = last
    return made


def among(*agents: Agent) -> Roster:
    made = empty()
    for one in agents:
        made.add(one)
    return made


lives = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20), st.booleans()), max_size=4
)


@example([(0, 0, True), (1, 0, False)], 1)
@given(lives, st.integers(0, 20))
def test_nobody_follows_one_that_spoke_after_it_began(
    others: list[tuple[int, int, bool]], first: int
) -> None:
    new = agent(99, float(first), float(first), here=True)
    made = among(
        new,
        *(
            agent(number, float(begun), float(begun + length), here=here)
            for number, (begun, length, here) in enumerate(others)
        ),
    )
    old = made.predecessor(new)
    if old is not None:
        assert not old.is_reachable
        assert old.last_seen <= new.first_heard
        # A socket that did not die yet may be left of a process before it.
        assert all(
            begun + length <= old.first_heard for begun, length, here in others if here
        )
    later = made.successor(new)
    assert later is None or later.first_heard > new.last_seen


def test_of_several_that_are_away_the_last_one_is_followed() -> None:
    new = agent(3, 30.0, 30.0, here=True)
    made = among(new, agent(1, 0.0, 9.0), agent(2, 10.0, 19.0))
    old = made.predecessor(new)
    assert old is not None
    assert old.last_seen == 19.0


def test_clones_that_are_all_away_are_followed_by_nobody() -> None:
    new = agent(3, 30.0, 30.0, here=True)
    assert among(new, agent(1, 0.0, 19.0), agent(2, 5.0, 20.0)).predecessor(new) is None


def test_two_on_one_host_that_differ_in_a_label_follow_their_own_kind() -> None:
    new = agent(3, 30.0, 30.0, here=True, role="gateway")
    edge, gateway = agent(1, 0.0, 29.0), agent(2, 0.0, 20.0, role="gateway")
    assert among(new, edge, gateway).predecessor(new) is gateway


def test_a_label_that_changed_at_the_restart_is_no_other_agent() -> None:
    new = agent(3, 30.0, 30.0, here=True, role="gateway")
    edge = agent(1, 0.0, 29.0)
    assert among(new, edge).predecessor(new) is edge


def test_a_place_that_very_many_share_tells_nobody_apart() -> None:
    new = agent(99, 900.0, 900.0, here=True)
    many = [agent(n, n * 10.0, n * 10.0 + 5) for n in range(MOST_AT_ONE_PLACE)]
    assert among(new, *many[:-1]).predecessor(new) is not None
    assert among(new, *many).predecessor(new) is None


def test_an_agent_that_moves_to_another_host_leaves_its_place() -> None:
    new, old = agent(2, 30.0, 30.0, here=True), agent(1, 0.0, 9.0)
    made = among(new, old)
    old.description = AgentDescription({}, {"host.name": "web-2"})
    made.note_place(old)
    assert made.predecessor(new) is None


def test_a_forgotten_agent_is_followed_and_found_too() -> None:
    new, old = agent(2, 30.0, 30.0, here=True), agent(1, 0.0, 9.0)
    made = among(new, old)
    made.forget(old)
    assert (old.forgotten, old.uid in made.agents) == (True, False)
    assert made.predecessor(new) is old
    assert made.find(old.uid) is old
    assert (old.forgotten, old.uid in made.agents) == (False, True)


def test_what_is_taken_over_is_what_was_decided_and_not_what_was_reported() -> None:
    old, new = agent(1, 0.0, 9.0), agent(2, 30.0, 30.0, here=True)
    failure = Failure(HASH, Reason.REJECTED, "no", 5.0)
    old.good, old.desired, old.failures = OTHER, HASH, {HASH: failure}
    roster.take_over(new, old)
    assert (new.good, new.desired, new.failures) == (OTHER, HASH, {HASH: failure})
    assert (new.status, new.sequence_num, new.connection) == (None, 0, ConnectionId(2))


def test_a_config_that_the_successor_runs_is_no_failure_any_more() -> None:
    old, new = agent(1, 0.0, 9.0), agent(2, 30.0, 30.0, here=True)
    old.failures = {HASH: Failure(HASH, Reason.REJECTED, "no", 5.0)}
    new.good = HASH
    roster.take_over(new, old)
    assert new.failures == {}


def test_an_agent_that_is_connected_is_forgotten_at_no_time() -> None:
    here, away = agent(1, 0.0, 9.0, here=True), agent(2, 0.0, 9.0)
    assert empty().forgotten_at(here) is None
    assert empty().forgotten_at(away) == 9.0 + 7 * DAY


def test_a_poller_is_looked_at_when_its_silence_is_too_long() -> None:
    poller = agent(1, 0.0, 100.0)
    poller.connection, poller.disconnected_at = POLLING, None
    made = among(poller)
    made.arrives(poller)
    assert made.due(194.0, most=9) == []
    assert made.due(195.0, most=9) == [poller]
