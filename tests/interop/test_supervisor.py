import pytest

from tests.interop import waiting
from tests.interop.clone import Clone
from tests.interop.service import Service, StartService
from tests.interop.supervisor import StartSupervisor, Supervisor
from tests.support.fleet_repo import collector

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-supervisor")]
PRESENCE = {"ws": "connected", "http": "polling"}
SCHEMES = pytest.mark.parametrize("scheme", ["ws", "http"])

CONFIG = "base.collector.yaml"
CRASH = "Agent exited unexpectedly"
QUIET_SECONDS = 6.0
"""Longer than the 5 s after which a supervisor starts a dead Collector once more."""


@SCHEMES
def test_a_collector_follows_the_repo_and_a_bad_commit_never_leaves_it_down(
    scheme: str,
    repo: Clone,
    start_service: StartService,
    start_supervisor: StartSupervisor,
) -> None:
    service = start_service(settings_for=scheme)
    supervisor = start_supervisor(service.url(scheme))
    service.wait_for_verdict(repo.git("rev-parse", "HEAD"), "success")
    known = service.wait_for_agent(supervisor.uid, sync="Synced", healthy=True)
    assert known["transport"] == {"ws": "websocket", "http": "http"}[scheme]
    assert "timeout: 1s" in supervisor.effective()

    changed = repo.commit({CONFIG: collector(timeout="2s")})
    service.wait_for_verdict(changed, "success")
    good = service.wait_for_agent(supervisor.uid, sync="Synced", healthy=True)
    assert "timeout: 2s" in supervisor.effective()

    bad = repo.commit({CONFIG: collector("kafka")})
    red = service.wait_for_verdict(bad, "failure")
    assert CRASH in red.description
    is_back_on(supervisor, service, good["reportedHash"])
    assert "timeout: 2s" in supervisor.effective()
    assert_still(service, bad, "failure")

    reverted = repo.revert()
    service.wait_for_verdict(reverted, "success")
    service.wait_for_agent(supervisor.uid, sync="Synced", healthy=True)
    assert "timeout: 2s" in supervisor.effective()
    assert_still(service, bad, "failure")


@SCHEMES
def test_a_supervisor_killed_while_it_applies_finishes_after_its_restart(
    scheme: str,
    repo: Clone,
    start_service: StartService,
    start_supervisor: StartSupervisor,
) -> None:
    service = start_service(settings_for=scheme)
    supervisor = start_supervisor(service.url(scheme))
    service.wait_for_verdict(repo.git("rev-parse", "HEAD"), "success")

    changed = repo.commit({CONFIG: collector(timeout="2s")})
    service.wait_for_agent(supervisor.uid, sync="Applying")
    supervisor.kill()
    supervisor.kill_collector()
    supervisor.start()
    service.wait_for_verdict(changed, "success", within=60)
    service.wait_for_agent(supervisor.uid, sync="Synced", healthy=True)
    assert "timeout: 2s" in supervisor.effective()


@SCHEMES
def test_a_service_killed_while_a_collector_applies_loses_nothing(
    scheme: str,
    repo: Clone,
    start_service: StartService,
    start_supervisor: StartSupervisor,
) -> None:
    service = start_service(settings_for=scheme)
    supervisor = start_supervisor(service.url(scheme))
    service.wait_for_verdict(repo.git("rev-parse", "HEAD"), "success")

    before = supervisor.collectors()
    changed = repo.commit({CONFIG: collector(timeout="2s")})
    service.wait_for_agent(supervisor.uid, sync="Applying")
    pids = waiting.wait_for(
        supervisor.collectors,
        lambda seen: len(seen) == 1 and seen != before,
        within=10,
        what="the changed Collector",
    )
    service.kill()
    service.start()
    service.wait_for_verdict(changed, "success", within=60)
    service.wait_for_agent(
        supervisor.uid, sync="Synced", healthy=True, presence=PRESENCE[scheme]
    )
    assert supervisor.collectors() == pids


@SCHEMES
def test_a_service_killed_after_a_bad_commit_still_knows_what_was_bad(
    scheme: str,
    repo: Clone,
    start_service: StartService,
    start_supervisor: StartSupervisor,
) -> None:
    service = start_service(settings_for=scheme)
    supervisor = start_supervisor(service.url(scheme))
    service.wait_for_verdict(repo.git("rev-parse", "HEAD"), "success")
    good = service.wait_for_agent(supervisor.uid, sync="Synced", healthy=True)

    bad = repo.commit({CONFIG: collector("kafka")})
    service.wait_for_verdict(bad, "failure")
    service.kill()
    service.start()
    is_back_on(supervisor, service, good["reportedHash"])
    assert_still(service, bad, "failure")


def test_a_config_that_a_real_build_cannot_run_is_not_even_sent(
    repo: Clone, start_service: StartService, start_supervisor: StartSupervisor
) -> None:
    service = start_service(settings_for="ws")
    supervisor = start_supervisor(service.url("ws"), reports_components=True)
    service.wait_for_verdict(repo.git("rev-parse", "HEAD"), "success")
    waiting.wait_for(
        lambda: service.agent(supervisor.uid)["components"],
        lambda build: build is not None,
        within=30,
        what="what the build of the supervisor's Collector has",
    )
    before = supervisor.collectors()

    bad = repo.commit({CONFIG: collector("kafka")})
    red = service.wait_for_verdict(bad, "failure")
    assert "1 incompatible" in red.description
    assert "lacks exporter kafka" in red.description
    service.wait_for_agent(supervisor.uid, sync="Incompatible", healthy=True)
    assert supervisor.collectors() == before

    service.wait_for_verdict(repo.revert(), "success")


def is_back_on(supervisor: Supervisor, service: Service, good: str) -> None:
    """One Collector lives on this config, and goes on living."""
    service.wait_for_agent(supervisor.uid, healthy=True, reportedHash=good)
    pids = waiting.wait_for(
        supervisor.collectors,
        lambda seen: len(seen) == 1,
        within=10,
        what="a Collector",
    )
    waiting.stays(
        lambda: (supervisor.collectors(), service.agents()[supervisor.uid]["healthy"]),
        lambda seen: seen == (pids, True),
        during=QUIET_SECONDS,
        what="the Collector staying up",
    )


def assert_still(service: Service, commit: str, state: str) -> None:
    verdict = service.verdict(commit)
    assert verdict is not None
    assert verdict.state == state
