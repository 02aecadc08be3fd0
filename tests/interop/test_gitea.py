from uuid import uuid4

import pytest

from reconciler.ids import CommitSha
from reconciler.report.address import ForgeKind
from reconciler.report.forge import open_forge
from reconciler.state.conditions import CommitState
from tests.interop import waiting
from tests.interop.clone import FLEET, Clone
from tests.interop.gitea import OWNER, CommitStatus, Gitea
from tests.interop.service import Service
from tests.interop.stage import Stage
from tests.interop.supervisor import StartSupervisor
from tests.support.fleet_repo import collector

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-others")]

CONFIG = "base.collector.yaml"
CONTEXT = "fleet/everyone"
CRASH = "Agent exited unexpectedly"


class Forge:
    """One repository on Gitea, the clone that pushes to it, and a service on both."""

    def __init__(self, gitea: Gitea, stage: Stage) -> None:
        self._gitea = gitea
        self._name = f"fleet-{uuid4().hex[:8]}"
        self.source = source = gitea.create_repository(self._name)
        self.clone = Clone(stage.folder / "clone", gitea.push_url(self._name))
        flags = ["--forge", "gitea", "--forge-url", gitea.url]
        flags += ["--forge-repo", f"{OWNER}/{self._name}"]
        names = ("RECONCILER_FORGE_TOKEN", "RECONCILER_GIT_TOKEN")
        self.service = Service(
            stage.folder,
            *flags,
            source=source,
            environment=dict.fromkeys(names, gitea.token),
        )

    def wait_for(self, commit: str, state: str, *, within: float = 40) -> CommitStatus:
        """The status a person sees on a commit, once it is this one."""
        seen = waiting.wait_for(
            lambda: self._gitea.statuses(self._name, commit),
            lambda seen: CONTEXT in seen and seen[CONTEXT].state == state,
            within=within,
            what=f"Gitea showing {state} on {commit[:7]}",
        )
        assert list(seen) == [CONTEXT]
        return seen[CONTEXT]

    def is_written_by_another(self, commit: str, description: str) -> None:
        """Another program posts to the context of the service."""
        self._gitea.post_status(
            self._name, commit, context=CONTEXT, description=description
        )

    def colour(self, commit: str) -> str:
        """The one state that Gitea sums a commit up in."""
        return self._gitea.combined(self._name, commit)

    def states(self, commit: str) -> list[str]:
        """Every state ever posted on a commit, oldest first, repeats left out."""
        states = [row.state for row in self._gitea.rows(self._name, commit)]
        return list(dict.fromkeys(states))


@pytest.fixture
def forge(gitea: Gitea, stage: Stage) -> Forge:
    return Forge(gitea, stage)


def test_gitea_shows_the_truth_about_every_commit(
    forge: Forge, gitea: Gitea, stage: Stage, start_supervisor: StartSupervisor
) -> None:
    service = stage.start(forge.service)
    first = forge.clone.commit({"fleet.yaml": FLEET, CONFIG: collector()})
    assert "0 agents" in forge.wait_for(first, "success").description

    supervisor = start_supervisor(service.url("ws"))
    service.wait_for_agent(supervisor.uid, sync="Synced", healthy=True)
    overtaken = forge.clone.commit({CONFIG: collector(timeout="2s")})
    forge.wait_for(overtaken, "pending")
    changed = forge.clone.commit({CONFIG: collector(timeout="3s")})
    assert changed[:7] in forge.wait_for(overtaken, "warning").description
    assert "1/1" in forge.wait_for(changed, "success").description

    bad = forge.clone.commit({CONFIG: collector("kafka")})
    assert CRASH in forge.wait_for(bad, "failure").description
    reverted = forge.clone.revert()
    forge.wait_for(reverted, "success")

    assert forge.states(overtaken) == ["pending", "warning"]
    assert forge.states(changed) == ["pending", "success"]
    assert forge.states(bad) == ["pending", "failure"]
    assert forge.states(reverted) == ["pending", "success"]
    assert forge.colour(bad) == "failure"
    assert forge.colour(reverted) == "success"
    assert gitea.token not in service.text()


def test_a_forge_that_was_away_is_told_the_last_truth_when_it_is_back(
    forge: Forge, gitea: Gitea, stage: Stage, start_supervisor: StartSupervisor
) -> None:
    service = stage.start(forge.service)
    supervisor = start_supervisor(service.url("ws"))
    first = forge.clone.commit({"fleet.yaml": FLEET, CONFIG: collector()})
    forge.wait_for(first, "success")
    changed = forge.clone.commit({CONFIG: collector(timeout="2s")})
    service.wait_for_agent(supervisor.uid, sync="Applying")
    gitea.stop()
    service.wait_for_verdict(changed, "success")
    service.kill()
    service.start()
    gitea.start()
    forge.wait_for(changed, "success", within=60)
    service.wait_for_agent(supervisor.uid, sync="Synced", healthy=True)


def test_a_status_that_another_program_posted_is_said_and_posted_over_once(
    forge: Forge, stage: Stage
) -> None:
    commit = forge.clone.commit({"fleet.yaml": FLEET, CONFIG: collector()})
    forge.is_written_by_another(commit, "2 failed")
    service = stage.start(forge.service)
    assert "another service writes" in forge.wait_for(commit, "success").description
    assert f"{CONTEXT} on {commit[:7]}: failure: 2 failed" in service.ready()
    assert "[+] forge" in service.ready()


async def test_gitea_lists_what_it_was_told_letter_by_letter(
    forge: Forge, gitea: Gitea
) -> None:
    commit = CommitSha(forge.clone.commit({"fleet.yaml": FLEET, CONFIG: collector()}))
    rest = open_forge(
        kind=ForgeKind.GITEA,
        url=gitea.url,
        owner=None,
        repo=None,
        token=gitea.token,
        source=forge.source,
    )
    assert rest
    told = [
        (CommitState.PENDING, "0/3 on it"),
        (CommitState.ERROR, "superseded by abc1234"),
        (CommitState.FAILURE, "1 failed: “exit 1” <&> \\ % 🦑 日本"),
        (CommitState.FAILURE, "x" * 139 + "…"),
        (CommitState.SUCCESS, ""),
    ]
    for state, description in told * 11:
        await rest.post_status(
            commit, context=CONTEXT, state=state, description=description
        )
    listed = await rest.list_statuses(commit, [CONTEXT, "fleet/others"])
    await rest.aclose()
    assert list(listed) == [CONTEXT]
    found = sorted(listed[CONTEXT], key=lambda status: status.id)
    # Of those of one second it may list any; all in a page are of the last seconds.
    assert len(found) == 50
    newest = found[-len(told) :]
    assert [(status.state, status.description) for status in newest] == told
