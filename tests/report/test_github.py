import orjson
import pytest

from reconciler.errors import Stalled, Waiting
from reconciler.ids import CommitSha
from reconciler.report.answers import SETUP_WAIT, Exhausted, Outcome
from reconciler.report.exchange import Response
from reconciler.report.github import GitHub
from reconciler.report.shown import Shown
from reconciler.state.conditions import CommitState
from tests.report.fake_forge import TOKEN

COMMIT = CommitSha("c0ffee" + "0" * 34)
DATE = "Tue, 24 Nov 2026 10:00:00 GMT"
AT = 1795514400
GITHUB = GitHub("https://api.github.com", "acme", "fleet", TOKEN)


def outcome(status: int, message: str = "", **headers: str) -> Outcome:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = orjson.dumps({"message": message})
    return GITHUB.outcome(Response(status, {"date": DATE, **named}, body))


def test_a_status_is_posted_as_the_contract_says() -> None:
    request = GITHUB.status_request(
        COMMIT,
        context="fleet/gateways",
        state=CommitState.FAILURE,
        description="1 failed:\nexit 1",
    )
    assert request.method == "POST"
    assert request.url == (f"https://api.github.com/repos/acme/fleet/statuses/{COMMIT}")
    assert request.headers == {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    assert orjson.loads(request.body) == {
        "state": "failure",
        "context": "fleet/gateways",
        "description": "1 failed: exit 1",
    }


def test_statuses_are_listed_as_the_contract_says() -> None:
    request = GITHUB.list_request(COMMIT)
    assert request.method == "GET"
    assert request.url == (
        f"https://api.github.com/repos/acme/fleet/commits/{COMMIT}/statuses?per_page=100"
    )
    assert request.headers == {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {TOKEN}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    assert request.body == b""


def test_the_case_of_a_listed_context_means_nothing() -> None:
    row = {"id": 7, "context": "FLEET/all", "state": "success", "description": "3/3"}
    response = Response(200, {}, orjson.dumps([row]))
    listed = GITHUB.listed(response, ["Fleet/All"])
    assert listed == {"Fleet/All": [Shown(7, "success", "3/3")]}


def test_names_cannot_leave_their_place_in_the_url() -> None:
    odd = GitHub("https://api.github.com", "a/../b", "r?x#y", TOKEN)
    request = odd.status_request(
        COMMIT, context="c", state=CommitState.SUCCESS, description=""
    )
    assert "/repos/a%2F..%2Fb/r%3Fx%23y/statuses/" in request.url


def test_a_superseded_commit_is_an_error_for_want_of_a_milder_word() -> None:
    request = GITHUB.status_request(
        COMMIT,
        context="c",
        state=CommitState.ERROR,
        description="superseded by abc1234",
    )
    assert orjson.loads(request.body)["state"] == "error"


def test_created_is_taken() -> None:
    assert outcome(201) is None


@pytest.mark.parametrize(
    "message",
    [
        "This SHA and context has reached the maximum number of statuses.",
        "No commit found for SHA: c0ffee",
    ],
)
def test_used_up_statuses_and_unknown_commits_are_for_good(message: str) -> None:
    found = outcome(422, message)
    assert isinstance(found, Exhausted)
    assert message in str(found)


def test_another_422_is_about_this_body_alone() -> None:
    found = outcome(422, "Validation Failed")
    assert isinstance(found, Stalled)
    assert not isinstance(found, Exhausted)


@pytest.mark.parametrize(
    ("status", "message", "headers", "seconds"),
    [
        (403, "secondary rate limit", {"retry_after": "30"}, 30.0),
        (429, "", {"retry_after": "30"}, 30.0),
        (
            403,
            "API rate limit exceeded",
            {"x_ratelimit_remaining": "0", "x_ratelimit_reset": f"{AT + 600}"},
            600.0,
        ),
        (
            403,
            "",
            {"x_ratelimit_remaining": "0", "x_ratelimit_reset": f"{AT - 5}"},
            1.0,
        ),
        (403, "", {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "soon"}, 60.0),
        (403, "You have exceeded a secondary rate limit", {}, 60.0),
        (429, "", {"x_ratelimit_remaining": "12", "x_ratelimit_reset": f"{AT}"}, 60.0),
        (
            403,
            "",
            {
                "retry_after": "5",
                "x_ratelimit_remaining": "0",
                "x_ratelimit_reset": f"{AT + 600}",
            },
            5.0,
        ),
    ],
)
def test_limits_are_waited_out_as_github_asks(
    status: int, message: str, headers: dict[str, str], seconds: float
) -> None:
    found = outcome(status, message, **headers)
    assert isinstance(found, Waiting)
    assert found.retry_after == seconds
    assert str(found).startswith("GitHub limits us")


def test_a_plain_403_is_a_matter_of_the_tokens_rights() -> None:
    found = outcome(403, "Resource not accessible by personal access token")
    assert isinstance(found, Waiting)
    assert found.retry_after == SETUP_WAIT
    assert "token" in (found.hint or "")


def test_neither_repr_nor_errors_show_the_token() -> None:
    assert TOKEN not in repr(GITHUB)
    for status in (400, 401, 403, 422, 429, 500):
        assert TOKEN not in str(outcome(status, f"Authorization: Bearer {TOKEN}"))
