"""What must be seen for the demo's story to be true, and what is said else."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from reconciler.cli import repository, story
from reconciler.cli.client import Client
from reconciler.cli.narrator import Narrator
from reconciler.cli.process import CommitStatus, StatusLog
from reconciler.cli.repository import Repository
from reconciler.cli.story import BAD_GROUP, Sight, Story
from reconciler.errors import ReconcilerError

COMMIT = "4f2a" + "0" * 36
OTHER = "9b1c" + "0" * 36


def status(state: str, words: str = "", *, group: str = BAD_GROUP) -> CommitStatus:
    return CommitStatus(COMMIT, f"fleet/{group}", state, words)


def member(number: int, **told: Any) -> dict[str, Any]:
    agent = {
        "uid": f"uid-{number}",
        "name": f"host-{number}",
        "group": BAD_GROUP,
        "sync": "Synced",
        "detail": "",
        "healthy": True,
        "reportedHash": "good",
    }
    return {**agent, **told}


def sight(
    *statuses: CommitStatus, agents: Sequence[dict[str, Any]] = (), on_it: int = 2
) -> Sight:
    return Sight(COMMIT, statuses, statuses, on_it=on_it, agents=agents)


GREEN = sight(status("success", "2/2 on it"), status("success", group="nodes"))


@pytest.mark.parametrize(
    ("seen", "lacks"),
    [
        (GREEN, ""),
        (replace(GREEN, commit=OTHER), "the newest revision is 9b1c000"),
        (replace(GREEN, commit=""), "the newest revision is none"),
        (replace(GREEN, statuses=()), "the newest revision is 4f2a000"),
        (replace(GREEN, on_it=1), "1 of 2 agents are on it"),
        (
            sight(status("success"), status("pending", "0/1", group="nodes")),
            "fleet/nodes pending: 0/1",
        ),
    ],
)
def test_green_needs_the_commit_every_group_and_every_agent(
    seen: Sight, lacks: str
) -> None:
    assert story._is_green(seen, COMMIT, 2) == lacks


FAILED = [member(n, sync="Failed", detail="unknown type kafka/x") for n in (1, 2)]


@pytest.mark.parametrize(
    ("seen", "lacks"),
    [
        (sight(status("failure"), agents=FAILED), ""),
        (
            sight(status("failure"), agents=[FAILED[0], member(2)]),
            "1 of 2 agents failed",
        ),
        (sight(status("failure"), agents=[member(1, sync="Failed")]), "host-1 said ''"),
        (sight(status("failure"), agents=[]), "0 of 0 agents failed"),
        (sight(status("pending", "0/2"), agents=FAILED), "4f2a000 pending: 0/2"),
        (sight(status("failure", group="nodes")), "4f2a000 "),
    ],
)
def test_red_needs_every_agents_own_words(seen: Sight, lacks: str) -> None:
    assert story._is_red_in_its_words(seen, COMMIT, "kafka") == lacks


HASHES = {"uid-1": "good", "uid-2": "good"}
RED = status("failure", "2 failed")


@pytest.mark.parametrize(
    ("seen", "lacks"),
    [
        (sight(RED, agents=[member(1), member(2)]), ""),
        (sight(RED, agents=[member(1), member(2, healthy=False)]), "not back: host-2"),
        (sight(RED, agents=[member(1, reportedHash="bad")]), "not back: host-1"),
        (sight(status("success"), agents=[member(1)]), "4f2a000 success: "),
    ],
)
def test_safe_needs_the_hash_of_before_and_health_while_the_commit_stays_red(
    seen: Sight, lacks: str
) -> None:
    assert story._are_back(seen, COMMIT, HASHES) == lacks


def test_drift_needs_a_red_status_that_names_the_agent_however_briefly() -> None:
    drifted = status("failure", "1 drifted: host-1 /a is extra")
    healed = status("success", "2/2 on it")
    assert story._was_red(sight(drifted, healed), BAD_GROUP, "host-1") == ""
    assert story._was_red(sight(healed), BAD_GROUP, "host-1") == "success: 2/2 on it"
    assert story._was_red(sight(drifted), "nodes", "host-1")
    assert story._was_red(sight(), BAD_GROUP, "host-1") == "nothing was published"


class NoFleet:
    size = 2

    def drift(self, group: str) -> str:
        raise AssertionError(group)


async def test_what_does_not_happen_ends_the_story_with_what_was_seen(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "PATIENCE", 0.2)
    log = tmp_path / "service.log"
    log.write_text("")
    repo = Repository.copy(repository.example(), tmp_path / "fleet", "Begin")
    with Client(server) as client, Narrator(Console(file=io.StringIO())) as narrator:
        told = Story(
            repo, client=client, log=StatusLog(log), fleet=NoFleet(), narrator=narrator
        )
        with pytest.raises(ReconcilerError) as wrong:
            await told.tell()
    assert wrong.value.message == (
        "expected within 0.2 s: the first commit turns green; "
        "seen: the newest revision is 4f2a000"
    )
