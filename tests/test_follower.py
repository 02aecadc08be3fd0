import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from reconciler import follower as followers
from reconciler.controller import Controller
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.fleet.syntax.yaml import Caps
from reconciler.follower import REMIND, Follower, Known
from reconciler.ids import CommitSha, InstanceUid, Revision
from reconciler.source.open import open_source
from reconciler.source.source import (
    Failed,
    Fetched,
    Held,
    Moved,
    Passed,
    Unchanged,
)
from reconciler.state.events import (
    Event,
    PassedCommit,
    RevisionFetched,
    RevisionRefused,
)
from tests.support.fleet_repo import FLEET, FleetRepo, collector

REVISION = Revision("main", CommitSha("a" * 40))
SECOND = Revision("main", CommitSha("b" * 40))
THIRD = Revision("main", CommitSha("c" * 40))
GOOD = {"fleet.yaml": FLEET, "base.collector.yaml": collector()}
EMPTY = "the repository has no files"
HOUR = 3600.0


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


def moved(
    revision: Revision = REVISION,
    texts: Mapping[str, str] = GOOD,
    *,
    passed: Sequence[Passed] = (),
) -> Moved:
    files = {
        path: SourceFile(path, blob_id(text.encode()), text.encode())
        for path, text in texts.items()
    }
    return Moved(Snapshot(revision, files), "first", tuple(passed))


async def follow(*answers: Fetched) -> tuple[list[Event], list[Moved], Follower]:
    events: list[Event] = []
    taken: list[Moved] = []
    follower = Follower(
        ScriptedSource(*answers),
        handle=events.append,
        known=lambda: Known(newest=None, accepted=None),
        taken=taken.append,
        now=lambda: 0.0,
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
        now=lambda: 0.0,
        caps=Caps(nodes=5),
    )
    await follower.ask()
    [event] = events
    assert isinstance(event, RevisionFetched)
    assert "more than 5 nodes" in event.fleet.fatal[0].message


async def test_a_commit_in_between_is_the_same_if_no_file_of_the_fleet_differs() -> (
    None
):
    changes: dict[str, frozenset[str] | None] = {
        "1": frozenset(),
        "2": frozenset({"charts/x.yaml"}),
        "3": frozenset({"charts/x.yaml", "base.collector.yaml"}),
        "4": frozenset({".fleetignore"}),
        "5": None,
    }
    passed = [Passed(CommitSha(one), changed) for one, changed in changes.items()]
    texts = GOOD | {".fleetignore": "charts/"}
    [event] = (await follow(moved(texts=texts, passed=passed)))[0]
    assert isinstance(event, RevisionFetched)
    assert event.passed == (
        PassedCommit(CommitSha("1"), is_same=True),
        PassedCommit(CommitSha("2"), is_same=True),
        PassedCommit(CommitSha("3"), is_same=False),
        PassedCommit(CommitSha("4"), is_same=False),
        PassedCommit(CommitSha("5"), is_same=False),
    )


async def test_of_commits_pushed_to_git_together_those_that_change_nothing_are_told(
    tmp_path: Path,
) -> None:
    repo = FleetRepo(tmp_path / "repo")
    first = Revision("main", CommitSha(repo.commit(GOOD)))
    other = repo.commit({"base.collector.yaml": collector(timeout="2s")})
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.commit({"base.collector.yaml": collector(timeout="3s")})
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-ff", "--message", "merge", "topic")
    merge = repo.git("rev-parse", "HEAD")
    readme = repo.commit({"README.md": "read me", ".github/ci.yaml": "x: 1"})
    repo.commit({"docs/a.txt": "more"})
    events: list[Event] = []
    follower = Follower(
        open_source(
            str(repo.path), data_dir=tmp_path / "data", interval=60.0, timeout=30.0
        ),
        handle=events.append,
        known=lambda: Known(newest=first, accepted=first),
        taken=lambda _: None,
        now=lambda: 0.0,
    )
    await follower.ask()
    [event] = events
    assert isinstance(event, RevisionFetched)
    assert event.passed == (
        PassedCommit(CommitSha(readme), is_same=True),
        PassedCommit(CommitSha(merge), is_same=True),
        PassedCommit(CommitSha(other), is_same=False),
    )


async def test_a_source_that_did_not_move_is_no_event() -> None:
    assert (await follow(Unchanged(REVISION), Unchanged(REVISION)))[0] == []


async def test_trouble_is_no_event_is_told_once_and_ends() -> None:
    failed = Failed("no route", "check the network")
    with capture_logs() as lines:
        events, _, follower = await follow(failed, failed, Unchanged(REVISION))
    assert events == []
    assert [line["log_level"] for line in lines] == ["warning", "info"]
    assert lines[0]["why"] == "no route (check the network)"
    assert follower.trouble is None


def test_the_rule_of_a_held_revision_is_explained() -> None:
    page = Path(__file__).parents[1] / "docs" / "rules" / f"{followers.HELD}.md"
    assert page.read_text().startswith(f"# {followers.HELD}: ")


async def test_a_held_revision_is_refused_and_the_source_is_in_no_trouble() -> None:
    events, taken, follower = await follow(Held(REVISION, "rewritten", "reset it"))
    refused = [event for event in events if isinstance(event, RevisionRefused)]
    assert [(one.revision, one.findings[0].message) for one in refused] == [
        (REVISION, "rewritten")
    ]
    assert follower.trouble is None
    assert not taken


async def test_the_source_goes_on_from_what_the_controller_knows() -> None:
    source = ScriptedSource(Unchanged(REVISION))
    follower = Follower(
        source,
        handle=lambda _: None,
        known=lambda: Known(newest=REVISION, accepted=None),
        taken=lambda _: None,
        now=lambda: 0.0,
    )
    await follower.ask()
    assert source.asked == [(REVISION, None)]


class Stage:
    """A follower of a real controller, and a clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.source = ScriptedSource()
        self.controller = Controller(new_uid=lambda: InstanceUid(b"u" * 16))
        self.follower = self.restarted()
        self.lines: list[Any] = []

    def restarted(self) -> Follower:
        """Another follower of the same controller."""
        self.follower = Follower(
            self.source,
            handle=self._handle,
            known=lambda: Known(
                self.controller.newest,
                accepted=self.controller.revision,
                seen=self.controller.revisions(),
            ),
            taken=lambda _: None,
            now=lambda: self.now,
        )
        return self.follower

    def _handle(self, event: Event) -> None:
        self.controller.handle(event, self.now)

    async def answer(self, *answers: Fetched) -> None:
        self.source.answers = list(answers)
        with capture_logs() as lines:
            while self.source.answers:
                await self.follower.ask()
        self.lines += lines

    def passes(self, seconds: float) -> list[Any]:
        """Let time go by in ticks; the reminders."""
        end = self.now + seconds
        with capture_logs() as lines:
            while self.now < end:
                self.now = min(self.now + 60.0, end)
                self.follower.remind()
        return lines


@pytest.fixture
def stage() -> Stage:
    return Stage()


def warnings(lines: list[Any]) -> list[Any]:
    return [line for line in lines if line["log_level"] == "warning"]


async def test_a_head_in_force_is_nothing_to_tell(stage: Stage) -> None:
    await stage.answer(moved(), Unchanged(REVISION))
    assert stage.follower.stuck is None
    assert stage.follower.stuck_for == 0
    assert stage.lines == []
    assert stage.passes(2 * HOUR) == []


async def test_a_refused_head_is_told_and_told_again_until_another_is_in_force(
    stage: Stage,
) -> None:
    await stage.answer(moved(), moved(SECOND, {}))
    [line] = warnings(stage.lines)
    assert line["event"] == "head is not in force"
    assert (line["revision"], line["in_force"]) == (str(SECOND), str(REVISION))
    assert EMPTY in line["why"]
    assert line["hint"]
    assert str(stage.follower.stuck).startswith(f"{SECOND} is not in force: ")
    reminders = stage.passes(2 * REMIND + 60)
    assert [line["age"] for line in reminders] == ["1:00:00", "2:00:00"]
    assert {line["log_level"] for line in reminders} == {"warning"}
    await stage.answer(Unchanged(SECOND))
    assert stage.follower.stuck_for == 2 * REMIND + 60
    assert len(warnings(stage.lines)) == 1
    await stage.answer(moved(THIRD))
    assert stage.follower.stuck is None
    last = stage.lines[-1]
    assert (last["log_level"], last["in_force"]) == ("info", str(THIRD))
    assert stage.passes(2 * REMIND) == []


async def test_a_held_head_is_told_with_how_to_mend_it(stage: Stage) -> None:
    await stage.answer(moved(), Held(SECOND, "rewritten", "reset it"))
    assert (
        str(stage.follower.stuck) == f"{SECOND} is not in force: rewritten (reset it)"
    )
    await stage.answer(Unchanged(SECOND))
    assert (
        str(stage.follower.stuck) == f"{SECOND} is not in force: rewritten (reset it)"
    )
    [line] = warnings(stage.lines)
    assert (line["why"], line["hint"]) == ("rewritten", "reset it")


async def test_without_any_revision_in_force_a_refused_head_is_told_too(
    stage: Stage,
) -> None:
    await stage.answer(moved(texts={}))
    assert EMPTY in str(stage.follower.stuck)
    assert warnings(stage.lines)[0]["in_force"] == "none"


async def test_another_refused_head_is_told_anew_and_its_age_is_its_own(
    stage: Stage,
) -> None:
    await stage.answer(moved(), moved(SECOND, {}))
    stage.passes(HOUR / 2)
    await stage.answer(moved(THIRD, {}))
    assert [line["revision"] for line in warnings(stage.lines)] == [
        str(SECOND),
        str(THIRD),
    ]
    stage.passes(60)
    assert stage.follower.stuck_for == 60


async def test_a_branch_put_back_to_what_is_in_force_is_stuck_no_longer(
    stage: Stage,
) -> None:
    await stage.answer(moved(), moved(SECOND, {}), Unchanged(REVISION))
    assert stage.controller.newest == SECOND
    assert stage.follower.stuck is None
    await stage.answer(Unchanged(SECOND))
    assert EMPTY in str(stage.follower.stuck)


async def test_a_source_that_falls_silent_does_not_hide_that_it_is_stuck(
    stage: Stage,
) -> None:
    await stage.answer(moved(), moved(SECOND, {}), Failed("no route", "wait"))
    assert stage.follower.trouble == "no route (wait)"
    assert EMPTY in str(stage.follower.stuck)


async def test_a_restart_forgets_neither_the_head_nor_its_age(stage: Stage) -> None:
    await stage.answer(moved(), moved(SECOND, {}))
    stage.passes(HOUR)
    stage.restarted()
    assert EMPTY in str(stage.follower.stuck)
    await stage.answer(Failed("no route", "wait"), Unchanged(SECOND))
    assert stage.follower.stuck_for == HOUR
    assert [
        line["revision"] for line in warnings(stage.lines) if "revision" in line
    ] == [
        str(SECOND),
        str(SECOND),
    ]


async def test_a_clock_that_stands_before_the_records_makes_no_negative_age(
    stage: Stage,
) -> None:
    await stage.answer(moved(), moved(SECOND, {}))
    stage.now -= HOUR
    assert stage.follower.stuck_for == 0


@pytest.mark.parametrize(
    "answer",
    [moved(), Unchanged(REVISION), Held(REVISION, "rewritten", "reset it")],
)
async def test_the_age_of_the_last_good_fetch_begins_anew_with_every_answer(
    stage: Stage, answer: Fetched
) -> None:
    stage.passes(120)
    assert stage.follower.unanswered_for == 120  # none yet: since the start
    await stage.answer(answer)
    stage.passes(30)
    await stage.answer(Failed("no route", "wait"))
    stage.passes(30)
    assert stage.follower.unanswered_for == 60
