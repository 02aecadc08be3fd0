import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reconciler.errors import Waiting
from reconciler.source.child import Budget, Child
from reconciler.source.failures import CommandFailed


@contextmanager
def child(script: str, *, seconds: float = 10) -> Iterator[Child]:
    process = subprocess.Popen(
        ["/bin/sh", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    one = Child(process, Budget(seconds, threading.Event()))
    try:
        yield one
    finally:
        one.close()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - a line of procfs
        return stat.read().split(") ")[1][0] != "Z"


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 5
    while is_alive(pid):
        assert time.monotonic() < deadline, f"{pid} still runs"
        time.sleep(0.01)


def test_output_comes_whole_and_standard_error_is_for_failures() -> None:
    with child("echo one; echo two; echo fine >&2") as one:
        assert b"".join(one.pieces()) == b"one\ntwo\n"


def test_a_bad_end_carries_status_and_the_end_of_standard_error() -> None:
    script = "yes noise | head -c 300000 >&2; echo fatal: verdict >&2; exit 7"
    with child(script) as one, pytest.raises(CommandFailed) as caught:
        one.head()
    assert caught.value.status == 7
    assert caught.value.stderr.endswith("fatal: verdict\n")
    assert len(caught.value.stderr) <= 16 * 1024


def test_much_on_both_pipes_does_not_block() -> None:
    script = "yes out | head -c 1000000 & yes err | head -c 1000000 >&2; wait"
    with child(script) as one:
        assert sum(map(len, one.pieces())) == 1_000_000


def test_the_head_of_an_endless_output_is_enough() -> None:
    with child("yes") as one:
        assert one.head(10) == b"y\ny\ny\ny\ny\n"


def test_the_deadline_ends_a_silent_command_and_what_it_started() -> None:
    with child("sleep 600 & echo $!; wait", seconds=0.5) as one:
        pieces = one.pieces()
        grandchild = int(next(pieces))
        with pytest.raises(Waiting, match=r"not done within 0\.5 s"):
            next(pieces)
    wait_until_gone(grandchild)


def test_the_deadline_holds_when_only_the_end_is_missing() -> None:
    script = "exec >&- 2>&-; sleep 600"
    with child(script, seconds=0.3) as one, pytest.raises(Waiting, match="within"):
        one.head()


def test_a_call_off_is_noticed_at_once() -> None:
    stopping = threading.Event()
    budget = Budget(600, stopping)
    process = subprocess.Popen(
        ["/bin/sh", "-c", "sleep 600"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    one = Child(process, budget)
    timer = threading.Timer(0.1, stopping.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Waiting, match="called off"):
        one.head()
    assert time.monotonic() - started < 5
    one.close()
    timer.join()
    assert process.returncode == -signal.SIGKILL


def test_closing_twice_or_after_the_end_is_fine() -> None:
    with child("true") as one:
        assert one.head() == b""
        one.close()


def test_nothing_is_left_open_after_many_commands() -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counts only
    for _ in range(20):
        with child("yes") as one:
            one.head(1)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - counts only
