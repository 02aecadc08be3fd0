"""The JSON API, over a view of real state types."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.documents import Broken, Kind
from reconciler.fleet.labels import Selector
from reconciler.ids import InstanceUid, format_uid
from reconciler.state.agent import Sync
from reconciler.state.conditions import CommitState, GroupStatus, Standing
from reconciler.state.observed import ConnectionId
from reconciler.web import app
from tests.web import fakes
from tests.web.fakes import FakeView


def names(client: TestClient, query: str = "") -> list[str]:
    answer = client.get(f"/api/v1/agents{query}")
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["agents"]]


def test_agents_come_in_order_of_uid_with_where_they_stand_and_why(
    client: TestClient,
) -> None:
    agents = client.get("/api/v1/agents").json()["agents"]
    assert [(one["name"], one["sync"], one["reason"]) for one in agents] == [
        ("gateway-1", "Synced", "Running"),
        ("gateway-2", "Failed", "Rejected"),
        ("node-1", "Drifted", "EffectiveDiffers"),
        ("node-2", "Pending", "RenderError"),
        ("node-3", "Unmanaged", "NotSelected"),
    ]


def test_a_build_is_told_once_for_all_its_agents_and_on_every_page(
    client: TestClient, view: FakeView
) -> None:
    view.component_sets[b"\x0a"] = {"exporters": frozenset({"otlp", "debug"})}
    view.component_sets[b"\x0b"] = {"exporters": frozenset({"nop"})}
    for one in view.agents.values():
        one.components_hash = b"\x0a"
    page = client.get("/api/v1/agents?limit=2").json()
    assert [one["componentsHash"] for one in page["agents"]] == ["0a", "0a"]
    assert page["components"] == {"0a": {"exporters": ["debug", "otlp"]}}
    uid = page["agents"][0]["uid"]
    detail = client.get(f"/api/v1/agents/{uid}").json()["agent"]
    assert detail["components"] == {"exporters": ["debug", "otlp"]}


def test_an_agent_summary_says_presence_health_and_hashes(client: TestClient) -> None:
    agents = client.get("/api/v1/agents").json()["agents"]
    assert [one["presence"] for one in agents] == [
        "connected",
        "connected",
        "polling",
        "connected",
        "disconnected",
    ]
    assert [one["healthy"] for one in agents] == [True, True, False, True, True]
    assert agents[0]["desiredHash"] == agents[0]["reportedHash"] == "01" * 32
    assert agents[4]["desiredHash"] is None
    assert agents[0]["since"] == "2026-09-21T14:03:20.000Z"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?group=nodes", ["node-1", "node-2", "node-3"]),
        ("?sync=Failed", ["gateway-2"]),
        ("?group=nodes&sync=Failed", []),
        ("?selector=host.name in (node-1,gateway-1)", ["gateway-1", "node-1"]),
        ("?selector=!role", []),
        ("?limit=2", ["gateway-1", "gateway-2"]),
    ],
)
def test_filters_hold_together(
    client: TestClient, query: str, expected: list[str]
) -> None:
    assert names(client, query) == expected


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.sets(st.integers(0, 0xFFFF), max_size=12), limit=st.integers(1, 5))
def test_pages_hold_every_agent_once(numbers: set[int], limit: int) -> None:
    view = FakeView()
    for number in numbers:
        view.add(fakes.agent(number, f"host-{number}"))
    client = TestClient(app.create_app(view))
    found: list[str] = []
    query = f"?limit={limit}"
    for _ in itertools.count():
        page = client.get(f"/api/v1/agents{query}").json()
        found += [one["uid"] for one in page["agents"]]
        if page["continue"] is None:
            break
        query = f"?limit={limit}&continue={page['continue']}"
    assert found == [format_uid(fakes.uid(number)) for number in sorted(numbers)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?lable=x", "unknown query parameter: lable"),
        ("?selector=a in", "`a in` is not a selector"),
        ("?sync=Sync", "sync: no such state: Sync"),
        ("?limit=0", "limit: out of range"),
        ("?limit=1001", "limit: out of range"),
        ("?limit=²", "limit: out of range"),
        ("?continue=next", "continue: not a token of this API"),
    ],
)
def test_a_wrong_question_is_refused_with_the_reason_and_a_hint(
    client: TestClient, query: str, message: str
) -> None:
    answer = client.get(f"/api/v1/agents{query}")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["message"].startswith(message)
    assert error["hint"]


@pytest.mark.parametrize("path", ["status", "groups", "revisions", "agents/gateway-1"])
def test_no_path_takes_parameters_it_does_not_know(
    client: TestClient, path: str
) -> None:
    assert client.get(f"/api/v1/{path}?x=1").status_code == 400


@pytest.mark.parametrize(
    "words",
    [
        "gateway-2",
        "GATEWAY-2",
        format_uid(fakes.uid(2)),
        format_uid(fakes.uid(2)).replace("-", "").upper(),
        "0002",
        "00020000-00",
    ],
)
def test_an_agent_is_found_by_name_uid_or_prefix(
    client: TestClient, words: str
) -> None:
    answer = client.get(f"/api/v1/agents/{words}")
    assert answer.status_code == 200
    assert answer.json()["agent"]["name"] == "gateway-2"


@pytest.mark.parametrize(
    "words", ["000", "nobody", format_uid(fakes.uid(99)), "%1b[31m"]
)
def test_an_unknown_agent_is_not_found(client: TestClient, words: str) -> None:
    answer = client.get(f"/api/v1/agents/{words}")
    assert answer.status_code == 404
    assert "\x1b" not in answer.json()["error"]["message"]


def test_an_ambiguous_name_lists_the_candidates(
    client: TestClient, view: FakeView
) -> None:
    fakes.renamed(view, 1, "twin")
    fakes.renamed(view, 2, "twin")
    answer = client.get("/api/v1/agents/twin")
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["message"] == "2 agents are called twin"
    one, other = format_uid(fakes.uid(1)), format_uid(fakes.uid(2))
    heard = "connected, last heard 2026-09-21T14:13:17.000Z"
    assert error["hint"] == (f"name one by its uid: {one} ({heard}), {other} ({heard})")


def twins(view: FakeView, *, away: int) -> None:
    """Agents 1 to 5 are called twin; the last `away` of them are away."""
    for number in range(1, 6):
        fakes.renamed(view, number, "twin")
        leaves(view, number) if number > 5 - away else stays(view, number)


def leaves(view: FakeView, number: int) -> None:
    one = view.agents[fakes.uid(number)]
    one.connection, one.disconnected_at = None, fakes.NOW - 60 * number


def stays(view: FakeView, number: int) -> None:
    one = view.agents[fakes.uid(number)]
    one.connection, one.disconnected_at = ConnectionId(number), None


def test_of_several_with_one_name_the_one_that_is_connected_is_meant(
    client: TestClient, view: FakeView
) -> None:
    twins(view, away=4)
    for path in ("agents/twin", "agents/TWIN/config"):
        found = client.get(f"/api/v1/{path}").json()["agent"]
        assert found["uid"] == format_uid(fakes.uid(1))


@pytest.mark.parametrize("away", [3, 5])
def test_several_with_one_name_are_told_apart_by_presence_and_when_they_were_heard(
    client: TestClient, view: FakeView, away: int
) -> None:
    twins(view, away=away)
    view.agents[fakes.uid(4)].last_seen = fakes.NOW - 1
    fakes.expects(view, 5)
    error = client.get("/api/v1/agents/twin").json()["error"]
    first = 4 if away == 5 else 1
    heard = "2026-09-21T14:13:19.000Z" if away == 5 else "2026-09-21T14:13:17.000Z"
    word = "disconnected" if away == 5 else "connected"
    start = f"{format_uid(fakes.uid(first))} ({word}, last heard {heard}), "
    assert error["hint"].startswith(f"name one by its uid: {start}")
    assert f"{format_uid(fakes.uid(5))} (missing, last heard 2026-" in error["hint"]


def test_of_very_many_with_one_name_some_are_shown(
    client: TestClient, view: FakeView
) -> None:
    twins(view, away=5)
    for number in range(6, 21):
        view.add(fakes.agent(number, "twin"))
    hint = client.get("/api/v1/agents/twin").json()["error"]["hint"]
    assert hint.count("connected, last heard") == 5
    assert hint.endswith(" and 15 more")


def test_a_prefix_is_not_taken_for_a_name(client: TestClient, view: FakeView) -> None:
    view.agents.clear()
    for low in (1, 2):
        one = fakes.agent(7, f"host-{low}")
        one.uid = InstanceUid(one.uid[:-1] + bytes([low]))
        view.add(one)
    view.agents[min(view.agents)].connection = None
    assert client.get("/api/v1/agents/0007").status_code == 409


def test_hosts_that_were_never_heard_are_listed_on_the_first_page(
    client: TestClient, view: FakeView
) -> None:
    fakes.never_heard(view)
    page = client.get("/api/v1/agents?limit=2").json()
    assert page["missing"] == [
        {
            "name": "gateway-8",
            "group": "gateways",
            "labels": {"host.name": "gateway-8", "env": "prod"},
        },
        {
            "name": "node-9",
            "group": "nodes",
            "labels": {"host.name": "node-9", "env": "test"},
        },
    ]
    assert len(page["agents"]) == 2
    second = client.get(f"/api/v1/agents?limit=2&continue={page['continue']}").json()
    assert second["missing"] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?group=nodes", ["node-9"]),
        ("?selector=env=prod", ["gateway-8"]),
        ("?selector=env=prod&group=nodes", []),
        ("?sync=Failed", []),
        ("?sync=", ["gateway-8", "node-9"]),
    ],
)
def test_filters_hold_for_hosts_that_were_never_heard(
    client: TestClient, view: FakeView, query: str, expected: list[str]
) -> None:
    fakes.never_heard(view)
    page = client.get(f"/api/v1/agents{query}").json()
    assert [host["name"] for host in page["missing"]] == expected


def test_a_host_that_was_never_heard_is_no_unknown_name(
    client: TestClient, view: FakeView
) -> None:
    fakes.never_heard(view)
    answer = client.get("/api/v1/agents/NODE-9")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == (
        "NODE-9 was never heard: the inventory names it, and no agent answers to it"
    )


def test_an_agent_that_is_away_counts_until_a_time_and_is_missing_where_it_is_expected(
    client: TestClient, view: FakeView
) -> None:
    def presence(name: str) -> list[object]:
        one = client.get(f"/api/v1/agents/{name}").json()["agent"]
        return [one["presence"], one["disconnectedAt"], one["forgottenAt"]]

    fakes.expects(view, 1)
    assert presence("gateway-1") == ["connected", None, None]
    away = ["2026-09-21T14:11:20.000Z", "2026-09-28T14:11:20.000Z"]
    assert presence("node-3") == ["disconnected", *away]
    fakes.expects(view, 5)
    assert presence("node-3") == ["missing", *away]


@pytest.mark.parametrize(
    "words", ["node-3", "NODE-3", "0005", format_uid(fakes.uid(5))]
)
def test_an_agent_that_is_away_is_forgotten_and_what_was_known_is_answered(
    client: TestClient, view: FakeView, words: str
) -> None:
    view.agents[fakes.uid(5)].failures = view.agents[fakes.uid(2)].failures
    answer = client.delete(f"/api/v1/agents/{words}")
    assert answer.status_code == 200
    known = answer.json()["agent"]
    assert (known["name"], known["presence"]) == ("node-3", "disconnected")
    assert [failure["reason"] for failure in known["failures"]] == ["Rejected"]
    assert view.forgotten == [(fakes.uid(5), "testclient")]
    assert client.delete(f"/api/v1/agents/{words}").status_code == 404


@pytest.mark.parametrize(
    ("name", "word"), [("gateway-1", "connected"), ("node-1", "polling")]
)
def test_an_agent_that_is_there_is_not_forgotten(
    client: TestClient, view: FakeView, name: str, word: str
) -> None:
    answer = client.delete(f"/api/v1/agents/{name}")
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["message"] == (
        f"{name} is {word}: only agents that are away can be forgotten"
    )
    assert error["hint"]
    assert view.forgotten == []


def test_of_several_with_one_name_none_is_forgotten(
    client: TestClient, view: FakeView
) -> None:
    twins(view, away=4)
    answer = client.delete("/api/v1/agents/twin")
    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "5 agents are called twin"
    assert client.delete("/api/v1/agents/node-3?force=1").status_code == 400
    assert view.forgotten == []


def test_a_description_holds_offer_quarantine_and_the_agents_own_words(
    client: TestClient,
) -> None:
    agent = client.get("/api/v1/agents/gateway-2").json()["agent"]
    assert agent["remoteConfigStatus"] == {
        "hash": "02" * 32,
        "status": "FAILED",
        "error": "unknown type: “otlphtp”",
    }
    assert agent["lastOffer"] == {
        "hash": "02" * 32,
        "generation": 2,
        "kind": "rollout",
        "at": "2026-09-21T14:13:14.000Z",
        "attempt": 1,
        "acknowledged": True,
    }
    assert agent["failures"] == [
        {
            "hash": "02" * 32,
            "reason": "Rejected",
            "detail": "unknown type: “otlphtp”",
            "at": "2026-09-21T14:13:15.000Z",
        }
    ]
    assert agent["lastGoodHash"] == "01" * 32
    assert agent["capabilities"] == ["REPORTS_STATUS", "ACCEPTS_REMOTE_CONFIG"]


def test_a_description_says_what_is_desired_or_what_holds_it_back(
    client: TestClient,
) -> None:
    def desired(name: str) -> object:
        return client.get(f"/api/v1/agents/{name}").json()["agent"]["desired"]

    assert desired("gateway-1") == {
        "hash": "01" * 32,
        "documents": ["base"],
        "findings": [],
    }
    assert desired("node-2") == {
        "hash": None,
        "documents": [],
        "findings": [
            {
                "rule": "E010",
                "severity": "error",
                "message": "two documents set one value",
                "path": "layers/a.yaml",
                "line": 3,
                "column": 5,
                "hint": "raise one's priority",
            }
        ],
    }
    assert desired("node-3") == {"hash": None, "documents": [], "findings": []}


def test_a_description_before_any_revision_desires_nothing(
    client: TestClient, view: FakeView
) -> None:
    view.resolutions.clear()
    assert client.get("/api/v1/agents/node-1").json()["agent"]["desired"] is None


def test_a_description_explains_drift_and_ill_health(client: TestClient) -> None:
    agent = client.get("/api/v1/agents/node-1").json()["agent"]
    assert agent["drift"] == {
        "drifted": True,
        "unconfirmed": "",
        "differences": [
            {
                "place": "/exporters/otlp/endpoint",
                "entry": "",
                "path": "/exporters/otlp/endpoint",
                "verdict": "changed",
                "desired": "a",
                "effective": "b",
            }
        ],
        "explanation": ["/exporters/otlp/endpoint: a -> b\ufffd[31m"],
    }
    assert agent["health"]["healthy"] is False
    assert agent["health"]["since"] == "2026-09-21T14:13:00.000Z"
    assert agent["health"]["lastError"] == "out of memory"


def test_the_effective_config_is_shown_without_its_secrets(client: TestClient) -> None:
    agent = client.get("/api/v1/agents/gateway-1").json()["agent"]
    [entry] = agent["effectiveConfig"]["entries"]
    assert "central.example:4317" in entry["text"]
    assert "${env:TOKEN}" in entry["text"]
    assert not {"hunter2", "s3cret"} & set(entry["text"].replace(":", " ").split())
    assert "hunter2" not in entry["text"]
    assert "s3cret" not in entry["text"]


def test_an_agent_that_was_never_heard_is_described_too(
    client: TestClient,
) -> None:
    answer = client.get("/api/v1/agents/node-3")
    agent = answer.json()["agent"]
    assert agent["health"] is agent["remoteConfigStatus"] is agent["lastOffer"] is None
    assert agent["effectiveConfig"] is None
    assert agent["disconnectedAt"] == "2026-09-21T14:11:20.000Z"


def test_groups_say_how_their_agents_count(client: TestClient) -> None:
    assert client.get("/api/v1/groups").json()["groups"][0] == {
        "name": "gateways",
        "state": "failure",
        "description": "1/2 on it, 1 failed: unknown type",
        "counts": {"on it": 1, "failed": 1},
        "agents": 2,
    }


def test_revisions_come_newest_first_with_their_statuses(client: TestClient) -> None:
    newest, before = client.get("/api/v1/revisions").json()["revisions"]
    assert newest["revision"] == f"main@sha1:{fakes.COMMIT}"
    assert newest["statuses"] == [
        {
            "context": "fleet/gateways",
            "state": "failure",
            "description": "1/2 on it, 1 failed",
            "changedAt": "2026-09-21T14:13:15.000Z",
            "posted": False,
            "error": "502 Bad Gateway",
        }
    ]
    assert (before["state"], before["statuses"]) == ("superseded", [])


def test_revisions_can_be_limited(client: TestClient) -> None:
    assert len(client.get("/api/v1/revisions?limit=1").json()["revisions"]) == 1


def test_the_status_sums_the_fleet_up(client: TestClient) -> None:
    status = client.get("/api/v1/status").json()
    assert status["schemaVersion"] == "1"
    assert status["revision"]["commit"] == fakes.COMMIT
    assert status["generation"] == 2
    assert status["agents"] == {
        "total": 5,
        "reachable": 4,
        "unhealthy": 1,
        "bySync": {
            "Synced": 1,
            "Failed": 1,
            "Drifted": 1,
            "Pending": 1,
            "Unmanaged": 1,
        },
    }
    assert status["missing"] == {"neverHeard": 0, "away": 0}
    assert status["counters"]["messages_received"] == 120
    assert status["checks"][1] == {
        "name": "forge",
        "ok": False,
        "detail": "502 Bad Gateway",
        "required": False,
    }


def test_the_status_counts_hosts_that_are_away_and_those_never_heard(
    client: TestClient, view: FakeView
) -> None:
    fakes.never_heard(view)
    for number in (1, 5):
        fakes.expects(view, number)
    assert client.get("/api/v1/status").json()["missing"] == {
        "neverHeard": 2,
        "away": 1,
    }


def test_an_agent_that_moved_is_counted_in_one_group(
    client: TestClient, view: FakeView
) -> None:
    counts = {Standing.ON_IT: 2, Standing.MOVED: 3, Standing.MISSING: 1}
    view.group_statuses = [
        GroupStatus(fakes.NODES, CommitState.SUCCESS, "2/3 on it", counts)
    ]
    [group] = client.get("/api/v1/groups").json()["groups"]
    assert (group["agents"], group["counts"]["moved to other groups"]) == (3, 3)


def test_the_status_names_broken_documents_and_counts_whom_they_hold(
    client: TestClient, view: FakeView
) -> None:
    assert client.get("/api/v1/status").json()["broken"] == []
    where = Where("roles/node.yaml", 12, 3)
    why = findings.error("E003", "unknown field `spec.cnfig`", where, "did you mean?")
    view.broken_documents = [
        Broken(Kind.COLLECTOR_CONFIG, "node", where, Selector(), (why,))
    ]
    status = client.get("/api/v1/status").json()
    assert status["held"] == 1
    (broken,) = status["broken"]
    assert (broken["kind"], broken["name"]) == ("CollectorConfig", "node")
    assert (broken["path"], broken["line"]) == ("roles/node.yaml", 12)
    assert [one["rule"] for one in broken["findings"]] == ["E003"]


def test_agents_are_selected_by_labels_of_the_inventory_too(
    client: TestClient, view: FakeView
) -> None:
    listed = replace(view.resolutions[fakes.uid(1)], inventory={"role": "edge"})
    view.resolutions[fakes.uid(1)] = listed
    assert names(client, "?selector=role=edge") == ["gateway-1"]
    assert "gateway-1" not in names(client, "?selector=role=gateway")


def test_the_status_of_a_service_that_just_started_is_complete(
    client: TestClient, view: FakeView
) -> None:
    view.revision = None
    view.agents.clear()
    status = client.get("/api/v1/status").json()
    assert status["revision"] is None
    assert status["agents"]["total"] == 0


HOSTILE = "a\x1b[31mred\x07\nforged: line\u202egnp.exe\u2028" + "x" * 10_000


@pytest.mark.parametrize("path", ["agents", "agents/0002"])
def test_hostile_strings_of_agents_come_out_harmless_and_short(
    client: TestClient, view: FakeView, path: str
) -> None:
    fakes.renamed(view, 2, HOSTILE)
    one = view.agents[fakes.uid(2)]
    one.detail = HOSTILE
    one.sync = Sync.FAILED
    answer = client.get(f"/api/v1/{path}")
    for character in ("\\u001b", "\\u0007", "\u202e", "\u2028", "\x1b", "\x07"):
        assert character not in answer.text
    agents = answer.json()
    found = agents["agents"][1] if path == "agents" else agents["agent"]
    assert len(found["name"]) <= 128
    assert len(found["detail"]) <= 512
    assert "\n" not in found["name"] + found["detail"]


def test_the_distinct_configs_in_force_come_with_how_many_get_them(
    client: TestClient, view: FakeView
) -> None:
    answer = client.get("/api/v1/configs").json()
    assert answer["configs"] == [
        {
            "hash": "01" * 32,
            "documents": ["base"],
            "groups": {"gateways": 1, "nodes": 1},
            "agents": 2,
            "synced": 1,
        },
        {
            "hash": "02" * 32,
            "documents": ["base"],
            "groups": {"gateways": 1},
            "agents": 1,
            "synced": 0,
        },
    ]
    assert answer["agentsWithout"] == 2
    view.resolutions.clear()
    assert client.get("/api/v1/configs").json()["configs"][0]["documents"] == []


def test_an_agent_that_nothing_selects_any_more_should_run_nothing(
    client: TestClient, view: FakeView
) -> None:
    view.agents[fakes.uid(1)].sync = Sync.UNSELECTED
    answer = client.get("/api/v1/configs").json()
    assert [config["agents"] for config in answer["configs"]] == [1, 1]
    assert answer["agentsWithout"] == 3
    one = client.get("/api/v1/agents/gateway-1").json()["agent"]
    assert (one["desiredHash"], one["lastGoodHash"]) == (None, "01" * 32)


def test_what_an_agent_should_run_stands_beside_what_it_runs(
    client: TestClient,
) -> None:
    answer = client.get("/api/v1/agents/gateway-1/config").json()
    assert answer["agent"]["name"] == "gateway-1"
    assert answer["desired"]["hash"] == "01" * 32
    assert "endpoint" in answer["effective"]["entries"][0]["text"]
    blocked = client.get("/api/v1/agents/node-2/config").json()
    assert (blocked["desired"], blocked["effective"]) == (None, None)
    assert client.get("/api/v1/agents/nobody/config").status_code == 404
