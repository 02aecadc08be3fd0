from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Stalled, Waiting
from reconciler.report import answers
from reconciler.report.answers import LONGEST_WAIT, SETUP_WAIT
from reconciler.report.exchange import Response
from tests.report.fake_forge import TOKEN

DATE = "Tue, 24 Nov 2026 10:00:00 GMT"


def response(body: bytes = b"", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(500, named, body)


def outcome(status: int, **headers: str) -> answers.Outcome:
    answer = replace(response(**headers), status=status)  # type: ignore[arg-type] # no body among them
    return answers.outcome(answer, forge="Forge", said="no")


def test_created_is_taken() -> None:
    assert outcome(201) is None


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451, 200, 204, 302, 307])
def test_a_wrong_set_up_waits_long_and_says_what_to_mend(status: int) -> None:
    found = outcome(status)
    assert isinstance(found, Waiting)
    assert found.retry_after == SETUP_WAIT
    assert str(found) == f"Forge answered {status}: no"
    assert found.hint


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    found = outcome(status)
    assert isinstance(found, Waiting)
    assert found.retry_after is None


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_time_that_the_forge_names_is_kept(status: int) -> None:
    found = outcome(status, retry_after="77")
    assert isinstance(found, Waiting)
    assert found.retry_after == 77


@pytest.mark.parametrize("status", [400, 405, 413, 418, 422])
def test_other_refusals_are_about_this_status(status: int) -> None:
    assert isinstance(outcome(status), Stalled)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 1.0),
        ("120", 120.0),
        ("999999999999", LONGEST_WAIT),
        ("Tue, 24 Nov 2026 10:02:00 GMT", 120.0),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 1.0),
        ("Tue, 24 Nov 2099 10:00:00 -0000", LONGEST_WAIT),
        ("-5", None),
        ("soon", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("²", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date_by_the_clock_of_the_forge(
    value: str, seconds: float | None
) -> None:
    assert answers.retry_after(response(retry_after=value, date=DATE)) == seconds


def test_a_date_to_retry_at_is_no_use_without_the_date_of_the_answer() -> None:
    assert answers.retry_after(response(retry_after=DATE)) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"message": "Bad credentials"}', "Bad credentials"),
        (b'{"message": "a\\nb", "errors": [{"message": "c"}, 7]}', "a b: c"),
        (b'{"message": 7, "errors": "x"}', ""),
        (b'["message"]', ""),
        (b"<html>sign in</html>", ""),
        (b"", ""),
        (b"\xff", ""),
    ],
)
def test_the_words_of_the_forge_are_its_messages_on_one_line(
    body: bytes, words: str
) -> None:
    assert answers.said(response(body=body), secret=TOKEN) == words


@given(st.integers(0, 250))
def test_the_token_never_gets_into_words_however_they_are_cut(before: int) -> None:
    text = "x" * before + TOKEN
    body = b'{"message": "%s"}' % text.encode()
    words = answers.said(response(body=body), secret=TOKEN)
    assert len(words) <= answers.SAID_LIMIT
    assert "canary" not in words
