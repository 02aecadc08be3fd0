import pytest

from tests.interop.clone import Clone
from tests.interop.pyclient import PyClient
from tests.interop.service import GROUP, StartService
from tests.support.fleet_repo import collector

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-others")]
COMPLAINT = "this agent knows no exporter of that name"


def test_the_python_client_runs_what_is_committed_and_its_own_words_turn_a_commit_red(
    repo: Clone, start_service: StartService
) -> None:
    service = start_service()
    with PyClient(
        service.url("http"),
        labels={"role": "app"},
        reject="exporters: [kafka]",
        complaint=COMPLAINT,
    ) as agent:
        first = repo.git("rev-parse", "HEAD")
        service.wait_for_verdict(first, "success")
        known = service.wait_for_agent(agent.uid, sync="Synced", group=GROUP)
        assert known["transport"] == "http"
        assert known["labels"]["role"] == "app"
        assert agent.configs == [collector()]

        bad = repo.commit({"base.collector.yaml": collector("kafka")}, "bad")
        red = service.wait_for_verdict(bad, "failure")
        assert COMPLAINT in red.description
        assert service.verdict(first) is not None

        reverted = repo.revert()
        service.wait_for_verdict(reverted, "success")
        assert agent.configs.count(collector("kafka")) == 1
        assert agent.errors == []
