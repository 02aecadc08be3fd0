import orjson
import pytest

from reconciler.errors import Stalled, Waiting
from reconciler.ids import CommitSha
from reconciler.report.answers import Exhausted
from reconciler.report.exchange import Response
from reconciler.report.gitea import Gitea
from reconciler.state.conditions import CommitState
from tests.report.fake_forge import TOKEN

COMMIT = CommitSha("c0ffee" + "0" * 34)
GITEA = Gitea("https://git.example/api/v1", "acme", "fleet", TOKEN)


def posted_state(state: CommitState, description: str) -> str:
    request = GITEA.status_request(
        COMMIT, context="c", state=state, description=description
    )
    found: str = orjson.loads(request.body)["state"]
    return found


def test_a_status_is_posted_as_the_contract_says() -> None:
    request = GITEA.status_request(
        COMMIT,
        context="fleet/gateways",
        state=CommitState.PENDING,
        description="1/2 on it",
    )
    assert request.method == "POST"
    assert request.url == (
        f"https://git.example/api/v1/repos/acme/fleet/statuses/{COMMIT}"
    )
    assert request.headers == {
        "Accept": "application/json",
        "Authorization": f"token {TOKEN}",
        "Content-Type": "application/json",
    }
    assert orjson.loads(request.body) == {
        "state": "pending",
        "context": "fleet/gateways",
        "description": "1/2 on it",
    }


def test_statuses_are_listed_as_the_contract_says() -> None:
    request = GITEA.list_request(COMMIT)
    assert request.method == "GET"
    assert request.url == (
        f"https://git.example/api/v1/repos/acme/fleet/statuses/{COMMIT}?limit=50"
    )
    assert request.headers == {
        "Accept": "application/json",
        "Authorization": f"token {TOKEN}",
    }
    assert request.body == b""


def test_contexts_of_another_case_are_others() -> None:
    row = {"id": 7, "context": "FLEET/all", "status": "success", "description": "3/3"}
    response = Response(200, {}, orjson.dumps([row]))
    assert GITEA.listed(response, ["fleet/all"]) == {}
    assert GITEA.listed(response, ["FLEET/all"])


@pytest.mark.parametrize("state", CommitState)
def test_states_are_giteas_own_words(state: CommitState) -> None:
    assert posted_state(state, "3/3 on it") == state.value


def test_a_superseded_commit_is_a_warning() -> None:
    assert posted_state(CommitState.ERROR, "superseded by abc1234") == "warning"
    assert posted_state(CommitState.FAILURE, "superseded by abc1234") == "failure"


@pytest.mark.parametrize("status", [400, 422])
def test_a_bad_sha_or_body_is_not_tried_again(status: int) -> None:
    found = GITEA.outcome(Response(status, {}, b'{"message": "sha not found"}'))
    assert isinstance(found, Stalled)
    assert not isinstance(found, Exhausted)
    assert str(found) == f"Gitea answered {status}: sha not found"


def test_a_500_is_tried_again() -> None:
    found = GITEA.outcome(Response(500, {}, b"{}"))
    assert isinstance(found, Waiting)
    assert str(found) == "Gitea answered 500"


def test_created_is_taken() -> None:
    assert GITEA.outcome(Response(201, {}, b"")) is None


def test_neither_repr_nor_errors_show_the_token() -> None:
    echo = orjson.dumps({"message": f"Authorization: token {TOKEN}"})
    assert TOKEN not in repr(GITEA)
    for status in (400, 401, 403, 422, 429, 500):
        assert TOKEN not in str(GITEA.outcome(Response(status, {}, echo)))
