"""A broken document holds the agents that depend on it, and nobody else."""

from dataclasses import dataclass

import pytest

from reconciler.fleet.documents import Fleet
from reconciler.ids import Revision
from reconciler.state.actions import AskFullState
from reconciler.state.agent import Reason, Sync
from reconciler.state.conditions import CommitState
from tests.failing import hashes
from tests.playbook import Actor, Stage
from tests.toy_fleet import config, fleet, group, rendered, sha

SUCCESS, FAILURE = CommitState.SUCCESS, CommitState.FAILURE
EAST, WEST = ("{matchLabels: {side: east}}", "{matchLabels: {side: west}}")
GROUPS = (group("east", EAST), group("west", WEST))


def sides(commit: str, east: str, west: str, *more: str) -> Fleet:
    """A fleet of two halves that have nothing in common."""
    return fleet(
        commit,
        *GROUPS,
        config("for-east", east, EAST),
        config("for-west", west, WEST),
        *more,
    )


def broken_west(commit: str, east: str = "b") -> Fleet:
    """The east moves on, and the document of the west has a misspelt field."""
    west = config("for-west", "b", WEST).replace("  config:", "  cnfig: 1\n  config:")
    return fleet(commit, *GROUPS, config("for-east", east, EAST), west)


@dataclass
class Sides:
    """Two agents, one on each side, both on config a."""

    stage: Stage
    east: Actor
    west: Actor

    @classmethod
    def settled(cls) -> "Sides":
        stage = Stage()
        stage.commit(sides("a1", "a", "a"))
        east = stage.actor(labels={"side": "east"})
        west = stage.actor(labels={"side": "west"})
        for one in (east, west):
            one.connects()
            one.takes(rendered(sides("a1", "a", "a"), **one.labels))
        return cls(stage, east, west)


def test_a_broken_overlay_holds_its_agents_and_lets_all_others_move() -> None:
    both = Sides.settled()
    both.stage.commit(broken_west("b1"))
    wanted = rendered(broken_west("b1"), side="east")
    assert hashes(both.stage.pushed) == [wanted.hash]
    both.east.takes(wanted)
    assert both.east.stands == (Sync.SYNCED, Reason.RUNNING)
    assert both.west.stands == (Sync.PENDING, Reason.RENDER_ERROR)
    assert both.stage.controller.revision == Revision("main", sha("b1"))
    assert both.stage.status("b1", "fleet/east") is SUCCESS
    assert both.stage.status("b1", "fleet/west") is FAILURE
    words = both.stage.words("b1", "fleet/west")
    assert words.startswith("0/1 on it, 1 failed: ")
    assert "fleet.yaml:" in words
    assert "unknown field `spec.cnfig`" in words


def test_the_commit_is_told_its_first_error_and_how_many_keep_what_they_have() -> None:
    both = Sides.settled()
    both.stage.commit(broken_west("b1"))
    promised, counted = (
        words for _, context, _, words in both.stage.told if context == "fleet/lint"
    )
    assert promised.endswith("; agents it selects keep what they have")
    assert counted.endswith("unknown field `spec.cnfig`; 1 agent keeps what it has")
    assert counted.startswith("fleet.yaml:")


def test_words_of_any_length_leave_room_for_who_is_held() -> None:
    both = Sides.settled()
    both.stage.commit(sides("b1", "a", "a", config("x" * 60, "a", "{x: 1, y: 2}")))
    assert both.stage.status("b1", "fleet/lint") is FAILURE
    long = config("for-west", "b", WEST).replace(
        "config:", f"{'c' * 300}: 1\n  config:"
    )
    both.stage.commit(fleet("b2", *GROUPS, config("for-east", "b", EAST), long))
    words = both.stage.words("b2", "fleet/lint")
    assert len(words) == 140
    assert words.endswith("…; 1 agent keeps what it has")


def test_an_error_that_no_agent_depends_on_is_red_in_lint_alone() -> None:
    both = Sides.settled()
    nobody = config("none", "b", "{matchLabels: {side: north}}", priorty=1)
    both.stage.commit(sides("b1", "a", "a", nobody))
    both.stage.wait(11)
    assert both.stage.status("b1", "fleet/lint") is FAILURE
    assert both.stage.words("b1", "fleet/lint").endswith("; no agent depends on it")
    assert both.stage.status("b1", "fleet/east") is SUCCESS
    assert both.stage.status("b1", "fleet/west") is SUCCESS


def test_a_mended_commit_lets_the_held_agents_move() -> None:
    both = Sides.settled()
    both.stage.commit(broken_west("b1"))
    both.east.takes(rendered(broken_west("b1"), side="east"))
    mended = sides("b2", "b", "b")
    already = len(both.stage.pushed)
    both.stage.commit(mended)
    assert hashes(both.stage.pushed[already:]) == [rendered(mended, side="west").hash]
    both.west.takes(rendered(mended, side="west"))
    assert both.stage.status("b2", "fleet/west") is SUCCESS
    assert (sha("b2"), "fleet/lint") not in both.stage.statuses
    assert both.stage.status("b1", "fleet/lint") is FAILURE


def test_held_agents_are_held_after_a_restart_and_no_commit_changes_colour() -> None:
    both = Sides.settled()
    both.stage.commit(broken_west("b1"))
    both.east.takes(rendered(broken_west("b1"), side="east"))
    before = list(both.stage.told)
    both.stage.restart()
    pushed = both.stage.wait(5)
    both.east.returns()
    asked = both.west.returns()
    assert [type(one) for one in asked] == [AskFullState]
    pushed += both.stage.wait(5)
    assert both.west.says(**both.west.everything()) == []
    pushed += both.stage.wait(120)
    assert pushed == []
    assert both.stage.told == before
    assert both.west.stands == (Sync.PENDING, Reason.RENDER_ERROR)


def test_a_new_agent_of_a_broken_document_gets_nothing_and_is_counted() -> None:
    both = Sides.settled()
    both.stage.commit(broken_west("b1"))
    late = both.stage.actor(labels={"side": "west"})
    assert late.connects() == []
    both.stage.wait(11)
    assert late.stands == (Sync.PENDING, Reason.RENDER_ERROR)
    assert both.stage.words("b1", "fleet/lint").endswith(
        "; 2 agents keep what they have"
    )


@pytest.mark.parametrize("refused_first", [False, True])
def test_lint_is_never_green_on_a_commit_with_errors(*, refused_first: bool) -> None:
    both = Sides.settled()
    if refused_first:
        both.stage.commit(fleet("b1", "kind: [\n"))
    both.stage.commit(broken_west("b1"))
    both.stage.wait(120)
    both.stage.restart()
    both.stage.wait(120)
    said = {
        state for _, context, state, _ in both.stage.told if context == "fleet/lint"
    }
    assert said == {FAILURE}


def test_a_broken_group_keeps_its_agents_in_it_and_is_red() -> None:
    both = Sides.settled()
    west = group("west", WEST, soak=10)
    both.stage.commit(
        fleet(
            "b1",
            group("east", EAST),
            west,
            config("for-east", "a", EAST),
            config("for-west", "b", WEST),
        )
    )
    both.stage.wait(11)
    assert both.west.known.group == "west"
    assert both.west.stands == (Sync.PENDING, Reason.RENDER_ERROR)
    assert "`spec.soak` must be a duration" in both.stage.words("b1", "fleet/west")
    assert both.stage.status("b1", "fleet/east") is SUCCESS
