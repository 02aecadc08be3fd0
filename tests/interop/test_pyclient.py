import pytest

from tests.interop.clone import FLEET, Clone
from tests.interop.pyclient import DecodingPyClient, PyClient
from tests.interop.service import GROUP, StartService
from tests.support.fleet_repo import collector

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-others")]
ELASTIC = """\
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: elastic}
spec:
  selector: {}
  entry: elastic
  files: [elastic.json]
"""
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


def test_the_decoder_of_the_python_client_takes_an_entry_that_is_json(
    repo: Clone, start_service: StartService
) -> None:
    root, _, _ = FLEET.rpartition("---\n")
    first = repo.commit(
        {
            "fleet.yaml": root + ELASTIC,
            "elastic.json": '{"sampling_rate": 0.5, "logging_level": "debug"}\n',
        },
        "json",
    )
    service = start_service()
    with DecodingPyClient(service.url("http"), labels={"role": "app"}) as agent:
        service.wait_for_verdict(first, "success")
        service.wait_for_agent(agent.uid, sync="Synced", group=GROUP)
        assert agent.decoded == [
            {"elastic": {"sampling_rate": 0.5, "logging_level": "debug"}}
        ]

        more = ELASTIC.replace("name: elastic", "name: more").replace(
            "files: [elastic.json]", "priority: 1\n  config: {logging_level: info}"
        )
        merged = repo.commit({"fleet.yaml": root + ELASTIC + more}, "merged")
        service.wait_for_verdict(merged, "success")
        assert agent.decoded[-1] == {
            "elastic": {"sampling_rate": 0.5, "logging_level": "info"}
        }

        said = ELASTIC.replace("  files:", "  contentType: text/yaml\n  files:")
        wrong = repo.commit({"fleet.yaml": root + said}, "yaml")
        red = service.wait_for_verdict(wrong, "failure")
        assert "Cannot parse elastic with content type text/yaml" in red.description
        assert len(agent.decoded) == 2
        assert agent.errors == []
