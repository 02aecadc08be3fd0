import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from reconciler.state.actions import ForgetAgent, SaveAgent
from reconciler.store import writer
from reconciler.store.changes import Change
from reconciler.store.writer import Writer
from tests.store import examples

ONE, TWO, THREE = (SaveAgent(examples.agent(number)) for number in (1, 2, 3))


class Disk:
    """Where batches go; breaks and mends at will."""

    def __init__(self) -> None:
        self.batches: list[list[Change]] = []
        self.tries = 0
        self.error: Exception | None = None
        self.open = threading.Event()
        self.open.set()
        self.busy = threading.Event()

    def write(self, batch: Collection[Change]) -> None:
        self.tries += 1
        self.busy.set()
        assert self.open.wait(10)
        if self.error:
            raise self.error
        self.batches.append(list(batch))


@contextmanager
def running(disk: Disk) -> Iterator[Writer]:
    started = Writer(disk.write)
    started.start()
    try:
        yield started
    finally:
        disk.error = None
        disk.open.set()
        started.stop()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_changes_that_come_together_are_one_batch() -> None:
    disk = Disk()
    with running(disk) as started:
        started.put(ONE)
        started.put(TWO, THREE)
        wait_until(lambda: bool(disk.batches))
    assert disk.batches == [[ONE, TWO, THREE]]


def test_a_change_waits_a_moment_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "LINGER", 60.0)
    disk = Disk()
    with running(disk) as started:
        started.put(ONE)
        started.put(TWO)
        assert disk.tries == 0
        started.flush()
        assert disk.batches == [[ONE, TWO]]


def test_the_newest_change_of_a_key_takes_the_place_of_the_older() -> None:
    disk = Disk()
    newer = SaveAgent(replace(ONE.record, sequence_num=99))
    with running(disk) as started:
        started.put(ONE, TWO, newer)
        started.flush()
        started.put(newer)
        started.put(ForgetAgent(ONE.record.uid))
        started.flush()
    assert disk.batches == [[newer, TWO], [ForgetAgent(ONE.record.uid)]]


def test_an_idle_writer_writes_nothing() -> None:
    disk = Disk()
    with running(disk) as started:
        started.flush()
    assert disk.tries == 0


def test_put_does_not_wait_for_the_disk() -> None:
    disk = Disk()
    with running(disk) as started:
        disk.open.clear()
        started.put(ONE)
        assert disk.busy.wait(10)
        begin = time.monotonic()
        started.put(TWO)
        assert time.monotonic() - begin < 1
        disk.open.set()
        started.flush()
    assert disk.batches == [[ONE], [TWO]]


def test_what_could_not_be_written_stays_under_what_came_since() -> None:
    disk = Disk()
    disk.error = OSError("full")
    newer = SaveAgent(replace(ONE.record, sequence_num=99))
    with running(disk) as started:
        started.put(ONE, TWO)
        started.flush()
        started.put(newer, THREE)
        started.flush()
        assert disk.tries == 2
        disk.error = None
        started.flush()
    assert disk.batches == [[newer, TWO, THREE]]


def test_a_batch_that_fails_does_not_hide_what_came_while_it_was_written() -> None:
    disk = Disk()
    disk.error = OSError("full")
    disk.open.clear()
    newer = SaveAgent(replace(ONE.record, sequence_num=99))
    with running(disk) as started:
        started.put(ONE, TWO)
        assert disk.busy.wait(10)
        started.put(newer)
        disk.open.set()
        wait_until(lambda: started.failing_since is not None)
        disk.error = None
        started.flush()
    assert disk.batches == [[newer, TWO]]


def test_the_queue_of_a_full_disk_is_bounded_by_the_things_that_exist() -> None:
    disk = Disk()
    disk.error = OSError("full")
    with running(disk) as started:
        for number in range(1000):
            started.put(SaveAgent(examples.agent(number % 5, sequence_num=number)))
            if number % 100 == 0:
                started.flush()
        disk.error = None
        started.flush()
    (batch,) = disk.batches
    kept = {one.record.sequence_num for one in batch if isinstance(one, SaveAgent)}
    assert kept == {995, 996, 997, 998, 999}


def test_failing_says_since_when_and_why_until_writing_works_again() -> None:
    disk = Disk()
    with capture_logs() as logs, running(disk) as started:
        disk.error = OSError("full")
        before = time.time()
        started.put(ONE)
        started.flush()
        first = started.failing_since
        assert first is not None
        assert before <= first[0] <= time.time()
        assert first[1] == "OSError"
        disk.error = TimeoutError()
        started.flush()
        second = started.failing_since
        assert second == (first[0], "TimeoutError")
        disk.error = None
        started.flush()
        assert started.failing_since is None
    assert [entry["log_level"] for entry in logs] == ["error", "warning"]


def test_writing_resumes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "FIRST_RETRY", 0.01)
    monkeypatch.setattr(writer, "LAST_RETRY", 0.02)
    disk = Disk()
    disk.error = OSError("full")
    with running(disk) as started:
        started.put(ONE)
        wait_until(lambda: disk.tries > 3)
        disk.error = None
        wait_until(lambda: started.failing_since is None)
    assert disk.batches == [[ONE]]


def test_a_broken_disk_is_not_tried_for_every_change() -> None:
    disk = Disk()
    disk.error = OSError("full")
    with running(disk) as started:
        started.put(ONE)
        started.flush()
        for _ in range(100):
            started.put(TWO)
        assert disk.tries == 1


def test_stopping_writes_what_is_queued_and_says_what_is_lost() -> None:
    disk = Disk()
    started = Writer(disk.write)
    started.start()
    started.put(ONE)
    assert started.stop() == 0
    assert disk.batches == [[ONE]]
    disk.error = OSError("full")
    broken = Writer(disk.write)
    broken.start()
    broken.put(ONE, TWO)
    assert broken.stop() == 2


def test_flushing_a_stopped_writer_does_not_hang() -> None:
    started = Writer(Disk().write)
    started.start()
    started.stop()
    started.flush()


def test_flushes_of_several_threads_all_end() -> None:
    disk = Disk()
    with running(disk) as started:
        started.put(ONE)
        threads = [threading.Thread(target=started.flush) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()
    assert disk.batches == [[ONE]]
