from itertools import pairwise
from math import inf

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.simulator import collector
from reconciler.simulator.collector import Entries
from reconciler.simulator.personality import Personality
from reconciler.simulator.supervisor import (
    ConfigStatus,
    Outcome,
    Pace,
    Part,
    Supervisor,
)

PACE = Pace(start=1, apply=10, crash=5, drift=20, restart=5, slow=4)


def entries(name: str, exporter: str = "debug") -> Entries:
    config = {
        "receivers": {"otlp": {}},
        "processors": {f"batch/{name}": {}},
        "exporters": {exporter: {}},
        "service": {
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": [f"batch/{name}"],
                    "exporters": [exporter],
                }
            }
        },
    }
    return (("", yaml.dump(config).encode()),)


A = entries("a")
B = entries("b")
BAD = entries("bad", exporter="nosuch")
UNREADABLE: Entries = (("", b"["),)


class Host:
    """Tells as a list what a supervisor says, and when."""

    def __init__(self, personality: Personality = Personality.GOOD) -> None:
        self.supervisor = Supervisor(personality, PACE)
        self.supervisor.boot(0)
        self.now = 0.0
        self.wait(2)

    def wait(self, seconds: float) -> list[str]:
        end = self.now + seconds
        trail = self._heard()
        while self.supervisor.due <= end:
            self.now = self.supervisor.due
            self.supervisor.advance(self.now)
            trail += self._heard()
        self.now = end
        return trail

    def offer(self, name: str, offered: Entries, seconds: float = 15) -> list[str]:
        self.supervisor.offer(name.encode(), offered, self.now)
        return self.wait(seconds)

    def _heard(self) -> list[str]:
        parts = self.supervisor.take_changes()
        words = []
        if parts & Part.STATUS:
            status = self.supervisor.status
            words.append(f"{status.outcome.name}({status.hash[:1].decode('latin-1')})")
        if parts & Part.HEALTH:
            words.append("healthy" if self.supervisor.health.healthy else "down")
        if parts & Part.EFFECTIVE:
            words.append(f"runs {self.runs}")
        return [f"{self.now:g}: {' '.join(words)}"] if words else []

    @property
    def runs(self) -> str:
        running = self.supervisor.running
        if running is None:
            return "nothing"
        if "debug/by-hand" in running.config["exporters"]:
            return "something else"
        return next((name[-1] for name in running.config.get("processors", {})), "nops")


def test_a_host_comes_up_with_nops_before_it_is_given_anything() -> None:
    host = Host()
    assert host.runs == "nops"
    assert host.supervisor.health.healthy
    assert host.supervisor.health.started == 1
    assert host.supervisor.status.outcome is Outcome.UNSET
    assert host.supervisor.due == inf


def test_a_good_config_is_applying_with_the_old_one_then_healthy_then_applied() -> None:
    assert Host().offer("A", A) == [
        "2: APPLYING(A) down runs nops",
        "3: healthy runs a",
        "12: APPLIED(A)",
    ]


def test_a_collector_that_is_starting_has_no_error_to_tell() -> None:
    host = Host()
    host.offer("A", A, seconds=0)
    assert host.supervisor.health.error == ""
    assert host.supervisor.health.started == 0


def test_a_config_that_does_not_start_leaves_the_collector_down_for_ever() -> None:
    host = Host()
    host.offer("A", A)
    assert host.offer("B", BAD) == [
        "17: APPLYING(B) runs a",
        "18: FAILED(B) down",
        "23: down",
        "28: down",
    ]
    assert "unknown type 'nosuch'" in host.supervisor.status.error
    assert host.supervisor.health.error == host.supervisor.status.error


def test_the_last_good_config_heals_a_collector_that_is_down() -> None:
    host = Host()
    host.offer("A", A)
    host.offer("B", BAD)
    assert host.offer("A", A, seconds=40) == [
        "32: APPLYING(A) down runs a",
        "33: healthy runs a",
        "42: APPLIED(A)",
    ]


def test_the_same_failed_config_again_is_called_applied_while_it_stays_down() -> None:
    host = Host()
    host.offer("B", BAD, seconds=3)
    assert host.offer("B", BAD, seconds=2) == ["5: APPLIED(B)"]
    assert not host.supervisor.health.healthy


def test_another_hash_for_the_same_meaning_restarts_nothing() -> None:
    host = Host()
    host.offer("A", A)
    (_, body) = A[0]
    assert host.offer("C", (("", b"# a comment\n" + body),)) == ["17: APPLIED(C)"]


def test_the_same_offer_twice_is_answered_once() -> None:
    host = Host()
    host.offer("A", A)
    assert host.offer("A", A) == []
    assert host.supervisor.offers == 2
    assert host.supervisor.applied == 1


def test_what_cannot_be_merged_fails_at_once_and_disturbs_nothing() -> None:
    host = Host()
    host.offer("A", A)
    assert host.offer("X", UNREADABLE) == ["17: FAILED(X)"]
    assert host.supervisor.health.healthy
    assert host.runs == "a"


def test_a_refusal_during_an_apply_is_the_last_word() -> None:
    host = Host()
    host.offer("A", A, seconds=5)
    assert host.offer("X", UNREADABLE) == ["7: FAILED(X)"]


def test_a_newer_offer_replaces_one_that_is_being_applied() -> None:
    host = Host()
    host.offer("A", A, seconds=5)
    assert host.offer("B", B) == [
        "7: APPLYING(B) down runs a",
        "8: healthy runs b",
        "17: APPLIED(B)",
    ]


def test_an_empty_map_stops_the_collector_and_calls_that_healthy() -> None:
    host = Host()
    host.offer("A", A)
    assert host.offer("E", ()) == ["17: APPLIED(E) healthy runs nothing"]
    assert host.offer("A", A) == [
        "32: APPLYING(A) down runs nothing",
        "33: healthy runs a",
        "42: APPLIED(A)",
    ]


def test_a_stopped_collector_can_neither_drift_nor_be_restarted() -> None:
    host = Host()
    host.offer("E", ())
    assert not host.supervisor.drift()
    host.supervisor.restart(host.now)
    assert host.wait(10) == []


def test_a_slow_host_is_the_same_with_more_patience() -> None:
    slow = PACE.stretched(PACE.slow)
    assert (slow.start, slow.apply, slow.restart) == (4, 40, 5)


def test_a_rejecting_host_keeps_the_old_config_running() -> None:
    host = Host(Personality.REJECTS)
    host.offer("A", A)
    assert host.offer("B", B) == ["17: FAILED(B)"]
    assert host.offer("C", BAD) == ["32: FAILED(C)"]
    assert host.runs == "a"
    assert host.supervisor.health.healthy


def test_a_picky_host_takes_the_first_config_back_at_any_time() -> None:
    host = Host(Personality.REJECTS)
    host.offer("A", A)
    host.offer("B", B)
    assert host.offer("A", A) == ["32: APPLIED(A)"]


def test_the_first_config_of_a_picky_host_is_the_first_that_worked() -> None:
    host = Host(Personality.REJECTS)
    host.offer("X", BAD)
    assert host.offer("A", A)[-1].endswith("APPLIED(A)")
    assert host.offer("B", B)[-1].endswith("FAILED(B)")


def test_a_crashing_host_says_applied_and_exits_afterwards() -> None:
    host = Host(Personality.CRASHES)
    host.offer("A", A)
    assert host.offer("B", B, seconds=21) == [
        "17: APPLYING(B) down runs a",
        "18: healthy runs b",
        "27: APPLIED(B)",
        "32: down",
        "37: down",
    ]
    assert host.supervisor.status.outcome is Outcome.APPLIED
    assert host.offer("A", A, seconds=50)[-1] == "48: APPLIED(A)"
    assert host.supervisor.health.healthy


def test_a_rolling_back_host_fails_the_new_hash_and_reports_the_old_one() -> None:
    host = Host(Personality.ROLLS_BACK)
    host.offer("A", A)
    assert host.offer("B", B) == [
        "17: APPLYING(B) runs a",
        "18: FAILED(B) down",
        "19: APPLIED(A) healthy runs a",
    ]


def test_a_rolling_back_host_without_anything_to_go_back_to_stays_down() -> None:
    host = Host(Personality.ROLLS_BACK)
    assert host.offer("B", BAD, seconds=3) == [
        "2: APPLYING(B) runs nops",
        "3: FAILED(B) down",
    ]
    assert host.wait(3) == ["8: down"]


def test_a_drifting_host_drifts_again_after_it_was_healed() -> None:
    host = Host(Personality.DRIFTS)
    host.offer("A", A)
    assert host.wait(30) == ["32: runs something else"]
    assert host.supervisor.status.hash == b"A"
    assert host.offer("A", A, seconds=35) == [
        "47: APPLYING(A) down runs something else",
        "48: healthy runs a",
        "57: APPLIED(A)",
        "77: runs something else",
    ]


def test_drift_with_another_hash_reports_one_that_nobody_offered() -> None:
    host = Host(Personality.DRIFTS_HASH)
    host.offer("A", A)
    [said] = host.wait(30)
    assert said.startswith("32: APPLIED(")
    assert said.endswith("runs something else")
    assert host.supervisor.status.hash not in {b"A", b""}


@pytest.mark.parametrize("with_hash", [False, True])
def test_any_host_can_be_made_to_drift(*, with_hash: bool) -> None:
    host = Host()
    host.offer("A", A)
    assert host.supervisor.drift(with_hash=with_hash)
    assert host.runs == "something else"
    assert (host.supervisor.status.hash == b"A") is not with_hash


def test_a_host_that_is_down_cannot_drift() -> None:
    host = Host()
    host.offer("B", BAD)
    assert not host.supervisor.drift()
    assert host.runs == "nops"


def test_a_swallowing_host_counts_an_offer_and_says_nothing() -> None:
    host = Host(Personality.SWALLOWS)
    assert host.offer("A", A) == []
    assert host.supervisor.offers == 1
    assert host.runs == "nops"


def test_an_ill_collector_runs_on_and_gets_well() -> None:
    host = Host()
    host.offer("A", A)
    started = host.supervisor.health.started
    host.supervisor.fall_ill("queue is full", host.now)
    assert host.wait(10) == ["17: down"]
    assert host.supervisor.health.error == "queue is full"
    assert host.supervisor.health.started == started
    host.supervisor.recover(host.now)
    assert host.wait(10) == ["27: healthy"]
    assert host.runs == "a"


def test_a_restart_keeps_the_config_and_its_status() -> None:
    host = Host()
    host.offer("A", A)
    host.supervisor.restart(host.now)
    assert host.wait(10) == ["17: down", "18: healthy runs a"]
    assert host.supervisor.status.outcome is Outcome.APPLIED


def test_a_restart_of_what_is_starting_anyway_changes_nothing() -> None:
    host = Host()
    host.offer("A", A, seconds=0)
    host.supervisor.restart(host.now)
    assert host.wait(15) == ["3: healthy runs a", "12: APPLIED(A)"]


def reborn(host: Host, *, keeps_config: bool) -> list[str]:
    host.supervisor.die(keeps_config=keeps_config)
    host.supervisor.boot(host.now)
    return host.wait(15)


def test_a_process_that_starts_anew_runs_what_it_applied_last() -> None:
    host = Host()
    host.offer("A", A)
    assert reborn(host, keeps_config=True) == [
        "17: down runs a",
        "18: healthy runs a",
    ]
    assert host.supervisor.status == ConfigStatus(b"A", Outcome.APPLIED)


def test_a_process_that_starts_anew_may_have_lost_its_config() -> None:
    host = Host()
    host.offer("A", A)
    assert reborn(host, keeps_config=False) == [
        "17: down runs nops",
        "18: healthy runs nops",
    ]
    assert host.supervisor.status == ConfigStatus()
    assert host.offer("A", A)[-1] == "42: APPLIED(A)"


def test_a_process_that_dies_while_applying_knows_nothing_of_that_offer() -> None:
    host = Host()
    host.offer("A", A)
    host.offer("B", B, seconds=5)
    assert reborn(host, keeps_config=True) == [
        "22: down runs a",
        "23: healthy runs a",
    ]
    assert host.supervisor.status == ConfigStatus(b"A", Outcome.APPLIED)


offers = st.lists(
    st.tuples(
        st.sampled_from([("A", A), ("B", B), ("X", BAD), ("U", UNREADABLE), ("E", ())]),
        st.floats(0, 25),
    ),
    max_size=8,
)


@given(personality=st.sampled_from(Personality), offered=offers)
def test_whatever_is_offered_the_last_hash_gets_a_final_word(
    personality: Personality, offered: list[tuple[tuple[str, Entries], float]]
) -> None:
    host = Host(personality)
    for (name, config), seconds in offered:
        host.offer(name, config, seconds)
    host.wait(15)
    status = host.supervisor.status
    assert status.outcome is not Outcome.APPLYING
    if personality is Personality.SWALLOWS or not offered:
        assert status.outcome is Outcome.UNSET
    elif personality not in {Personality.ROLLS_BACK, Personality.DRIFTS_HASH}:
        assert status.hash == offered[-1][0][0].encode()


@given(personality=st.sampled_from(Personality), offered=offers)
def test_a_healthy_collector_runs_something_unless_it_was_told_to_stop(
    personality: Personality, offered: list[tuple[tuple[str, Entries], float]]
) -> None:
    host = Host(personality)
    for (name, config), seconds in offered:
        host.offer(name, config, seconds)
        health = host.supervisor.health
        stopped = host.supervisor.running is None
        assert (health.started > 0) == (health.healthy and not stopped)
        assert not (health.healthy and health.error)


@given(offered=offers)
def test_a_good_host_is_never_told_the_time_backwards(
    offered: list[tuple[tuple[str, Entries], float]],
) -> None:
    host = Host()
    times = [
        float(said.partition(":")[0])
        for (name, config), seconds in offered
        for said in host.offer(name, config, seconds)
    ]
    assert all(one <= later for one, later in pairwise(times))


def test_the_bootstrap_config_is_shared_by_all_hosts() -> None:
    assert Host().supervisor.running is collector.bootstrap()
