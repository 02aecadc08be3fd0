from typing import Any

import pytest

from reconciler.fleet.documents import GroupPolicy
from reconciler.ids import ConfigHash, Generation, InstanceUid
from reconciler.state import quarantine
from reconciler.state.agent import Agent, Failure, Offer, OfferKind, Reason, Sync
from reconciler.state.observed import ConnectionId, RemoteConfigStatus
from reconciler.state.verdicts import Verdict
from tests.playbook import APPLIED, FAILED

GOOD, BAD, OTHER = (ConfigHash(bytes([n]) * 32) for n in range(3))
FAILURE = Failure(BAD, Reason.REJECTED, "unknown exporter", 100.0)


def failed(now: float, *, on: ConfigHash | None = BAD, **given: Any) -> Verdict:
    status = RemoteConfigStatus(on, given.pop("says", FAILED)) if on else None
    agent = Agent(
        InstanceUid(bytes(16)),
        **{"good": GOOD, "failures": {BAD: FAILURE}, "status": status, **given},
    )
    return quarantine.failed(agent, FAILURE, GroupPolicy(), now)


def restore(at: float, attempt: int = 1) -> Offer:
    connection = ConnectionId(1)
    return Offer(GOOD, Generation(1), OfferKind.RESTORE, at, attempt, connection)


@pytest.mark.parametrize("on", [BAD, None])
def test_the_good_config_is_given_back_after_a_short_wait(
    on: ConfigHash | None,
) -> None:
    assert failed(104.0, on=on).due == 105.0
    assert failed(105.0, on=on).send is OfferKind.RESTORE
    assert failed(105.0, on=on).detail == "unknown exporter"


def test_a_restore_is_repeated_ever_later() -> None:
    assert failed(120.0, offer=restore(105.0)).due == 135.0
    assert failed(135.0, offer=restore(105.0)).send is OfferKind.RESTORE
    assert failed(140.0, offer=restore(135.0, 2)).due == 195.0


def test_an_agent_that_went_back_by_itself_rolled_back_and_is_sent_nothing() -> None:
    verdict = failed(500.0, on=OTHER, says=APPLIED)
    assert (verdict.sync, verdict.send, verdict.due) == (Sync.ROLLED_BACK, None, None)


def test_an_agent_that_was_brought_back_stays_failed() -> None:
    verdict = failed(500.0, on=GOOD, says=APPLIED, offer=restore(105.0))
    assert (verdict.sync, verdict.send) == (Sync.FAILED, None)


def test_a_good_config_that_fails_too_is_quarantined() -> None:
    verdict = failed(500.0, on=GOOD, offer=restore(105.0))
    assert verdict.failure is not None
    assert verdict.failure.hash == GOOD
    both = {BAD: FAILURE, GOOD: verdict.failure}
    again = failed(500.0, on=GOOD, offer=restore(105.0), failures=both)
    assert (again.failure, again.send) == (None, None)


@pytest.mark.parametrize("good", [None, BAD])
def test_without_another_good_config_nothing_is_given_back(
    good: ConfigHash | None,
) -> None:
    verdict = failed(500.0, good=good)
    assert (verdict.sync, verdict.send, verdict.due) == (Sync.FAILED, None, None)
