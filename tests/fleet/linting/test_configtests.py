from typing import Any

import pytest

from reconciler.fleet.findings import Severity
from reconciler.fleet.linting import configtests
from reconciler.fleet.linting.configtests import Failure, Outcome
from tests.fleet.conftest import MakeFleet

FLEET = """\
apiVersion: reconciler/v1
kind: Fleet
metadata: {name: test}
---
apiVersion: reconciler/v1
kind: AgentGroup
metadata: {name: gateways}
spec: {selector: {matchLabels: {role: gateway}}}
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: base}
spec:
  selector: {}
  config:
    receivers: {nop: {}}
    exporters: {debug: {}}
    service:
      pipelines:
        traces: {receivers: [nop], exporters: [debug]}
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: gateway}
spec:
  selector: {matchLabels: {role: gateway}, trusted: [role]}
  priority: 10
  config: {exporters: {debug: {verbosity: detailed}}}
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: clash}
spec:
  selector: {matchLabels: {clash: "yes"}}
  priority: 10
  config: {exporters: {debug: {verbosity: basic}}}
"""


OTHERS = """\
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: elastic}
spec: {selector: {}, entry: elastic, files: [elastic.json]}
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: motd}
spec: {selector: {}, entry: motd, files: [motd.txt]}
"""


@pytest.mark.parametrize(
    ("entry", "values", "failures"),
    [
        ("elastic", "{/poll/seconds: 5}", []),
        ("elastic", "{/poll: {seconds: 6}}", ["/poll: expected {seconds: 6}, got"]),
        ("motd", "{'': 'password is x'}", []),
        ("motd", "{'': y}", ["the whole config: expected y, got 13 bytes of text"]),
        ("motd", "{/a: 1}", ["/a: expected 1, got nothing"]),
    ],
)
def test_an_entry_of_json_or_text_is_tested_like_any_other(
    fleet_of: MakeFleet, entry: str, values: str, failures: list[str]
) -> None:
    test = (
        "apiVersion: reconciler/v1\nkind: ConfigTest\nmetadata: {name: one}\n"
        f"spec: {{labels: {{}}, entry: {entry}, expect: {{values: {values}}}}}\n"
    )
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET + OTHERS,
            "elastic.json": '{"poll": {"seconds": 5}}',
            "motd.txt": "password is x",
            "test.yaml": test,
        }
    )
    assert fleet.findings == ()
    [found] = configtests.run(fleet)
    assert len(found.failures) == len(failures)
    for failure, expected in zip(found.failures, failures, strict=True):
        assert str(failure).startswith(expected)


@pytest.fixture
def outcome(fleet_of: MakeFleet) -> Any:
    def run(labels: str, expect: str, entry: str = '""') -> Outcome:
        test = (
            "apiVersion: reconciler/v1\nkind: ConfigTest\n"
            "metadata: {name: one}\nspec:\n"
            f"  labels: {labels}\n  entry: {entry}\n  expect: {expect}\n"
        )
        fleet = fleet_of({"fleet.yaml": FLEET, "tests/one.yaml": test})
        assert not fleet.findings
        [found] = configtests.run(fleet)
        return found

    return run


@pytest.mark.parametrize(
    ("labels", "expect"),
    [
        ("{role: gateway}", "{group: gateways, documents: [base, gateway]}"),
        ("{}", "{group: default, documents: [base]}"),
        ("{role: gateway}", "{values: {/exporters/debug/verbosity: detailed}}"),
        ("{}", "{values: {/service/pipelines/traces/receivers/0: nop}}"),
        ("{}", "{values: {/exporters: {debug: {}}}}"),
        ("{}", "{absent: [/exporters/debug/verbosity, /processors, /exporters/0]}"),
        ("{role: gateway, clash: 'yes'}", "{findings: [E070]}"),
        ("{}", "{findings: []}"),
    ],
)
def test_what_an_agent_gets_can_be_expected(
    outcome: Any, labels: str, expect: str
) -> None:
    assert outcome(labels, expect).failures == ()


def told(failure: Failure) -> tuple[str, str, str, list[str]]:
    places = [str(place) for place in failure.origin]
    return failure.what, failure.expected, failure.got, places


@pytest.mark.parametrize(
    ("labels", "expect", "failures"),
    [
        (
            "{role: gateway}",
            "{values: {/exporters/debug/verbosity: normal}}",
            [
                (
                    "/exporters/debug/verbosity",
                    "normal",
                    "detailed",
                    ["fleet.yaml:28:43"],
                )
            ],
        ),
        (
            "{}",
            "{values: {/exporters/debug/verbosity: normal}}",
            [("/exporters/debug/verbosity", "normal", "nothing", [])],
        ),
        ("{}", "{values: {'': 1}}", None),
        (
            "{}",
            "{absent: [/exporters/debug]}",
            [("/exporters/debug", "nothing", "{}", ["fleet.yaml:17:24"])],
        ),
        ("{}", "{group: gateways}", [("group", "gateways", "default", [])]),
        (
            "{role: gateway}",
            "{documents: [base]}",
            [("documents", "[base]", "[base, gateway]", ["fleet.yaml:22:1"])],
        ),
        ("{}", "{documents: []}", None),
        ("{}", "{findings: [E070]}", [("findings", "[E070]", "none", [])]),
    ],
)
def test_a_failure_says_what_came_instead_and_from_where(
    outcome: Any, labels: str, expect: str, failures: Any
) -> None:
    found = [told(one) for one in outcome(labels, expect).failures]
    assert found == failures or (failures is None and len(found) == 1)


def test_an_agent_that_is_held_back_fails_once_with_the_reason(outcome: Any) -> None:
    [failure] = outcome(
        "{role: gateway, clash: 'yes'}",
        "{documents: [base], values: {/a: 1}, absent: [/exporters]}",
    ).failures
    assert failure.what == "findings"
    assert failure.got.startswith("E070 (")
    assert str(failure.where) == "tests/one.yaml:1:1"


def test_values_cannot_be_as_expected_where_being_held_back_is(outcome: Any) -> None:
    expect = "{findings: [E070], values: {/exporters/debug/verbosity: basic}}"
    [failure] = outcome("{role: gateway, clash: 'yes'}", expect).failures
    assert failure.got == "nothing"


def test_another_entry_can_be_looked_at(outcome: Any) -> None:
    [failure] = outcome("{}", "{values: {/exporters: {}}}", entry="other").failures
    assert failure.got == "nothing"


def test_secrets_are_hidden_on_both_sides(fleet_of: MakeFleet) -> None:
    secret = FLEET.replace("{debug: {}}", '{debug: {}, "x/token": HUNTER1}')
    test = """\
apiVersion: reconciler/v1
kind: ConfigTest
metadata: {name: secret}
spec: {labels: {}, expect: {values: {/exporters/x~1token: HUNTER2}}}
"""
    fleet = fleet_of({"fleet.yaml": secret, "test.yaml": test})
    [result] = configtests.run(fleet)
    assert result.failures
    assert "HUNTER" not in str(result.failures)


def test_failures_are_findings_at_the_expectation(fleet_of: MakeFleet) -> None:
    test = """\
apiVersion: reconciler/v1
kind: ConfigTest
metadata: {name: one}
spec:
  labels: {}
  expect:
    group: gateways
    absent: [/exporters/debug]
"""
    fleet = fleet_of({"fleet.yaml": FLEET, "test.yaml": test})
    group, absent = configtests.check(fleet)
    assert (group.rule, group.severity) == ("E078", Severity.ERROR)
    assert str(group.where) == "test.yaml:7:5"
    assert group.message == (
        "the test `one` fails: group: expected gateways, got default"
    )
    assert [str(place) for place in absent.also] == ["fleet.yaml:17:24"]
    assert fleet.findings == ()


def test_a_fleet_without_tests_has_no_failures(fleet_of: MakeFleet) -> None:
    assert configtests.check(fleet_of({"fleet.yaml": FLEET})) == ()
