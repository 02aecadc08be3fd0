import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from reconciler import loop
from reconciler.controller import Controller
from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.fleet.syntax.yaml import Caps
from reconciler.ids import CommitSha, ConfigHash, Revision
from reconciler.loop import Clock, Comparer, Follower, Known, reader
from reconciler.opamp.uid import new_uid
from reconciler.source.source import Failed, Fetched, Held, Moved, Unchanged
from reconciler.state import drift
from reconciler.state.actions import CompareEffective, PublishCommitStatus
from reconciler.state.drift import DriftReport
from reconciler.state.events import (
    EffectiveCompared,
    Event,
    RevisionFetched,
    RevisionRefused,
)
from reconciler.state.observed import EffectiveConfig
from tests.support.fleet_repo import FLEET, collector

REVISION = Revision("main", CommitSha("a" * 40))


class ScriptedSource:
    """Answers what it was told to, once for each hint."""

    ref = "main"

    def __init__(self, *answers: Fetched) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Revision | None, Revision | None]] = []

    def fetch(self, last: Revision | None, *, accepted: Revision | None) -> Fetched:
        self.asked.append((last, accepted))
        return self.answers.pop(0)

    async def hints(self, stop: asyncio.Event) -> AsyncIterator[None]:
        while self.answers and not stop.is_set():
            yield

    def close(self) -> None:
        pass


def moved() -> Moved:
    texts = {"fleet.yaml": FLEET, "base.collector.yaml": collector()}
    files = {
        path: SourceFile(path, blob_id(text.encode()), text.encode())
        for path, text in texts.items()
    }
    return Moved(Snapshot(REVISION, files), "first")


async def follow(*answers: Fetched) -> tuple[list[Event], list[Moved], Follower]:
    events: list[Event] = []
    taken: list[Moved] = []
    follower = Follower(
        ScriptedSource(*answers),
        handle=events.append,
        known=lambda: Known(newest=None, accepted=None),
        taken=taken.append,
        read=reader(),
    )
    await follower.run(asyncio.Event())
    return events, taken, follower


async def test_a_source_that_moved_is_parsed_and_handed_on_with_its_message() -> None:
    events, taken, _ = await follow(moved())
    [event] = events
    assert isinstance(event, RevisionFetched)
    assert (event.fleet.revision, event.message) == (REVISION, "first")
    assert not event.fleet.findings
    assert [one.snapshot.revision for one in taken] == [REVISION]


async def test_files_are_read_within_the_caps_that_were_set() -> None:
    events: list[Event] = []
    follower = Follower(
        ScriptedSource(moved()),
        handle=events.append,
        known=lambda: Known(newest=None, accepted=None),
        taken=lambda _: None,
        read=reader(Caps(nodes=5)),
    )
    await follower.ask()
    [event] = events
    assert isinstance(event, RevisionFetched)
    assert "more than 5 nodes" in event.fleet.fatal[0].message


def test_the_status_prefix_of_a_service_goes_over_that_of_the_fleet() -> None:
    snapshot = moved().snapshot
    assert reader()(snapshot).status_prefix == "fleet"
    assert reader(status_prefix="eu/fleet")(snapshot).status_prefix == "eu/fleet"


def test_a_fleet_that_cannot_be_read_is_refused_under_the_prefix_of_the_service() -> (
    None
):
    text = b"kind: Fleet\nspec: ["
    broken = Snapshot(
        REVISION, {"fleet.yaml": SourceFile("fleet.yaml", blob_id(text), text)}
    )
    fleet = reader(status_prefix="eu")(broken)
    assert fleet.fatal
    controller = Controller(new_uid=new_uid)
    actions = controller.handle(RevisionFetched(fleet, "first"), 0.0)
    told = [action for action in actions if isinstance(action, PublishCommitStatus)]
    assert [status.context for status in told] == ["eu/lint"]


async def test_a_source_that_did_not_move_is_no_event() -> None:
    assert (await follow(Unchanged(), Unchanged()))[0] == []


async def test_trouble_is_no_event_is_told_once_and_ends() -> None:
    failed = Failed("no route", "check the network")
    with capture_logs() as lines:
        events, _, follower = await follow(failed, failed, Unchanged())
    assert events == []
    assert [line["log_level"] for line in lines] == ["warning", "info"]
    assert lines[0]["why"] == "no route (check the network)"
    assert follower.trouble is None


def test_the_rule_of_a_held_revision_is_explained() -> None:
    page = Path(__file__).parents[1] / "docs" / "rules" / f"{loop.HELD}.md"
    assert page.read_text().startswith(f"# {loop.HELD}: ")


async def test_a_held_revision_is_refused_and_stays_a_trouble() -> None:
    events, taken, follower = await follow(Held(REVISION, "rewritten", "reset it"))
    refused = [event for event in events if isinstance(event, RevisionRefused)]
    assert [(one.revision, one.findings[0].message) for one in refused] == [
        (REVISION, "rewritten")
    ]
    assert follower.trouble == "rewritten (reset it)"
    assert not taken


async def test_the_source_goes_on_from_what_the_controller_knows() -> None:
    source = ScriptedSource(Unchanged())
    follower = Follower(
        source,
        handle=lambda _: None,
        known=lambda: Known(newest=REVISION, accepted=None),
        taken=lambda _: None,
        read=reader(),
    )
    await follower.ask()
    assert source.asked == [(REVISION, None)]


def comparison() -> CompareEffective:
    body = collector().encode()
    entries = {"": ConfigEntry(body, "text/yaml")}
    desired = RenderedConfig(ConfigHash(b"h" * 32), entries, {}, ("base",))
    return CompareEffective(desired, EffectiveConfig(entries))


async def compared(action: CompareEffective) -> EffectiveCompared:
    answers: asyncio.Queue[Event] = asyncio.Queue()
    comparer = Comparer(answers.put_nowait)
    task = asyncio.create_task(comparer.run())
    comparer.ask(action)
    event = await asyncio.wait_for(answers.get(), 10)
    task.cancel()
    await asyncio.wait([task])
    assert isinstance(event, EffectiveCompared)
    return event


async def test_a_comparison_comes_back_under_the_two_hashes() -> None:
    action = comparison()
    event = await compared(action)
    assert event == EffectiveCompared(
        action.desired.hash, action.effective.digest, DriftReport(())
    )


async def test_a_comparison_that_breaks_judges_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> DriftReport:
        raise RecursionError

    monkeypatch.setattr(drift, "compare", broken)
    assert (await compared(comparison())).report == DriftReport((), judged=False)


async def test_ticks_follow_each_other_at_once_while_there_is_more() -> None:
    stop = asyncio.Event()
    left = 5

    def beat() -> bool:
        nonlocal left
        left -= 1
        if left == 0:
            stop.set()
        return True

    await asyncio.wait_for(loop.tick(beat, stop, seconds=3600), 10)
    assert left == 0


async def test_a_stop_ends_the_wait_for_the_next_tick() -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(loop.tick(lambda: False, stop, seconds=3600))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(task, 10)


def test_the_clock_never_goes_back_when_the_wall_clock_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    before = clock()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert clock() >= before
