import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Waiting
from reconciler.report import shown
from reconciler.report.exchange import Response
from reconciler.report.shown import Listed, Shown
from reconciler.state.conditions import DESCRIPTION_LIMIT, CommitState

ROW = {"id": 7, "context": "fleet/all", "state": "success", "description": "3/3"}


def listed(body: object, *contexts: str) -> Listed:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return shown.listed(
        Response(200, {}, raw), contexts or ("fleet/all",), forge="Gitea"
    )


def test_statuses_are_listed_by_the_contexts_that_were_asked_about() -> None:
    rows = [ROW, {**ROW, "id": 6, "context": "ci/build"}, {**ROW, "id": 5}]
    found = [Shown(7, "success", "3/3"), Shown(5, "success", "3/3")]
    assert listed(rows) == {"fleet/all": found}
    assert listed(rows, "fleet/other") == {}


def test_the_state_has_one_name_on_github_and_another_on_gitea() -> None:
    row = {"id": 7, "context": "fleet/all", "status": "failure", "description": None}
    [found] = listed([row])["fleet/all"]
    assert (found.state, found.description) == (CommitState.FAILURE, "")
    assert str(found) == "failure"


def test_the_warning_that_gitea_has_for_an_overtaken_commit_is_an_error() -> None:
    [found] = listed([{**ROW, "status": "warning"}])["fleet/all"]
    assert found.state is CommitState.ERROR
    assert str(found) == "warning: 3/3"


def test_a_word_that_this_service_never_writes_is_no_state() -> None:
    [found] = listed([{**ROW, "state": "skipped"}])["fleet/all"]
    assert found.state is None


def test_what_others_wrote_is_on_one_line_and_no_longer_than_ours() -> None:
    [found] = listed([{**ROW, "description": "a\nb\0" + "x" * 1000}])["fleet/all"]
    assert found.description.startswith("a b x")
    assert len(found.description) == DESCRIPTION_LIMIT


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff", b'[{"id":1', {}, {"statuses": []}, None, 7]
)
def test_what_is_no_list_is_waiting(body: object) -> None:
    with pytest.raises(Waiting, match="no list of commit statuses"):
        listed(body)


def test_a_list_nested_too_deep_is_waiting() -> None:
    with pytest.raises(Waiting):
        listed(b"[" * 100_000)


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
names = st.sampled_from(["id", "context", "state", "status", "description"])
rows = st.dictionaries(names, json | st.just("fleet/all"))


@given(st.lists(rows | json))
def test_rows_that_are_not_as_published_are_passed_over(body: list[object]) -> None:
    for found in listed(body).get("fleet/all", []):
        assert isinstance(found.id, int)
        assert len(str(found)) < 3 * DESCRIPTION_LIMIT
