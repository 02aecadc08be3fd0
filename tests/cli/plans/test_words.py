"""The sentences of a plan."""

from dataclasses import replace

import pytest

from reconciler.cli.plans import words
from reconciler.fleet.documents import Guard
from reconciler.fleet.population import KnownAgent, Population
from reconciler.state import forecast
from reconciler.state.forecast import Fate, Forecast, GuardVerdict
from tests.toy_fleet import config, fleet, group

BEFORE = fleet("c1", config("everyone", "a"))
AFTER = fleet("c2", config("everyone", "b"))


def agents(count: int) -> Population:
    return tuple(KnownAgent(f"a{number}", {}) for number in range(count))


def told(count: int = 2) -> Forecast:
    return forecast.forecast(BEFORE, AFTER, agents(count))


@pytest.mark.parametrize(
    ("count", "known", "said"),
    [
        (1, True, "1 agent (a0)"),
        (3, True, "3 agents (a0, a1, a2)"),
        (5, True, "5 agents (a0, a1, a2 and 2 more)"),
        (1, False, "agents with a0"),
    ],
)
def test_agents_are_counted_and_the_first_are_named(
    count: int, said: str, *, known: bool
) -> None:
    assert words.agents(agents(count), known=known) == said


def test_every_fate_has_a_sign_and_a_meaning() -> None:
    for fate in Fate:
        change = replace(told().changes[0], fate=fate)
        assert words.SIGNS[fate]
        assert words.title(change, known=True).startswith("2 agents (a0, a1): ")


def test_the_headline_counts_who_restarts_and_who_is_left_alone() -> None:
    assert words.headline(told()) == "2 of 2 agents restart with another config"
    none = forecast.forecast(BEFORE, fleet("c3"), agents(2))
    assert words.headline(none) == (
        "0 of 2 agents restart with another config; "
        "2 no longer selected, nothing changes there"
    )
    assert "would be refused" in words.headline(
        forecast.forecast(BEFORE, fleet("c4", "kind: Fleet"), agents(1))
    )


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (None, None),
        (GuardVerdict(Guard(), 0, 20), None),
        (GuardVerdict(Guard(), 5, 20), "guard: changes 25% of 20 agents: passes"),
        (
            GuardVerdict(Guard(), 248, 400),
            "guard: changes 62% of 400 agents, more than 50%: needs an approval",
        ),
    ],
)
def test_the_guard_says_what_it_makes_of_it(
    verdict: GuardVerdict | None, said: str | None
) -> None:
    assert words.guarded(replace(told(), guard=verdict)) == said


def test_what_is_not_known_is_said() -> None:
    unknown = replace(told(), known=False, complete=False, stuck=3)
    notes = list(words.notes(unknown))
    assert any("no agents are known" in note for note in notes)
    assert any("allow more than was looked at" in note for note in notes)
    assert not any("held back" in note for note in notes)


def test_a_move_names_both_groups() -> None:
    same = config("everyone", "a")
    moved = forecast.forecast(BEFORE, fleet("c5", same, group("all")), agents(1))
    [move] = moved.moves
    assert words.move(move, known=True) == "1 agent (a0) move from group default to all"


def test_an_entry_is_named_before_the_path() -> None:
    change = told().changes[0]
    _, found = change.differences[0]
    _, what, _ = words.difference(change, "ns/bridge", found)
    assert what.startswith("[ns/bridge] /exporters/")
