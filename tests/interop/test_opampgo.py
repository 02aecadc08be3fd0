import pytest

from tests.interop import waiting
from tests.interop.clone import Clone
from tests.interop.opampgo import OpampGo, StartOpampGo
from tests.interop.service import StartService
from tests.interop.wire import Wire
from tests.support.fleet_repo import collector

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-others")]
PRESENCE = {"ws": "connected", "http": "polling"}
SCHEMES = pytest.mark.parametrize("scheme", ["ws", "http"])
COMPLAINT = "unknown exporter kafka"
QUIET_SECONDS = 3.0
RETRY_AFTER = 75.0
"""A draining service puts agents off for up to 60 s, and opamp-go obeys."""


@SCHEMES
def test_opamp_go_runs_what_is_committed_and_its_own_words_turn_a_commit_red(
    scheme: str, repo: Clone, start_service: StartService, start_opampgo: StartOpampGo
) -> None:
    service = start_service()
    agent = start_opampgo(
        service.url(scheme), reject="exporters: [kafka]", complaint=COMPLAINT
    )
    first = repo.git("rev-parse", "HEAD")
    service.wait_for_verdict(first, "success")
    service.wait_for_agent(agent.uid, sync="Synced", healthy=True)
    assert agent.configs() == [collector()]

    bad = repo.commit({"base.collector.yaml": collector("kafka")}, "bad")
    red = service.wait_for_verdict(bad, "failure")
    assert COMPLAINT in red.description

    reverted = repo.revert()
    service.wait_for_verdict(reverted, "success")
    service.wait_for_agent(agent.uid, sync="Synced", healthy=True)
    assert agent.configs().count(collector("kafka")) == 1
    assert agent.events("refused") == []


@SCHEMES
def test_a_lost_connection_costs_no_second_offer(
    scheme: str, repo: Clone, start_service: StartService, start_opampgo: StartOpampGo
) -> None:
    service = start_service()
    with Wire(service.address) as wire:
        agent = start_opampgo(f"{scheme}://{wire.address}/v1/opamp")
        service.wait_for_verdict(repo.git("rev-parse", "HEAD"), "success")
        for times in range(2, 5):
            wire.cut()
            wire.wait_for_connections(times)
            service.wait_for_agent(agent.uid, sync="Synced")
        stays_unoffered(agent)


@SCHEMES
def test_a_killed_and_started_agent_that_remembers_gets_no_second_offer(
    scheme: str, repo: Clone, start_service: StartService, start_opampgo: StartOpampGo
) -> None:
    service = start_service()
    agent = start_opampgo(service.url(scheme))
    service.wait_for_verdict(repo.git("rev-parse", "HEAD"), "success")
    agent.kill()
    agent.start()
    agent.wait_for_event("connected", count=2)
    service.wait_for_agent(agent.uid, sync="Synced", healthy=True)
    stays_unoffered(agent)


@SCHEMES
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_restart_of_the_service_costs_no_second_offer(
    scheme: str,
    how: str,
    repo: Clone,
    start_service: StartService,
    start_opampgo: StartOpampGo,
) -> None:
    service = start_service()
    agent = start_opampgo(service.url(scheme))
    first = repo.git("rev-parse", "HEAD")
    service.wait_for_verdict(first, "success")
    getattr(service, how)()
    service.start()
    service.wait_for_agent(
        agent.uid, sync="Synced", presence=PRESENCE[scheme], within=RETRY_AFTER
    )
    service.wait_for_verdict(first, "success")
    stays_unoffered(agent)


@SCHEMES
def test_a_commit_that_means_the_same_is_green_without_an_offer(
    scheme: str, repo: Clone, start_service: StartService, start_opampgo: StartOpampGo
) -> None:
    service = start_service()
    agent = start_opampgo(service.url(scheme))
    service.wait_for_verdict(repo.git("rev-parse", "HEAD"), "success")
    same = repo.commit({"base.collector.yaml": f"# a comment\n{collector()}"}, "same")
    service.wait_for_verdict(same, "success")
    stays_unoffered(agent)


def test_an_agent_that_never_answers_is_asked_twice_and_turns_its_commit_red(
    repo: Clone, start_service: StartService, start_opampgo: StartOpampGo
) -> None:
    service = start_service()
    agent = start_opampgo(service.url("ws"), mute=True)
    red = service.wait_for_verdict(repo.git("rev-parse", "HEAD"), "failure")
    assert "no answer to 2 offers" in red.description
    stays_offered(agent, times=2)


def stays_unoffered(agent: OpampGo) -> None:
    """It was offered one config in all, and that stays so."""
    stays_offered(agent, times=1)


def stays_offered(agent: OpampGo, *, times: int) -> None:
    waiting.stays(
        agent.configs,
        lambda seen: len(seen) == times,
        during=QUIET_SECONDS,
        what=f"{times} offers in all",
    )
