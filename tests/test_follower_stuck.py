"""A head that is refused or held: shown and told for as long as it lasts."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from reconciler.controller import Controller
from reconciler.follower import REMIND, Follower, Known, reader
from reconciler.ids import CommitSha, InstanceUid, Revision
from reconciler.source.source import Failed, Fetched, Held, Unchanged
from reconciler.state.events import Event
from tests.test_follower import REVISION, ScriptedSource, moved

SECOND = Revision("main", CommitSha("b" * 40))
THIRD = Revision("main", CommitSha("c" * 40))
EMPTY = "the repository has no files"
HOUR = 3600.0


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
            read=reader(),
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
    assert line["revision"] == str(SECOND)
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
    assert (last["log_level"], last["revision"]) == ("info", str(THIRD))
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
    assert len(warnings(stage.lines)) == 1


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
    await stage.answer(moved())
    stage.passes(60)
    await stage.answer(moved(SECOND, {}))
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
