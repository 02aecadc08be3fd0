from collections.abc import Mapping

import orjson
import pytest

from reconciler.report.address import ForgeKind
from tests.report.fake_forge import (
    AcceptAndDrop,
    Answer,
    Drop,
    DropAndAccept,
    Duplicate,
    FakeForge,
    Fault,
    Lag,
    Reply,
    Truncate,
)

COMMIT = "c0ffee" + "0" * 34
GITHUB, GITEA = ForgeKind.GITHUB, ForgeKind.GITEA


def post(
    forge: FakeForge,
    body: Mapping[str, object] | bytes | None = None,
    commit: str = COMMIT,
    headers: Mapping[str, str] | None = None,
) -> Reply | None:
    scheme = "Bearer" if forge.kind is GITHUB else "token"
    sound = {
        "accept": "application/vnd.github+json",
        "authorization": f"{scheme} {forge.token}",
        "content-type": "application/json",
        "user-agent": "test",
        "x-github-api-version": "2022-11-28",
    }
    sent = body if isinstance(body, bytes) else orjson.dumps(body or {"state": "error"})
    path = f"{forge.base}/repos/acme/fleet/statuses/{commit}"
    return forge.receive("POST", path, sound | dict(headers or {}), sent)


def ask(
    forge: FakeForge, query: str = "", body: bytes = b"", commit: str = COMMIT
) -> Reply | None:
    scheme = "Bearer" if forge.kind is GITHUB else "token"
    headers = {
        "accept": "application/vnd.github+json",
        "authorization": f"{scheme} {forge.token}",
        "user-agent": "test",
        "x-github-api-version": "2022-11-28",
    }
    place = (
        f"commits/{commit}/statuses" if forge.kind is GITHUB else f"statuses/{commit}"
    )
    path = f"{forge.base}/repos/acme/fleet/{place}{query}"
    return forge.receive("GET", path, headers, body)


def ids(reply: Reply | None) -> list[int]:
    assert reply
    return [row["id"] for row in orjson.loads(reply.body)]


def status(reply: Reply | None) -> int:
    return reply.status if reply else 0


@pytest.mark.parametrize("kind", ForgeKind)
def test_a_sound_post_is_taken_into_the_ledger(kind: ForgeKind) -> None:
    forge = FakeForge(kind)
    body = {"state": "pending", "context": "c", "description": "1/2"}
    assert status(post(forge, body)) == 201
    newest = forge.newest(COMMIT, "c")
    assert newest
    assert (newest.state, newest.description) == ("pending", "1/2")


def test_gitea_calls_the_state_status_in_its_answers() -> None:
    github, gitea = post(FakeForge(GITHUB)), post(FakeForge(GITEA))
    assert github
    assert gitea
    assert orjson.loads(github.body)["state"] == "error"
    assert orjson.loads(gitea.body)["status"] == "error"


@pytest.mark.parametrize(
    ("kind", "body", "found"),
    [
        (GITHUB, b"{", 422),
        (GITHUB, {"state": "warning"}, 422),
        (GITHUB, {"state": "error", "description": "x" * 141}, 422),
        (GITHUB, {"state": "error", "colour": "red"}, 422),
        (GITHUB, {"context": "c"}, 422),
        (GITEA, {"state": "warning"}, 201),
        (GITEA, {"state": "skipped"}, 422),
        (GITEA, {"state": "error", "description": "\0"}, 500),
    ],
)
def test_bodies_are_held_to_the_schema(
    kind: ForgeKind, body: bytes | dict[str, object], found: int
) -> None:
    assert status(post(FakeForge(kind), body)) == found


@pytest.mark.parametrize(
    ("kind", "header", "found"),
    [
        (GITHUB, {"authorization": "token x"}, 401),
        (GITEA, {"authorization": "Bearer x"}, 401),
        (GITHUB, {"user-agent": ""}, 403),
        (GITHUB, {"accept": "*/*"}, 415),
        (GITHUB, {"x-github-api-version": ""}, 400),
        (GITHUB, {"content-type": "text/plain"}, 415),
    ],
)
def test_headers_are_held_to_the_contract(
    kind: ForgeKind, header: dict[str, str], found: int
) -> None:
    assert status(post(FakeForge(kind), headers=header)) == found


def test_commits_must_exist() -> None:
    assert status(post(FakeForge(GITHUB, commits=set()))) == 422
    assert status(post(FakeForge(GITEA, commits=set()))) == 500
    assert status(post(FakeForge(GITEA), commit="main")) == 400
    assert status(post(FakeForge(GITHUB, commits={COMMIT}))) == 201


def test_github_takes_so_many_statuses_of_a_context_whatever_its_case() -> None:
    forge = FakeForge(cap=2)
    found = [
        status(post(forge, {"state": "error", "context": context}))
        for context in ("a", "A", "a", "b")
    ]
    assert found == [201, 201, 422, 201]


def test_github_takes_so_many_posts_a_minute_and_an_hour() -> None:
    now = 0.0
    forge = FakeForge(per_minute=2, per_hour=4, clock=lambda: now)

    def post_at(at: float) -> int:
        nonlocal now
        now = at
        return status(post(forge))

    found = [post_at(at) for at in (0, 1, 2, 61, 121, 4000)]
    assert found == [201, 201, 403, 201, 403, 201]
    assert forge.limited == 2


@pytest.mark.parametrize(
    ("fault", "found", "rows"),
    [
        (Answer(503), 503, 0),
        (Drop(), 0, 0),
        (AcceptAndDrop(), 0, 1),
        (DropAndAccept(), 0, 0),
        (Duplicate(), 201, 2),
        (Truncate(), 201, 1),
    ],
)
def test_it_breaks_on_demand_once(fault: Fault, found: int, rows: int) -> None:
    forge = FakeForge()
    forge.faults.append(fault)
    assert status(post(forge)) == found
    assert len(forge.posted) == rows
    assert status(post(forge)) == 201
    assert forge.answered == [found, 201]


def test_a_request_that_was_dropped_first_lands_before_the_next() -> None:
    forge = FakeForge()
    forge.faults.append(DropAndAccept())
    post(forge, {"state": "failure"})
    post(forge, {"state": "success"})
    assert [row.state for row in forge.posted] == ["failure", "success"]


def test_an_outage_lasts_until_it_is_over() -> None:
    forge = FakeForge(outage=Answer(500))
    assert [status(post(forge)), status(post(forge))] == [500, 500]
    forge.outage = None
    assert status(post(forge)) == 201


@pytest.mark.parametrize("kind", ForgeKind)
def test_what_was_taken_is_listed_newest_first_and_by_pages(kind: ForgeKind) -> None:
    forge = FakeForge(kind)
    for _ in range(35):
        post(forge, {"state": "error", "context": "c"})
    post(forge, commit="b" * 40)
    size = "per_page" if kind is GITHUB else "limit"
    assert ids(ask(forge)) == list(range(35, 5, -1))
    assert ids(ask(forge, "?page=2")) == [5, 4, 3, 2, 1]
    assert ids(ask(forge, f"?{size}=2")) == [35, 34]
    assert ids(ask(forge, commit="d" * 40)) == []
    assert forge.listed == [200] * 4


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        (GITHUB, "?per_page=101"),
        (GITHUB, "?limit=5"),
        (GITEA, "?limit=51"),
        (GITEA, "?per_page=5"),
    ],
)
def test_questions_are_held_to_the_contract(kind: ForgeKind, query: str) -> None:
    assert status(ask(FakeForge(kind), query)) == 422


def test_a_question_has_no_body_and_needs_a_token_and_a_known_commit() -> None:
    assert status(ask(FakeForge(), body=b"{}")) == 422
    assert status(ask(FakeForge(commits=set()))) == 422
    assert status(FakeForge().receive("GET", "/", {"user-agent": "test"}, b"")) == 400


def test_questions_have_faults_of_their_own() -> None:
    forge = FakeForge()
    forge.faults.append(DropAndAccept())
    post(forge)
    forge.list_faults += [Answer(500), Lag(1)]
    assert status(ask(forge)) == 500
    assert ids(ask(forge)) == []
    post(forge)
    forge.list_faults.append(Lag(1))
    assert ids(ask(forge)) == [1]
    assert ids(ask(forge)) == [2, 1]
    assert forge.answered == [0, 201]
