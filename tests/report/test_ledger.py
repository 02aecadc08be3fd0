from dataclasses import replace

import pytest

from reconciler.errors import Stalled, Waiting
from reconciler.ids import CommitSha
from reconciler.report import ledger as ledgers
from reconciler.report.answers import Exhausted
from reconciler.report.ledger import NOTE, Entry, Ledger, Post
from reconciler.report.shown import Shown
from reconciler.state.actions import PublishCommitStatus
from reconciler.state.conditions import CommitState
from reconciler.state.records import StatusRecord

PENDING, SUCCESS = CommitState.PENDING, CommitState.SUCCESS
FAILURE, ERROR = CommitState.FAILURE, CommitState.ERROR
COMMIT, OLDER = CommitSha("c" * 40), CommitSha("b" * 40)
NOW = 1_700_000_000.0


def truth(
    state: CommitState,
    description: str = "",
    context: str = "fleet/nodes",
    commit: CommitSha = COMMIT,
) -> PublishCommitStatus:
    return PublishCommitStatus(commit, context, state, description)


def due(ledger: Ledger, now: float = NOW) -> Entry:
    found = ledger.next(now)
    assert isinstance(found, Entry)
    return found


def waits(ledger: Ledger, now: float = NOW) -> float:
    found = ledger.next(now)
    assert isinstance(found, float)
    return found


def send(ledger: Ledger, now: float = NOW) -> Post:
    post = ledger.begin(due(ledger, now), now)
    ledger.taken(post)
    return post


def fail(ledger: Ledger, now: float, error: Waiting | None = None) -> None:
    post = ledger.begin(due(ledger, now), now)
    ledger.postponed(post, error or Waiting("down"), now)


def test_a_new_truth_is_recorded_and_due_at_once() -> None:
    ledger = Ledger([], NOW)
    record = StatusRecord(
        COMMIT, "fleet/nodes", PENDING, "0/3", None, None, None, NOW + 1
    )
    assert ledger.publish(truth(PENDING, "0/3"), NOW + 1) == record
    assert ledger.records(COMMIT) == [record]
    assert due(ledger, NOW + 1).record == record


def test_the_same_truth_again_is_nothing_new() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS), NOW)
    assert ledger.publish(truth(SUCCESS), NOW + 5) is None
    send(ledger)
    assert ledger.publish(truth(SUCCESS), NOW + 9) is None
    assert ledger.next(NOW + 9) is None


def test_what_was_taken_is_recorded_and_no_longer_due() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS, "3/3"), NOW)
    post = ledger.begin(due(ledger), NOW)
    record = ledger.taken(post)
    assert (record.posted_state, record.posted_description) == (SUCCESS, "3/3")
    assert ledger.next(NOW) is None
    assert ledger.undelivered == 0


def test_records_of_a_commit_come_by_context_and_of_an_unknown_one_none() -> None:
    ledger = Ledger([], NOW)
    for context in ("b", "a"):
        ledger.publish(truth(PENDING, context=context), NOW)
    assert [record.context for record in ledger.records(COMMIT)] == ["a", "b"]
    assert ledger.records(OLDER) == []


def test_the_first_progress_goes_at_once_and_the_next_ten_seconds_later() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(PENDING, "0/3"), NOW)
    send(ledger)
    ledger.publish(truth(PENDING, "1/3"), NOW + 1)
    ledger.publish(truth(PENDING, "2/3"), NOW + 2)
    assert waits(ledger, NOW + 2) == 8.0
    assert send(ledger, NOW + 10).description == "2/3"


def test_a_terminal_truth_does_not_wait() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(PENDING), NOW)
    send(ledger)
    ledger.publish(truth(SUCCESS), NOW + 0.1)
    assert send(ledger, NOW + 0.1).state is SUCCESS


def test_a_truth_that_went_back_before_it_was_sent_is_not_sent() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS, "3/3"), NOW)
    send(ledger)
    ledger.publish(truth(PENDING, "2/3"), NOW + 1)
    ledger.publish(truth(SUCCESS, "3/3"), NOW + 2)
    assert ledger.next(NOW + 2) is None


def test_a_truth_that_goes_back_while_another_is_on_its_way_is_sent_again() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS), NOW)
    send(ledger)
    ledger.publish(truth(FAILURE), NOW + 1)
    post = ledger.begin(due(ledger, NOW + 1), NOW + 1)
    ledger.publish(truth(SUCCESS), NOW + 2)
    assert ledger.undelivered == 1
    ledger.postponed(post, Waiting("the answer was lost"), NOW + 3)
    assert send(ledger, NOW + 20).state is SUCCESS


def test_a_truth_that_comes_while_another_is_on_its_way_is_sent_next() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(PENDING), NOW)
    post = ledger.begin(due(ledger), NOW)
    ledger.publish(truth(SUCCESS), NOW)
    assert ledger.taken(post).posted_state is PENDING
    assert send(ledger).state is SUCCESS


def test_a_post_that_began_sends_the_newest_truth() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(PENDING), NOW)
    post = ledger.begin(due(ledger), NOW)
    ledger.publish(truth(SUCCESS, "3/3"), NOW)
    newest = ledger.leaves(post, NOW)
    assert (newest.state, newest.description) == (SUCCESS, "3/3")
    ledger.taken(newest)
    assert ledger.next(NOW) is None


def test_a_post_that_began_counts_as_untold_until_it_is_taken() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS), NOW)
    send(ledger)
    ledger.publish(truth(FAILURE), NOW + 1)
    post = ledger.begin(due(ledger, NOW + 1), NOW + 1)
    assert post.entry.record.posted_state is None
    assert post.told == (SUCCESS, "")


def test_the_newest_verdict_goes_first_and_progress_last() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(ERROR, "superseded", commit=OLDER), NOW)
    ledger.publish(truth(SUCCESS, context="a"), NOW + 1)
    ledger.publish(truth(PENDING, context="b"), NOW + 2)
    sent = [send(ledger, NOW + 3) for _ in range(3)]
    assert [post.state for post in sent] == [SUCCESS, ERROR, PENDING]


def test_folders_are_recorded_and_never_due() -> None:
    ledger = Ledger([], NOW)
    folder = CommitSha("folder:" + "0" * 64)
    assert ledger.publish(truth(SUCCESS, commit=folder), NOW)
    assert ledger.records(folder)[0].state is SUCCESS
    assert ledger.next(NOW) is None
    assert ledger.undelivered == 0


def test_a_flapping_context_is_posted_at_most_sixty_times_an_hour() -> None:
    ledger = Ledger([], NOW)
    sent: list[float] = []
    now = NOW
    while now < NOW + 7200:
        ledger.publish(truth(SUCCESS if len(sent) % 2 else FAILURE), now)
        if isinstance(ledger.next(now), Entry):
            send(ledger, now)
            sent.append(now)
        now += 5
    assert len([at for at in sent if at < NOW + 3600]) <= 60
    assert len(sent) > 60


def test_every_hundred_posts_slow_a_context_down() -> None:
    ledger = Ledger([], NOW)
    now, posts = NOW, 0
    while now < NOW + 48 * 3600:
        ledger.publish(truth(SUCCESS if posts % 2 else FAILURE), now)
        if isinstance(ledger.next(now), Entry):
            send(ledger, now)
            posts += 1
        now += 20
    assert 600 < posts < 900


def test_progress_leaves_budget_for_the_verdict() -> None:
    ledger = Ledger([], NOW)
    now, sent = NOW, 0
    for step in range(30):
        now += ledgers.DEBOUNCE
        ledger.publish(truth(PENDING, f"{step}/30"), now)
        if isinstance(ledger.next(now), Entry):
            send(ledger, now)
            sent += 1
    assert 3 < sent < 30
    ledger.publish(truth(SUCCESS), now)
    assert due(ledger, now).record.state is SUCCESS


def test_all_contexts_together_stay_below_the_limits_of_github() -> None:
    ledger = Ledger([], NOW)
    sent: list[float] = []
    for second in range(7200):
        now = NOW + second
        for number in range(20):
            state = (SUCCESS, FAILURE, PENDING)[second // 7 % 3]
            ledger.publish(truth(state, f"{second}", f"c{number}"), now)
        while isinstance(ledger.next(now), Entry):
            send(ledger, now)
            sent.append(now)
    for start in sent:
        assert sum(1 for at in sent if start <= at < start + 60) <= 55
        assert sum(1 for at in sent if start <= at < start + 3600) <= 300


def test_verdicts_of_many_groups_go_in_one_burst() -> None:
    ledger = Ledger([], NOW)
    for number in range(50):
        ledger.publish(truth(SUCCESS, context=f"c{number}"), NOW)
    for _ in range(50):
        send(ledger)
    assert ledger.undelivered == 0


def test_after_a_failure_everything_waits_twice_as_long_each_time() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS), NOW)
    now, pauses = NOW, []
    for _ in range(8):
        fail(ledger, now)
        pauses.append(waits(ledger, now))
        now += pauses[-1]
    for pause, least in zip(pauses, [2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert least <= pause <= 75


def test_a_success_ends_the_back_off() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS, context="a"), NOW)
    now = NOW
    for _ in range(4):
        fail(ledger, now)
        now += waits(ledger, now)
    send(ledger, now)
    ledger.publish(truth(SUCCESS, context="b"), now)
    assert due(ledger, now).record.context == "b"
    fail(ledger, now)
    assert waits(ledger, now) < 3


def test_a_time_that_the_forge_named_is_kept_for_all_contexts() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS, context="a"), NOW)
    fail(ledger, NOW, Waiting("limited", retry_after=600))
    ledger.publish(truth(FAILURE, context="b"), NOW + 1)
    assert 599 <= waits(ledger, NOW + 1) <= 750
    assert ledger.parting(NOW + 599) == []
    assert len(ledger.parting(NOW + 601)) == 2


def test_one_context_that_fails_for_ever_does_not_keep_the_others_back() -> None:
    ledger = Ledger([], NOW)
    tries = {"bad": 0, "good": 0}
    now = NOW
    ledger.publish(truth(SUCCESS, context="bad"), now)
    while now < NOW + 3600:
        for number in range(8):
            text = f"{(now + number * 15) // 120}"
            ledger.publish(truth(FAILURE, text, context=f"good{number}"), now)
        match ledger.next(now):
            case Entry() as entry:
                context = entry.record.context
                tries[context.rstrip("01234567")] += 1
                post = ledger.begin(entry, now)
                if context == "bad":
                    ledger.postponed(post, Waiting("500"), now)
                else:
                    ledger.taken(post)
            case _:
                now += 1
    assert tries["good"] >= 200
    assert tries["bad"] <= 65


def test_after_a_failure_the_contexts_that_did_not_fail_go_first() -> None:
    ledger = Ledger([], NOW)
    for number, context in enumerate(("old", "newer", "newest")):
        ledger.publish(truth(SUCCESS, context=context), NOW + number)
    tried, now = [], NOW + 3
    for _ in range(5):
        tried.append(due(ledger, now).record.context)
        fail(ledger, now)
        now += waits(ledger, now)
    assert tried == ["newest", "newer", "old", "newest", "newer"]


def test_a_context_that_failed_once_and_was_taken_is_as_urgent_as_any() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS, context="a"), NOW)
    fail(ledger, NOW)
    send(ledger, NOW + 10)
    ledger.publish(truth(FAILURE, context="b"), NOW + 11)
    ledger.publish(truth(FAILURE, context="a"), NOW + 12)
    assert due(ledger, NOW + 12).record.context == "a"


def test_what_the_forge_refused_is_recorded_and_not_sent_again() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS), NOW)
    send(ledger)
    ledger.publish(truth(FAILURE, "x"), NOW + 1)
    post = ledger.begin(due(ledger, NOW + 1), NOW + 1)
    record = ledger.refused(post, Stalled("bad body"))
    assert record.error == "bad body"
    assert (record.posted_state, record.posted_description) == (SUCCESS, "")
    assert ledger.next(NOW + 1) is None
    assert ledger.undelivered == 0


@pytest.mark.parametrize(
    ("error", "again"), [(Stalled("bad body"), True), (Exhausted("used up"), False)]
)
def test_a_refused_context_is_tried_again_when_it_says_something_else(
    error: Stalled, *, again: bool
) -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(FAILURE, "x"), NOW)
    ledger.refused(ledger.begin(due(ledger), NOW), error)
    same = ledger.publish(truth(FAILURE, "y"), NOW + 1)
    assert same
    assert same.error == str(error)
    assert ledger.next(NOW + 1) is None
    other = ledger.publish(truth(SUCCESS), NOW + 2)
    assert other
    assert (other.error is None) is again
    assert (ledger.next(NOW + 2) is not None) is again


def test_a_refusal_of_what_is_no_longer_true_does_not_stop_the_truth() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(PENDING, "x"), NOW)
    post = ledger.begin(due(ledger), NOW)
    ledger.publish(truth(SUCCESS), NOW)
    assert ledger.refused(post, Stalled("bad body")).error is None
    assert send(ledger).state is SUCCESS


def record(**changed: object) -> StatusRecord:
    told = StatusRecord(COMMIT, "fleet/nodes", SUCCESS, "3/3", SUCCESS, "3/3", None, 1)
    return replace(told, **changed)  # type: ignore[arg-type] # test sugar


@pytest.mark.parametrize(
    ("kept", "is_due"),
    [
        (record(), False),
        (record(posted_state=PENDING), True),
        (record(posted_description="2/3"), True),
        (record(posted_state=None, posted_description=None), True),
        (record(posted_state=None, error="used up"), False),
        (record(commit=CommitSha("folder:0"), posted_state=None), False),
    ],
)
def test_a_restart_sends_what_is_true_and_untold(
    kept: StatusRecord, *, is_due: bool
) -> None:
    ledger = Ledger([kept], NOW)
    assert ledger.undelivered == int(is_due)
    assert isinstance(ledger.next(NOW), Entry) is is_due


def test_at_parting_the_terminal_truths_go_as_far_as_the_budget_reaches() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(PENDING, context="progress"), NOW)
    for number in range(60):
        ledger.publish(truth(SUCCESS, context=f"c{number}"), NOW + number)
    parting = ledger.parting(NOW + 60)
    assert len(parting) == ledgers.FORGE_BURST
    assert parting[0].record.context == "c59"
    assert all(entry.record.state is SUCCESS for entry in parting)


def contest(ledger: Ledger, now: float = NOW, number: int = 1) -> None:
    """Show it a status of somebody else."""
    other = Shown(number, "failure", "1 failed")
    ledger.look(COMMIT, {"fleet/nodes": [other]}, now)


def contested(state: CommitState = SUCCESS, description: str = "3/3") -> Ledger:
    """A ledger that told the forge of another service."""
    ledger = Ledger([], NOW)
    ledger.publish(truth(state, description), NOW)
    send(ledger)
    contest(ledger)
    send(ledger)
    return ledger


def test_a_contested_context_is_told_once_more_with_a_note() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS, "3/3"), NOW)
    send(ledger)
    contest(ledger)
    assert [entry.record.context for entry in ledger.contested] == ["fleet/nodes"]
    assert send(ledger).description == f"3/3{NOTE}"
    [record] = ledger.records(COMMIT)
    assert (record.description, record.posted_description) == ("3/3", f"3/3{NOTE}")
    contest(ledger, NOW + 60, number=2)
    assert ledger.next(NOW + 60) is None


def test_the_note_is_never_cut() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(FAILURE, "x" * 140), NOW)
    contest(ledger)
    description = send(ledger).description
    assert len(description) == 140
    assert description.endswith(f"…{NOTE}")


def test_a_status_of_somebody_else_before_the_first_of_ours_is_one_post() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(PENDING, "0/3"), NOW)
    contest(ledger)
    assert send(ledger).description == f"0/3{NOTE}"
    assert ledger.next(NOW) is None


def test_a_contested_context_is_not_told_of_new_words() -> None:
    ledger = contested()
    ledger.publish(truth(SUCCESS, "2/2"), NOW + 3600)
    assert ledger.next(NOW + 3600) is None
    assert ledger.undelivered == 0


def test_a_contested_context_is_told_of_two_new_states_and_then_every_ten_minutes() -> (
    None
):
    ledger = contested(SUCCESS, "3/3")
    ledger.publish(truth(FAILURE, "1 failed"), NOW + 5)
    assert send(ledger, NOW + 5).description == f"1 failed{NOTE}"
    ledger.publish(truth(SUCCESS, "3/3"), NOW + 10)
    assert send(ledger, NOW + 10).state is SUCCESS
    ledger.publish(truth(ERROR, "superseded"), NOW + 15)
    assert waits(ledger, NOW + 15) == pytest.approx(590)
    send(ledger, NOW + 605)
    ledger.publish(truth(FAILURE, "1 failed"), NOW + 606)
    assert waits(ledger, NOW + 606) == pytest.approx(599)


def test_a_note_whose_answer_was_lost_is_told_again() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS, "3/3"), NOW)
    contest(ledger)
    fail(ledger, NOW)
    wait = waits(ledger)
    assert wait < 10
    assert send(ledger, NOW + wait).description == f"3/3{NOTE}"


def test_a_context_that_turns_contested_while_a_post_is_out_gets_its_note() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS, "3/3"), NOW)
    post = ledger.begin(due(ledger), NOW)
    contest(ledger)
    ledger.taken(post)
    assert send(ledger).description == f"3/3{NOTE}"


def test_a_context_that_is_ours_again_is_told_the_plain_truth() -> None:
    ledger = contested()
    own = {"fleet/nodes": [Shown(2, "success", f"3/3{NOTE}")]}
    ledger.look(COMMIT, own, NOW + 1800)
    assert ledger.contested == []
    assert send(ledger, NOW + 1800).description == "3/3"
    assert ledger.next(NOW + 1800) is None


def test_it_is_told_the_truth_also_where_no_note_was_ever_taken() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS, "3/3"), NOW)
    send(ledger)
    contest(ledger)
    contest(ledger, NOW + 1800)
    assert send(ledger, NOW + 1800).description == "3/3"


def test_what_the_forge_never_takes_is_not_told_of_others_either() -> None:
    ledger = Ledger([], NOW)
    ledger.publish(truth(SUCCESS, "3/3"), NOW)
    ledger.refused(ledger.begin(due(ledger), NOW), Exhausted("used up"))
    contest(ledger)
    assert ledger.contested
    assert ledger.next(NOW) is None


def test_the_commits_that_changed_last_are_watched_and_folders_never() -> None:
    def record(letter: str, changed_at: float) -> StatusRecord:
        commit = CommitSha(letter * 40)
        return StatusRecord(commit, "c", SUCCESS, "", SUCCESS, "", None, changed_at)

    ledger = Ledger([record("d", 4.0), record("a", 1.0), record("b", 2.0)], NOW)
    assert [commit[0] for commit in ledger.watched] == ["a", "b", "d"]
    ledger.publish(truth(PENDING), NOW)
    ledger.publish(truth(PENDING, commit=CommitSha("folder:abc")), NOW)
    assert [commit[0] for commit in ledger.watched] == ["b", "d", "c"]
    ledger.publish(truth(FAILURE, "1 failed", "c", CommitSha("a" * 40)), NOW)
    assert [commit[0] for commit in ledger.watched] == ["d", "c", "a"]


def test_a_commit_that_is_no_longer_watched_is_not_contested() -> None:
    ledger = contested()
    for letter in "dea":
        ledger.publish(truth(PENDING, commit=CommitSha(letter * 40)), NOW + 9)
    assert ledger.contested == []
