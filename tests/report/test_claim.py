import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.claim import LAG, PATIENCE, REMEMBERED, Claim, Text
from reconciler.report.shown import Shown
from reconciler.state.conditions import CommitState

PENDING, SUCCESS, FAILURE, _ = CommitState
TRUTH = (SUCCESS, "3/3 on it")
NOW = 1_700_000_000.0


def restored(now: float = NOW - LAG) -> Claim:
    """As it is after a restart, with something told before."""
    claim = Claim(None)
    claim.tries(TRUTH, now)
    return claim


def shown(number: int, text: Text) -> Shown:
    return Shown(number, text[0].value, text[1])


def look(
    claim: Claim,
    *texts: Text,
    told: Text | None = None,
    truth: Text = TRUTH,
    now: float = NOW,
) -> Shown | None:
    """Show it these statuses, oldest first."""
    statuses = [shown(number, text) for number, text in enumerate(texts, start=1)]
    claim.look(statuses, told=told, truth=truth, now=now)
    return claim.other


def test_a_context_that_was_never_written_belongs_to_whoever_stands_there() -> None:
    assert look(Claim(0), (FAILURE, "1 failed")) == shown(1, (FAILURE, "1 failed"))


def test_what_says_the_truth_is_no_matter_who_wrote_it() -> None:
    assert look(Claim(0), TRUTH) is None


@pytest.mark.parametrize("altered", ["3/3 on it ", "3/3  on it…", "3/3 on it 🦑"])
def test_a_forge_may_change_what_is_no_letter(altered: str) -> None:
    assert look(Claim(0), (SUCCESS, altered)) is None


def test_the_same_words_under_another_state_are_somebody_elses() -> None:
    assert look(Claim(0), (PENDING, "3/3 on it"))


def test_a_state_that_this_service_never_writes_is_somebody_elses() -> None:
    claim = Claim(0)
    claim.look([Shown(1, "skipped", "3/3 on it")], told=None, truth=TRUTH, now=NOW)
    assert claim.other


def test_every_text_that_was_tried_is_our_own_whatever_came_of_it() -> None:
    claim = Claim(0)
    for agents in range(3):
        claim.tries((PENDING, f"{agents}/3"), NOW - LAG)
    texts = [(PENDING, f"{agents}/3") for agents in (2, 0, 1, 1)]
    assert look(claim, *texts) is None


def test_one_of_somebody_else_is_noticed_under_newer_ones_of_our_own() -> None:
    claim = Claim(0)
    claim.tries((PENDING, "0/3"), NOW - LAG)
    claim.tries(TRUTH, NOW - LAG)
    texts = [(PENDING, "0/3"), (FAILURE, "1 failed"), TRUTH]
    assert look(claim, *texts) == shown(2, (FAILURE, "1 failed"))


def test_the_newest_of_several_of_somebody_else_is_named() -> None:
    texts = [(PENDING, "0/9"), (PENDING, "1/9")]
    assert look(Claim(0), *texts) == shown(2, (PENDING, "1/9"))


def test_after_a_restart_only_what_is_newer_than_the_last_told_is_judged() -> None:
    before = [(PENDING, "0/3"), (PENDING, "2/3"), TRUTH]
    assert look(restored(), *before, told=TRUTH) is None
    assert look(restored(), *before, (FAILURE, "1 failed"), told=TRUTH)


def test_after_a_crash_within_a_post_nothing_is_judged_until_one_is_told() -> None:
    claim = restored()
    unknown = [(PENDING, "0/3"), (FAILURE, "1 failed")]
    assert look(claim, *unknown) is None
    claim.tries(TRUTH, NOW - LAG)
    assert look(claim, *unknown, TRUTH, told=TRUTH) is None
    assert look(claim, *unknown, TRUTH, (FAILURE, "2 failed"), told=TRUTH)


def test_a_copy_that_lags_behind_the_last_told_is_not_judged() -> None:
    claim = restored(NOW - LAG + 1)
    assert look(claim, TRUTH, (FAILURE, "1 failed"), told=TRUTH) is None
    both = [TRUTH, (FAILURE, "1 failed"), TRUTH]
    assert look(claim, *both, told=TRUTH, now=NOW + 1) is None
    assert look(claim, *both, (FAILURE, "2 failed"), told=TRUTH, now=NOW + 2)


def test_what_was_told_last_and_is_not_listed_yet_is_waited_for() -> None:
    claim = restored()
    assert look(claim, (PENDING, "0/3"), told=TRUTH) is None
    assert look(claim, (PENDING, "0/3"), (PENDING, "2/3"), TRUTH, told=TRUTH) is None


def test_what_has_left_the_list_for_good_does_not_hide_what_comes_after() -> None:
    claim = restored()
    full = [(PENDING, f"{agents}/99") for agents in range(50)]
    assert look(claim, *full, told=TRUTH) is None
    later = NOW + PATIENCE
    assert look(claim, *full, told=TRUTH, now=later) is None
    assert look(claim, *full, (PENDING, "50/99"), told=TRUTH, now=later)


def test_an_empty_list_says_nothing() -> None:
    claim = restored()
    assert look(claim, told=TRUTH) is None
    assert claim.judged is None


def test_what_was_judged_once_is_not_judged_again() -> None:
    claim = Claim(0)
    other = (FAILURE, "1 failed")
    assert look(claim, other, truth=other) is None
    assert look(claim, other, truth=TRUTH) is None


def test_a_context_is_ours_again_after_half_an_hour_and_then_after_an_hour() -> None:
    claim = Claim(0)
    other = (FAILURE, "1 failed")
    assert look(claim, other)
    assert look(claim, other, now=NOW + PATIENCE - 1)
    assert look(claim, other, now=NOW + PATIENCE) is None
    again = NOW + PATIENCE + 60
    assert look(claim, other, other, now=again)
    assert look(claim, other, other, now=again + 2 * PATIENCE - 1)
    assert look(claim, other, other, now=again + 2 * PATIENCE) is None


def test_a_newer_one_of_somebody_else_prolongs_it() -> None:
    claim = Claim(0)
    other = (FAILURE, "1 failed")
    assert look(claim, other)
    assert look(claim, other, other, now=NOW + PATIENCE - 1)
    assert look(claim, other, other, now=NOW + PATIENCE + 1)


def test_more_tries_than_are_remembered_are_no_alarm() -> None:
    claim = Claim(0)
    texts = [(PENDING, f"{agents}/9") for agents in range(3 * REMEMBERED)]
    for text in texts:
        claim.tries(text, NOW - LAG)
    assert look(claim, *texts[: REMEMBERED // 2], told=None) is None
    assert look(claim, *texts, told=texts[-1]) is None
    assert look(claim, *texts, (FAILURE, "1 failed"), told=texts[-1])


texts = st.tuples(st.sampled_from(CommitState), st.sampled_from(["", "1/3", "2/3"]))


@given(st.lists(texts, max_size=6), st.lists(texts, max_size=6), texts, st.data())
def test_in_a_list_of_nothing_but_our_own_nothing_is_somebody_elses(
    before: list[Text], after: list[Text], truth: Text, data: st.DataObject
) -> None:
    # What was told last may be unsure, and for a while any of the newest may lack.
    sure = bool(before) and data.draw(st.booleans())
    claim = Claim(None if before else 0)
    told, listed, now = (before[-1] if sure else None), list(before), NOW
    claim.tries(truth, now)
    for text in after:
        claim.tries(text, now)
        listed.append(text)
        lags = data.draw(st.booleans())
        seen = data.draw(st.integers(0, len(listed))) if lags else len(listed)
        now += data.draw(st.floats(0, LAG, exclude_max=True)) if lags else LAG
        told = text if told or data.draw(st.booleans()) else None
        assert look(claim, *listed[:seen], told=told, truth=truth, now=now) is None
