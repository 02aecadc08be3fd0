"""Commands as a user runs them, and a service that shows a known fleet."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from reconciler.cli import init, main
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
        web = WebServer("127.0.0.1", 0, app=app.create_app(view))
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


@pytest.fixture
def fleet_repo(tmp_path: Path) -> Path:
    """What `reconciler init` writes."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    for name, content in init.FILES.items():
        (folder / name).write_text(content)
    return folder
