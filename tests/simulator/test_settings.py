import pytest

from reconciler.errors import UsageError
from reconciler.simulator import settings
from reconciler.simulator.personality import Personality
from reconciler.simulator.settings import SimulationSettings


def test_a_label_has_one_value_or_several_to_draw_from() -> None:
    assert settings.parse_label("role=gateway") == ("role", ("gateway",))
    assert settings.parse_label("role=a|b|b") == ("role", ("a", "b", "b"))
    assert settings.parse_label("query=a=b") == ("query", ("a=b",))


@pytest.mark.parametrize("text", ["", "role", "role=", "=gateway", "role=|"])
def test_a_label_without_key_or_value_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="is no label"):
        settings.parse_label(text)


def test_a_server_is_all_that_must_be_set() -> None:
    one = SimulationSettings("ws://127.0.0.1:4320")
    assert one.mix == {Personality.GOOD: 1.0}
    assert one.heartbeat == 30.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"agents": 0}, "agents must be at least 1"),
        ({"heartbeat": 0.0}, "heartbeat must be over 0"),
        ({"connects_per_second": 0.0}, "connects_per_second must be over 0"),
        ({"http_share": 1.5}, "http_share must be from 0 to 1"),
        ({"http_share": -0.1}, "http_share must be from 0 to 1"),
    ],
)
def test_numbers_that_make_no_fleet_are_usage_errors(
    wrong: dict[str, float], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        SimulationSettings("ws://127.0.0.1:4320", **wrong)  # type: ignore[arg-type]  # values of several types
