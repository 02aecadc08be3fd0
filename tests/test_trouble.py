"""What the log tells of single agents, and how seldom."""

from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from reconciler import trouble
from reconciler.ids import ConfigHash, Generation, format_uid
from reconciler.state import records
from reconciler.state.agent import Agent, Offer, OfferKind, Reason, Sync
from reconciler.state.observed import ConnectionId
from reconciler.trouble import Trouble
from tests.web import fakes

Line = MutableMapping[str, Any]


def looked(*verdicts: tuple[Sync, Reason, str]) -> list[Line]:
    """What is told of an agent that goes through these."""
    told, agent = Trouble(), fakes.agent(1, "gateway-1")
    with capture_logs() as lines:
        for agent.sync, agent.reason, agent.detail in verdicts:
            told.look(records.record(agent))
    return lines


REJECTED = (Sync.FAILED, Reason.REJECTED, "no such exporter")
RUNNING = (Sync.SYNCED, Reason.RUNNING, "")
UNSELECTED = (Sync.UNSELECTED, Reason.NO_LONGER_SELECTED, "keeps its config")


def test_an_agent_in_trouble_is_told_of_with_its_host_group_and_reason() -> None:
    assert looked(REJECTED) == [
        {
            "event": "agent in trouble",
            "log_level": "warning",
            "agent": format_uid(fakes.uid(1)),
            "host": "gateway-1",
            "group": "gateways",
            "sync": "Failed",
            "reason": "Rejected",
            "detail": "no such exporter",
        }
    ]


@pytest.mark.parametrize(
    "verdict",
    [
        REJECTED,
        UNSELECTED,
        (Sync.ROLLED_BACK, Reason.RETURNED_BY_ITSELF, ""),
        (Sync.INCOMPATIBLE, Reason.MISSING_COMPONENTS, "lacks kafka"),
        (Sync.TOO_LARGE, Reason.OVER_MESSAGE_LIMIT, "5.0 MiB"),
        (Sync.DRIFTED, Reason.OTHER_HASH, "reports 01"),
        (Sync.UNCONFIRMED, Reason.EFFECTIVE_UNREADABLE, "no YAML"),
    ],
)
def test_whatever_keeps_a_group_red_is_told_once_and_its_end(
    verdict: tuple[Sync, Reason, str],
) -> None:
    lines = looked(verdict, verdict, RUNNING, RUNNING, verdict)
    assert [line["event"] for line in lines] == [
        "agent in trouble",
        "agent is well again",
        "agent in trouble",
    ]


@pytest.mark.parametrize(
    "verdict",
    [
        (Sync.READ_ONLY, Reason.ACCEPTS_REMOTE_CONFIG_OFF, "turn it on"),
        (Sync.UNCONFIRMED, Reason.REPORTS_REMOTE_CONFIG_OFF, "turn it on"),
        (Sync.UNMANAGED, Reason.NOT_SELECTED, ""),
        (Sync.PENDING, Reason.DISCONNECTED, ""),
        RUNNING,
    ],
)
def test_what_groups_tell_of_is_no_trouble_of_an_agent(
    verdict: tuple[Sync, Reason, str],
) -> None:
    assert looked(verdict) == []


def test_an_agent_that_is_released_is_in_trouble_no_more() -> None:
    released = (Sync.UNMANAGED, Reason.NOT_SELECTED, "")
    lines = looked(UNSELECTED, released, released, UNSELECTED)
    assert [line["event"] for line in lines] == [
        "agent in trouble",
        "agent was released",
        "agent in trouble",
    ]


def test_an_agent_that_was_forgotten_is_told_of_anew() -> None:
    told, agent = Trouble(), fakes.rejecting(1, "gateway-1", "no")
    with capture_logs() as lines:
        told.look(records.record(agent))
        told.forget(agent.uid)
        told.forget(agent.uid)
        told.look(records.record(agent))
    assert len(lines) == 2


def given_back(agent: Agent, *attempts: int) -> list[Line]:
    with capture_logs() as lines:
        for attempt in attempts:
            agent.offer = offer(fakes.GOOD, attempt)
            trouble.tell_restored(agent, fakes.GOOD)
    return lines


def offer(digest: ConfigHash, attempt: int) -> Offer:
    return Offer(
        digest,
        Generation(2),
        OfferKind.RESTORE,
        at=fakes.NOW,
        attempt=attempt,
        connection=ConnectionId(1),
    )


def test_a_last_good_config_given_back_is_told_with_the_hash_that_failed() -> None:
    assert given_back(fakes.rejecting(1, "gateway-1", "no"), 1) == [
        {
            "event": "agent is given its last good config back",
            "log_level": "warning",
            "agent": format_uid(fakes.uid(1)),
            "host": "gateway-1",
            "group": "gateways",
            "config": "010101010101",
            "failed": "020202020202",
            "attempt": 1,
        }
    ]


def test_an_agent_that_never_answered_failed_what_it_was_sent() -> None:
    agent = fakes.rejecting(1, "gateway-1", "no answer")
    agent.status = None
    assert given_back(agent, 1)[0]["failed"] == "020202020202"
    agent.failures.clear()
    assert given_back(agent, 1)[0]["failed"] == ""


def test_an_agent_that_does_not_take_it_is_told_of_ever_more_seldom() -> None:
    lines = given_back(fakes.rejecting(1, "gateway-1", "no"), *range(1, 101))
    assert [line["attempt"] for line in lines] == [1, 2, 4, 8, 16, 32, 64]


def test_another_agent_that_is_given_it_back_is_told_of() -> None:
    first, second = (fakes.rejecting(n, f"gateway-{n}", "no") for n in (1, 2))
    lines = [*given_back(first, 1), *given_back(second, 1)]
    assert [line["host"] for line in lines] == ["gateway-1", "gateway-2"]


def test_who_asked_to_forget_an_agent_is_told() -> None:
    with capture_logs() as lines:
        trouble.tell_forgotten(fakes.agent(1, "gateway-1"), peer="10.0.0.7")
    assert lines == [
        {
            "event": "agent forgotten, as was asked for",
            "log_level": "info",
            "agent": format_uid(fakes.uid(1)),
            "host": "gateway-1",
            "group": "gateways",
            "asked_by": "10.0.0.7",
        }
    ]
