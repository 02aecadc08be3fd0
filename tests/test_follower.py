import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from structlog.testing import capture_logs

from reconciler import follower as followers
from reconciler.controller import Controller
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.fleet.syntax.yaml import Caps
from reconciler.follower import Follower, Known, reader
from reconciler.ids import CommitSha, Revision
from reconciler.opamp.uid import new_uid
from reconciler.source.open import open_source
from reconciler.source.source import (
    Failed,
    Fetched,
    Held,
    Moved,
    Passed,
    Unchanged,
)
from reconciler.state.actions import PublishCommitStatus
from reconciler.state.events import (
    Event,
    PassedCommit,
    RevisionFetched,
    RevisionRefused,
)
from tests.support.fleet_repo import FLEET, FleetRepo, collector

REVISION = Revision("main", CommitSha("a" * 40))
GOOD = {"fleet.yaml": FLEET, "base.collector.yaml": collector()}


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
        read=reader(),
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
        read=reader(Caps(nodes=5)),
        now=lambda: 0.0,
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
        read=reader(),
        now=lambda: 0.0,
    )
    await follower.ask()
    [event] = events
    assert isinstance(event, RevisionFetched)
    assert event.passed[:-1] == (
        PassedCommit(CommitSha(readme), is_same=True),
        PassedCommit(CommitSha(merge), is_same=True),
        PassedCommit(CommitSha(other), is_same=False),
    )


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
        read=reader(),
        now=lambda: 0.0,
    )
    await follower.ask()
    assert source.asked == [(REVISION, None)]
