from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet.documents import DriftMode, GroupPolicy
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.rendering.render import Blocked, Unmatched
from reconciler.ids import ConfigHash, Generation, InstanceUid
from reconciler.state import plan
from reconciler.state.agent import Agent, Failure, Offer, OfferKind, Reason, Sync
from reconciler.state.drift import Difference, DriftReport, LeafVerdict
from reconciler.state.observed import (
    POLLING,
    Capability,
    ConfigStatus,
    ConnectionId,
    Health,
    RemoteConfigStatus,
)
from reconciler.state.verdicts import Verdict
from tests.playbook import ILL, SUPERVISOR, WELL
from tests.toy_fleet import rendered, running

NOW = 1000.0
CONFIG = rendered(running("a"))
OTHERS = [ConfigHash(bytes([n]) * 32) for n in range(1, 3)]
FINDING = Finding("E1", Severity.ERROR, "a conflict", Where("fleet.yaml", 3))
BLOCKED = Blocked((FINDING,))
DRIFTED = DriftReport((Difference("/exporters/x", LeafVerdict.EXTRA, "", ""),))

hashes = st.sampled_from([CONFIG.hash, *OTHERS])
times = st.sampled_from([0.0, 400.0, 960.0, 995.0, 999.0, 1000.0])
connections = st.sampled_from([None, POLLING, ConnectionId(1), ConnectionId(2)])
bits = st.sampled_from(
    [
        SUPERVISOR,
        SUPERVISOR & ~Capability.ACCEPTS_REMOTE_CONFIG,
        SUPERVISOR & ~Capability.REPORTS_REMOTE_CONFIG,
    ]
)
offers = st.builds(
    Offer,
    hash=hashes,
    generation=st.just(Generation(1)),
    kind=st.sampled_from(OfferKind),
    at=times,
    attempt=st.integers(0, 3),
    connection=connections.filter(lambda one: one is not None),
    acknowledged=st.booleans(),
)
agents = st.builds(
    Agent,
    uid=st.just(InstanceUid(bytes(16))),
    connection=connections,
    connected_since=times,
    capabilities=bits,
    known=st.booleans(),
    health=st.sampled_from([None, WELL, ILL]),
    healthy_since=st.none() | times,
    unhealthy_since=st.none() | times,
    status=st.none()
    | st.builds(RemoteConfigStatus, hashes, st.sampled_from(ConfigStatus), st.text()),
    echoed_since=times,
    applied_since=st.none() | times,
    effective_of=st.none() | hashes,
    differs_since=st.none() | times,
    sync=st.sampled_from(Sync),
    reason=st.sampled_from(Reason),
    desired=st.just(CONFIG.hash),
    offer=st.none() | offers,
    good=st.none() | hashes,
    synced_on=st.none() | st.just(CONFIG.hash),
    corrections=st.integers(0, 3),
    returns=st.integers(0, 4),
    failures=st.dictionaries(hashes, st.none()).map(
        lambda failed: {
            one: Failure(one, Reason.REJECTED, "no", 990.0) for one in failed
        }
    ),
)
policies = st.builds(
    GroupPolicy,
    suspend=st.booleans(),
    drift=st.sampled_from(DriftMode),
    soak=st.sampled_from([0.0, 10.0]),
)
desireds = st.sampled_from([None, Unmatched(), BLOCKED, CONFIG])
drifts = st.sampled_from([None, DriftReport(()), DRIFTED])


def judge(agent: Agent, desired: Any = CONFIG, **given: Any) -> Verdict:
    policy = given.pop("policy", GroupPolicy())
    asked = {"drift": None, "answering": True, "now": NOW, **given}
    return plan.judge(agent, desired, policy, **asked)


@given(agents, desireds, policies, drifts, st.booleans())
def test_whatever_an_agent_is_like_the_laws_of_sending_hold(
    agent: Agent,
    desired: Any,
    policy: GroupPolicy,
    drift: Any,
    answering: bool,  # noqa: FBT001 - drawn
) -> None:
    asked = {"policy": policy, "drift": drift, "answering": answering}
    verdict = judge(agent, desired, **asked)
    assert verdict == judge(agent, desired, **asked)
    assert verdict.due is None or verdict.due > NOW
    if verdict.send is None:
        return
    assert verdict.failure is None
    assert agent.known
    assert agent.is_reachable
    assert answering or not agent.polls
    assert not policy.suspend
    assert agent.has(Capability.ACCEPTS_REMOTE_CONFIG)
    sent = agent.good if verdict.send is OfferKind.RESTORE else CONFIG.hash
    assert sent is not None
    if verdict.send is not OfferKind.CORRECTION:
        assert sent not in agent.failures or agent.is_applied
        assert agent.reported_hash != sent or not agent.is_applied
    if not isinstance(desired, type(CONFIG)):
        assert verdict.send is OfferKind.RESTORE
        assert desired is None or isinstance(desired, Blocked)


@given(agents, policies, drifts)
def test_synced_needs_the_hash_applied_and_no_failure(
    agent: Agent, policy: GroupPolicy, drift: Any
) -> None:
    verdict = judge(agent, policy=policy, drift=drift)
    if verdict.settled:
        assert verdict.sync is Sync.SYNCED
        assert agent.is_reachable
    if verdict.sync is Sync.SYNCED:
        assert agent.reported_hash == CONFIG.hash
        assert agent.is_healthy or verdict.reason in {Reason.UNHEALTHY, Reason.RUNNING}
        assert agent.good == CONFIG.hash or agent.is_applied


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (Health(healthy=False, last_error="boom", worst="otlp: refused"), "boom"),
        (Health(healthy=False, worst="otlp: refused", status="bad"), "otlp: refused"),
        (Health(healthy=False, status="StatusFatalError"), "StatusFatalError"),
        (Health(healthy=False), "unhealthy"),
    ],
)
def test_a_failure_by_health_is_told_in_the_agents_best_words(
    health: Health, words: str
) -> None:
    agent = Agent(
        InstanceUid(bytes(16)),
        connection=ConnectionId(1),
        known=True,
        capabilities=SUPERVISOR,
        health=health,
        healthy_since=None,
        unhealthy_since=900.0,
        status=RemoteConfigStatus(CONFIG.hash, ConfigStatus.APPLIED),
        applied_since=900.0,
    )
    verdict = judge(agent)
    assert verdict.failure == Failure(CONFIG.hash, Reason.UNHEALTHY_AFTER, words, NOW)
