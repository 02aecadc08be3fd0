"""The demo's service, and the commit statuses in its log."""

from pathlib import Path

import httpx2
import pytest

from reconciler.cli import process
from reconciler.cli.process import CommitStatus, ServiceProcess, StatusLog
from reconciler.errors import SetupError

LINE = (
    b'{"event": "commit status", "commit": "4f2a", "context": "fleet/a", '
    b'"state": "pending", "description": "0/1 on it", "level": "info"}\n'
)
STATUS = CommitStatus("4f2a", "fleet/a", "pending", "0/1 on it")


async def test_it_listens_on_ports_of_its_own_and_ends_with_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_LISTEN", "of the user: not a setting of ours")
    (tmp_path / "fleet").mkdir()
    async with ServiceProcess(tmp_path / "fleet", tmp_path) as service:
        assert service.opamp.startswith("ws://127.0.0.1:")
        assert httpx2.get(f"{service.http}/livez", trust_env=False).text == "ok\n"
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{service.http}/livez", trust_env=False)


async def test_a_service_that_ends_by_itself_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"ended by itself: .*/missing"):
        async with ServiceProcess(tmp_path / "missing", tmp_path):
            pass


async def test_a_service_that_does_not_listen_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "START_SECONDS", 0.0)
    (tmp_path / "fleet").mkdir()
    service = ServiceProcess(tmp_path / "fleet", tmp_path)
    with pytest.raises(SetupError, match="does not listen"):
        await service.__aenter__()
    assert service._process
    assert service._process.returncode is not None


def test_each_status_is_told_once_and_half_lines_wait(tmp_path: Path) -> None:
    path = tmp_path / "service.log"
    path.write_bytes(LINE + LINE[:20])
    log = StatusLog(path)
    assert log.news() == [STATUS]
    assert log.news() == []
    with path.open("ab") as more:
        more.write(LINE[20:] + LINE)
    assert log.news() == [STATUS, STATUS]


@pytest.mark.parametrize(
    "line",
    [
        b'{"event": "revision"}\n',
        b'{"event": "commit status", "commit": 1}\n',
        b"Traceback (most recent call last):\n",
        b"[]\n",
        b"\n",
    ],
)
def test_other_lines_are_passed_over(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "service.log"
    path.write_bytes(line + LINE)
    assert StatusLog(path).news() == [STATUS]
