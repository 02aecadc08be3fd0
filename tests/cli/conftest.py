"""Commands as a user runs them, and a service that shows a known fleet."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from reconciler.cli import main
from reconciler.web import api, app
from reconciler.web.server import WebServer
from tests.web import fakes
from tests.web.fakes import FakeView


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "RECONCILER_SERVER", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "dumb")


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def run_command(*words: str | Path) -> Result:
        code = main.main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Result(code, out, err)

    return run_command


@pytest.fixture
def view() -> FakeView:
    return fakes.fleet()


@pytest.fixture
def server(view: FakeView, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The API over the known fleet, at the moment that its ages are about."""
    monkeypatch.setattr(api, "time", SimpleNamespace(time=lambda: fakes.NOW))
    started, stop = threading.Event(), asyncio.Event()
    ports: list[int] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        web = WebServer(
            "127.0.0.1", 0, app=app.create_app(view), strays=fakes.FakeStrays()
        )
        ports.append((await web.start())[1])
        started.set()
        await stop.wait()
        await web.stop()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(10)
    yield f"http://127.0.0.1:{ports[0]}"
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


FLEET_REPO = {
    "fleet.yaml": """\
# The root document: one for each repository. `reconciler lint` checks all of it.
apiVersion: reconciler/v1
kind: Fleet
metadata:
  name: my-fleet
spec:
  statuses:
    context: fleet # commit statuses are called fleet/<group>
  defaults:
    soak: 10s # an agent counts once it ran a config in good health for so long
""",
    "groups.yaml": """\
# Who stands together: every group gets a commit status of its own. An agent is in one
# group, that of the highest priority; without any it is in the group `default`.
apiVersion: reconciler/v1
kind: AgentGroup
metadata:
  name: gateways
spec:
  selector:
    matchLabels:
      role: gateway # an attribute that the agent reports of itself
""",
    "base.yaml": """\
# What to run: a CollectorConfig is for the agents that its selector picks. All that
# pick an agent are merged, low priority to high; equal ones may not disagree.
apiVersion: reconciler/v1
kind: CollectorConfig
metadata:
  name: base
spec:
  selector: {} # every agent
  priority: 0
  files: [base.collector.yaml] # plain Collector configuration, beside this file
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata:
  name: gateway
spec:
  selector:
    matchLabels: {role: gateway}
  priority: 10
  config: # small changes can stand here
    processors:
      batch:
        send_batch_size: 8192
""",
    "base.collector.yaml": """\
# Plain Collector configuration: editors and `otelcol validate` know it. `${env:NAME}`
# is filled in by the Collector on its own host, never by the reconciler.
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: localhost:4317
      http:
        endpoint: localhost:4318
processors:
  batch:
    timeout: 1s
exporters:
  debug:
    verbosity: basic
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug]
    metrics:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug]
    logs:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug]
""",
}


@pytest.fixture
def fleet_repo(tmp_path: Path) -> Path:
    """A base for all and a small layer for gateways."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    for name, content in FLEET_REPO.items():
        (folder / name).write_text(content)
    return folder
