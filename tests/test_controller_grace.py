"""Grace may delay red; it grants no green."""

from reconciler.state.agent import Reason, Sync
from reconciler.state.conditions import CommitState
from tests.playbook import APPLIED, APPLYING, FAILED, ILL, WELL, Actor, Stage
from tests.toy_fleet import collector, config, effective, rendered, running, spread

SUCCESS, FAILURE, PENDING = (
    CommitState.SUCCESS,
    CommitState.FAILURE,
    CommitState.PENDING,
)
ON_A, ON_B = rendered(running("a")), rendered(running("b"))


def synced(stage: Stage) -> Actor:
    stage.commit(running("a", "c1", drift="report"))
    agent = stage.actor(labels={"host.name": "gw-1"})
    agent.connects()
    agent.takes(ON_A)
    return agent


def test_a_new_commit_is_not_green_while_a_difference_soaks() -> None:
    stage = Stage()
    agent = synced(stage)
    agent.runs(collector("by-hand"))
    assert agent.stands == (Sync.SYNCED, Reason.COMPARING)
    stage.commit(running("a", "c2", drift="report"))
    stage.wait(8)
    assert (stage.status("c2"), stage.words("c2")) == (
        PENDING,
        "0/1 on it, 1 settling (gw-1)",
    )
    stage.wait(3)
    assert stage.status("c2") is FAILURE
    assert SUCCESS not in {
        state for commit, _, state, _ in stage.told if commit[1] == "2"
    }


def test_a_green_commit_waits_for_the_soak_before_it_turns_red() -> None:
    stage = Stage()
    agent = synced(stage)
    agent.runs(collector("by-hand"))
    stage.wait(8)
    assert stage.status("c1") is SUCCESS
    stage.wait(3)
    assert stage.status("c1") is FAILURE
    agent.runs(collector("a"))
    stage.wait(1)
    assert stage.status("c1") is SUCCESS


def test_a_restart_turns_no_red_commit_green_while_a_difference_soaks() -> None:
    stage = Stage()
    agent = synced(stage)
    agent.runs(collector("by-hand"))
    stage.wait(11)
    assert stage.status("c1") is FAILURE
    told = len(stage.told)
    stage.restart(orderly=False)
    agent.returns()
    agent.says(**agent.everything())
    stage.wait(60)
    assert SUCCESS not in {state for _, _, state, _ in stage.told[told:]}
    assert stage.status("c1") is FAILURE


def test_a_new_commit_is_not_green_while_an_agent_is_unhealthy_for_a_moment() -> None:
    stage = Stage()
    agent = synced(stage)
    agent.feels(ILL)
    stage.commit(running("a", "c2", drift="report"))
    stage.wait(5)
    assert stage.status("c2") is PENDING
    agent.feels(WELL)
    stage.wait(9)
    assert stage.status("c2") is PENDING
    stage.wait(2)
    assert stage.status("c2") is SUCCESS


def test_an_agent_whose_health_flaps_is_not_well() -> None:
    stage = Stage()
    agent = synced(stage)
    for _ in range(5):
        agent.feels(ILL)
        stage.wait(6)
        agent.feels(WELL)
        stage.wait(1)
    assert stage.status("c1") is FAILURE
    stage.commit(running("a", "c2", drift="report"))
    stage.wait(1)
    assert stage.status("c2") is FAILURE
    stage.wait(11)
    assert (stage.status("c2"), stage.words("c2")) == (SUCCESS, "1/1 on it")


def test_the_soak_does_not_pass_while_nobody_watches() -> None:
    stage = Stage()
    agent = synced(stage)
    stage.commit(running("b", "c2", drift="report"))
    agent.echoes(ON_B, APPLYING)
    agent.echoes(ON_B, APPLIED)
    agent.runs(collector("b"))
    stage.wait(3)
    agent.leaves()
    stage.wait(20)
    agent.restarts()
    stage.wait(9)
    assert stage.status("c2") is PENDING
    assert agent.known.good == ON_A.hash
    stage.wait(2)
    assert stage.status("c2") is SUCCESS


def test_a_lost_message_changes_no_colour_unless_it_stays_lost() -> None:
    stage = Stage()
    agent = synced(stage)
    agent.number += 1
    agent.says()
    stage.wait(20)
    assert stage.status("c1") is SUCCESS
    stage.wait(11)
    assert stage.status("c1") is PENDING
    agent.says(**agent.everything())
    stage.wait(1)
    assert stage.status("c1") is SUCCESS


def test_a_failed_agent_that_lost_a_message_is_still_failed() -> None:
    stage = Stage()
    agent = synced(stage)
    stage.commit(running("b", "c2", drift="report"))
    agent.echoes(ON_B, FAILED, "no such exporter")
    agent.number += 1
    agent.says()
    stage.wait(1)
    assert stage.status("c2") is FAILURE
    assert "no such exporter" in stage.words("c2")


def test_a_new_commit_is_not_green_while_a_comparison_is_missing() -> None:
    stage = Stage()
    agent = synced(stage)
    stage.compares = False
    agent.runs(collector("a") + "# another text\n")
    stage.commit(running("a", "c2", drift="report"))
    stage.wait(60)
    assert stage.status("c2") is PENDING
    stage.compare()
    stage.wait(1)
    assert stage.status("c2") is SUCCESS


def test_an_effective_config_that_cannot_be_read_is_unconfirmed_and_never_green() -> (
    None
):
    stage = Stage()
    stage.commit(running("a", "c1"))
    agent = stage.actor(labels={"host.name": "gw-1"})
    agent.connects()
    agent.effective = effective("receivers: [this is, no {yaml")
    agent.echoes(ON_A, APPLIED)
    agent.says(effective_config=agent.effective)
    stage.wait(60)
    assert agent.stands == (Sync.UNCONFIRMED, Reason.EFFECTIVE_UNREADABLE)
    assert agent.known.detail
    assert stage.status("c1") is PENDING
    assert stage.words("c1").startswith(
        "0/1 on it, 1 unconfirmed: gw-1 the effective config cannot be read: line 1"
    )
    agent.runs(collector("a"))
    stage.wait(1)
    assert stage.status("c1") is SUCCESS


def test_a_synced_agent_whose_report_becomes_unreadable_is_not_green() -> None:
    stage = Stage()
    agent = synced(stage)
    agent.runs(collector("by-hand") + "#" + "x" * (1024 * 1024))
    stage.wait(11)
    assert agent.stands == (Sync.UNCONFIRMED, Reason.EFFECTIVE_UNREADABLE)
    assert stage.status("c1") is PENDING
    agent.leaves()
    stage.restart()
    agent.returns()
    agent.says(**agent.everything())
    stage.wait(1)
    assert stage.status("c1") is PENDING


def test_an_offer_over_the_message_limit_says_so_and_is_not_sent() -> None:
    stage = Stage()
    long = "x" * 1_000_000
    big = [
        f"apiVersion: reconciler/v1\nkind: CollectorConfig\nmetadata: {{name: b{n}}}\n"
        f"spec:\n  selector: {{}}\n  priority: {n}\n"
        f"  config: {{processors: {{attributes/{n}: {{note: {long}}}}}}}\n"
        for n in range(1, 6)
    ]
    stage.commit(spread([config("base", "a"), *big]))
    agent = stage.actor(labels={"host.name": "gw-1"})
    assert agent.connects() == []
    assert stage.wait(120, step=5) == []
    assert agent.stands == (Sync.TOO_LARGE, Reason.OVER_MESSAGE_LIMIT)
    assert stage.status("c1") is FAILURE
    assert stage.words("c1") == (
        "0/1 on it, 1 too large: gw-1 its config takes 4.8 MiB, "
        "and a message holds 4.0 MiB"
    )
