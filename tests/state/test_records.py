from hypothesis import given

from reconciler.state import records
from reconciler.state.records import AgentRecord
from tests.store import strategies


@given(strategies.agents)
def test_a_revived_agent_is_recorded_as_it_was_but_away(kept: AgentRecord) -> None:
    again = records.record(records.revive(kept, now=9e11))
    away_since = kept.disconnected_at
    assert again.disconnected_at == (9e11 if away_since is None else away_since)
    for name in AgentRecord.__slots__:
        if name not in {"disconnected_at", "failures"}:
            assert getattr(again, name) == getattr(kept, name), name
    assert {one.hash: one for one in again.failures} == {
        one.hash: one for one in kept.failures
    }
