from collections.abc import AsyncIterator

import pytest

from reconciler.errors import SetupError, Stalled, Waiting
from reconciler.ids import CommitSha
from reconciler.report import forge as forges
from reconciler.report.address import ForgeKind
from reconciler.report.answers import Exhausted
from reconciler.report.forge import RestForge
from reconciler.report.github import GitHub
from reconciler.report.http import Http
from reconciler.report.shown import LIST_LIMIT
from reconciler.state.conditions import CommitState
from tests.report import fake_forge
from tests.report.fake_forge import (
    TOKEN,
    Answer,
    Drop,
    FakeForge,
    Fault,
    Posted,
    Truncate,
)

COMMIT = CommitSha("c0ffee" + "0" * 34)


def open_forge(
    source: str = "/srv/fleet",
    *,
    kind: ForgeKind | None = None,
    url: str | None = None,
    owner: str | None = None,
    token: str | None = TOKEN,
) -> RestForge | None:
    return forges.open_forge(
        kind=kind, url=url, owner=owner, repo=owner, token=token, source=source
    )


@pytest.fixture(params=ForgeKind)
def fake(request: pytest.FixtureRequest) -> FakeForge:
    return FakeForge(kind=request.param)


@pytest.fixture
async def opened(fake: FakeForge) -> AsyncIterator[RestForge]:
    async with fake_forge.serve(fake) as url:
        if fake.kind is ForgeKind.GITHUB:
            found = RestForge(GitHub(url, "acme", "fleet", TOKEN), Http())
        else:
            maybe = open_forge(f"{url}/acme/fleet.git", kind=fake.kind)
            assert maybe
            found = maybe
        yield found
        await found.aclose()


async def post(forge: RestForge, state: CommitState, description: str = "") -> None:
    await forge.post_status(
        COMMIT, context="fleet/nodes", state=state, description=description
    )


@pytest.mark.parametrize("state", CommitState)
async def test_every_state_is_taken_by_a_strict_forge(
    opened: RestForge, fake: FakeForge, state: CommitState
) -> None:
    await post(opened, state, "1/3 on it")
    assert fake.posted == [Posted(COMMIT, "fleet/nodes", state.value, "1/3 on it")]


async def test_any_description_is_taken_by_a_strict_forge(
    opened: RestForge, fake: FakeForge
) -> None:
    for text in ("x" * 1000, "a\0b\r\n", "\ud800", "🦑" * 200, ""):
        await post(opened, CommitState.FAILURE, text)
    assert fake.answered == [201] * 5


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (401, "Bad credentials", Waiting),
        (403, "forbidden", Waiting),
        (404, "Not Found", Waiting),
        (409, "conflict", Waiting),
        (429, "slow down", Waiting),
        (500, "oops", Waiting),
        (503, "", Waiting),
        (422, "Validation Failed", Stalled),
        (400, "bad", Stalled),
    ],
)
async def test_a_refusal_says_what_happens_next(
    opened: RestForge,
    fake: FakeForge,
    status: int,
    message: str,
    error: type[Exception],
) -> None:
    fake.faults.append(Answer(status, message))
    with pytest.raises(error):
        await post(opened, CommitState.SUCCESS)
    assert fake.posted == []


async def test_a_wrong_token_waits_and_is_not_shown(
    opened: RestForge, fake: FakeForge
) -> None:
    fake.token = "another"
    with pytest.raises(Waiting, match="answered 401: Bad credentials") as error:
        await post(opened, CommitState.SUCCESS)
    assert "canary" not in f"{error.value} {error.value.hint} {opened}"


async def test_the_thousandth_and_first_status_of_github_is_for_good() -> None:
    fake = FakeForge(cap=2)
    async with fake_forge.serve(fake) as url:
        forge = RestForge(GitHub(url, "acme", "fleet", TOKEN), Http())
        await post(forge, CommitState.PENDING)
        await post(forge, CommitState.PENDING)
        with pytest.raises(Exhausted, match="maximum number of statuses"):
            await post(forge, CommitState.SUCCESS)
        await forge.aclose()


async def test_a_commit_that_the_forge_does_not_know_is_for_good_on_github() -> None:
    fake = FakeForge(commits=set())
    async with fake_forge.serve(fake) as url:
        forge = RestForge(GitHub(url, "acme", "fleet", TOKEN), Http())
        with pytest.raises(Exhausted, match="No commit found"):
            await post(forge, CommitState.SUCCESS)
        await forge.aclose()


async def test_what_was_posted_is_listed_as_it_was_meant(
    opened: RestForge, fake: FakeForge
) -> None:
    told = [
        (CommitState.PENDING, "0/3 on it"),
        (CommitState.ERROR, "superseded by abc1234"),
        (CommitState.FAILURE, "1 failed: “exit 1” <&> \\ 🦑"),
        (CommitState.SUCCESS, ""),
    ]
    for state, description in told:
        await post(opened, state, description)
    listed = await opened.list_statuses(COMMIT, ["fleet/nodes", "fleet/others"])
    assert list(listed) == ["fleet/nodes"]
    found = sorted(listed["fleet/nodes"], key=lambda status: status.id)
    assert [(status.state, status.description) for status in found] == told
    assert fake.listed == [200]


async def test_a_hundred_rows_of_a_forge_fit_into_what_is_read(
    opened: RestForge, fake: FakeForge
) -> None:
    fake.posted += [Posted(COMMIT, "fleet/nodes", "success", "x" * 140)] * 200
    listed = await opened.list_statuses(COMMIT, ["fleet/nodes"])
    most = 100 if fake.kind is ForgeKind.GITHUB else 50
    assert len(listed["fleet/nodes"]) == most
    assert max(status.id for status in listed["fleet/nodes"]) == 200


@pytest.mark.parametrize(
    "fault",
    [
        Answer(200, body=b"<html>"),
        Answer(200, body=b"[" + b"7," * LIST_LIMIT),
        Answer(201, body=b"[]"),
        Answer(204),
        Answer(403),
        Answer(404),
        Answer(429),
        Answer(500),
        Drop(),
        Truncate(),
    ],
)
async def test_a_list_that_cannot_be_read_is_waiting(
    opened: RestForge, fake: FakeForge, fault: Fault
) -> None:
    await post(opened, CommitState.SUCCESS)
    fake.list_faults.append(fault)
    with pytest.raises(Waiting) as error:
        await opened.list_statuses(COMMIT, ["fleet/nodes"])
    assert "canary" not in f"{error.value} {error.value.hint}"


async def test_a_list_of_a_commit_that_the_forge_does_not_know_is_no_more() -> None:
    fake = FakeForge(commits=set())
    async with fake_forge.serve(fake) as url:
        forge = RestForge(GitHub(url, "acme", "fleet", TOKEN), Http())
        with pytest.raises(Stalled):
            await forge.list_statuses(COMMIT, ["fleet/nodes"])
        await forge.aclose()


def test_without_anything_said_there_is_no_forge() -> None:
    assert open_forge() is None
    assert open_forge("https://git.example/acme/fleet", token=None) is None


def test_a_source_on_github_com_is_only_followed_without_a_token() -> None:
    assert open_forge("https://github.com/acme/fleet", token=None) is None


async def test_a_source_on_github_com_with_a_token_is_posted_to() -> None:
    forge = open_forge("https://github.com/acme/fleet.git")
    assert forge
    await forge.aclose()


@pytest.mark.parametrize("token", [None, "", " \n"])
def test_a_forge_that_is_set_needs_a_token(token: str | None) -> None:
    with pytest.raises(SetupError, match="token is missing"):
        open_forge("https://git.example/a/b", kind=ForgeKind.GITEA, token=token)


async def test_the_line_end_of_a_token_file_does_no_harm() -> None:
    fake = FakeForge(kind=ForgeKind.GITEA)
    async with fake_forge.serve(fake) as url:
        source = f"{url}/acme/fleet"
        forge = open_forge(source, kind=ForgeKind.GITEA, token=f"{TOKEN}\r\n")
        assert forge
        await post(forge, CommitState.SUCCESS)
        await forge.aclose()
    assert fake.answered == [201]


@pytest.mark.parametrize("token", ["canary\nX-Evil: 1", "canary é", "can ary"])
def test_a_token_that_cannot_stand_in_a_header_is_refused_unseen(token: str) -> None:
    with pytest.raises(SetupError, match="no token has") as error:
        open_forge("https://github.com/acme/fleet", token=token)
    assert "ary" not in f"{error.value} {error.value.hint}"
