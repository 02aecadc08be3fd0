from reconciler.ids import GroupName, InstanceUid
from reconciler.state.awaited import AWAIT, Awaited

EDGE, WEB = GroupName("edge"), GroupName("web")
ONE, TWO = InstanceUid(b"1" * 16), InstanceUid(b"2" * 16)


def waiting() -> Awaited:
    made = Awaited()
    made.restore({ONE: EDGE, TWO: WEB}, 100.0)
    return made


def test_a_group_waits_until_its_agents_spoke() -> None:
    made = waiting()
    assert made.anybody_in(EDGE, 101.0)
    made.heard(ONE)
    made.heard(ONE)
    assert not made.anybody_in(EDGE, 101.0)
    assert made.anybody(101.0)
    made.heard(TWO)
    assert not made.anybody(101.0)


def test_nobody_is_awaited_for_ever_and_who_did_not_come_is_named_once() -> None:
    made = waiting()
    made.heard(ONE)
    assert made.lost(100.0 + AWAIT - 1) == []
    assert not made.anybody(100.0 + AWAIT)
    assert made.lost(100.0 + AWAIT) == [TWO]
    assert made.lost(100.0 + AWAIT) == []


def test_who_was_never_connected_is_not_awaited() -> None:
    assert not Awaited().anybody(0.0)
    assert Awaited().lost(1e9) == []
