from datetime import date

import pytest

from reconciler.errors import Where
from reconciler.fleet.documents import DriftMode, GroupPolicy
from reconciler.fleet.drift_ignores import DriftIgnore
from reconciler.fleet.labels import Selector
from reconciler.fleet.reading.kinds import group
from reconciler.fleet.syntax.pointers import Pattern
from tests.fleet.reader import Reader

PLAIN = GroupPolicy()


def test_a_group_starts_from_the_defaults_of_the_fleet(reader: Reader) -> None:
    defaults = GroupPolicy(soak=3, drift=DriftMode.REPORT)
    made = group.read(
        reader.spec("{selector: {}, priority: 5, soak: 7s, suspend: true}"), defaults
    )
    assert reader.messages == []
    assert made is not None
    assert (made.name, made.priority, made.selector) == ("all", 5, Selector())
    assert made.policy == GroupPolicy(soak=7, suspend=True, drift=DriftMode.REPORT)
    assert made.where == Where("docs/fleet.yaml", 1, 1)


def test_a_group_without_selector_is_none(reader: Reader) -> None:
    assert group.read(reader.spec("{}"), PLAIN) is None
    assert reader.messages == ["`spec.selector` is missing"]


def test_the_default_group_cannot_be_written(reader: Reader) -> None:
    document = reader.document("metadata: {name: default}\nspec: {selector: {}}")
    group.read(document, PLAIN)
    assert reader.messages == ["the group `default` is there by itself"]


@pytest.mark.parametrize("name", ["lint", "plan"])
def test_a_group_is_not_called_like_a_status_of_the_whole_fleet(
    reader: Reader, name: str
) -> None:
    document = reader.document(f"metadata: {{name: {name}}}\nspec: {{selector: {{}}}}")
    group.read(document, PLAIN)
    (found,) = reader.report.findings
    assert (found.rule, found.message) == ("E005", f"no group may be called `{name}`")
    assert found.where == Where("docs/fleet.yaml", 1, 18)
    assert found.hint
    assert f"`{name}-agents`" in found.hint


def test_a_group_may_put_up_with_drift_for_a_reason(reader: Reader) -> None:
    ignores = (
        "[{path: /service/telemetry/logs/level, until: 2027-01-31, reason: INC-4411}, "
        "{path: /extensions/*, reason: ours}]"
    )
    made = group.read(reader.spec(f"{{selector: {{}}, driftIgnore: {ignores}}}"), PLAIN)
    assert reader.messages == []
    assert made is not None
    level, extensions = made.policy.drift_ignores
    assert level.until == date(2027, 1, 31)
    assert (str(level.path), level.reason) == (
        "/service/telemetry/logs/level",
        "INC-4411",
    )
    assert (str(extensions.path), extensions.until) == ("/extensions/*", None)


def test_a_group_takes_over_or_replaces_what_the_fleet_puts_up_with(
    reader: Reader,
) -> None:
    defaults = GroupPolicy(drift_ignores=(DriftIgnore(Pattern(("a",)), "why"),))
    made = group.read(reader.spec("{selector: {}}"), defaults)
    assert made is not None
    assert made.policy.drift_ignores == defaults.drift_ignores
    made = group.read(reader.spec("{selector: {}, driftIgnore: []}"), defaults)
    assert made is not None
    assert made.policy.drift_ignores == ()


def test_a_group_says_how_long_an_agent_that_is_away_counts(reader: Reader) -> None:
    defaults = GroupPolicy(forget_after=600)
    for spec, expected in (
        ("{selector: {}, forgetAfter: 60s}", 60),
        ("{selector: {}, forgetAfter: 8784h}", 8784 * 3600),
        ("{selector: {}}", 600),
    ):
        made = group.read(reader.spec(spec), defaults)
        assert made is not None
        assert made.policy.forget_after == expected
    assert reader.messages == []


@pytest.mark.parametrize("wrong", ["59s", "8785h", "0", "0s", "-5m"])
def test_a_group_that_would_forget_at_once_or_never_keeps_the_default(
    reader: Reader, wrong: str
) -> None:
    defaults = GroupPolicy(forget_after=600)
    made = group.read(
        reader.spec(f"{{selector: {{}}, forgetAfter: {wrong}}}"), defaults
    )
    assert made is not None
    assert made.policy.forget_after == 600
    (message,) = reader.messages
    assert message.startswith("`spec.forgetAfter` must be ")


@pytest.mark.parametrize(
    ("ignore", "message"),
    [
        ("{path: /a}", "`spec.driftIgnore[0].reason` is missing"),
        ("{reason: why}", "`spec.driftIgnore[0].path` is missing"),
        ("a", "`spec.driftIgnore[0]` must be a mapping, not `a`"),
        (
            "{path: /a, reason: why, until: soon}",
            "`spec.driftIgnore[0].until` must be a day such as 2027-03-31, not `soon`",
        ),
        (
            "{path: a, reason: why}",
            (
                "`a` in `spec.driftIgnore[0].path` is not a JSON Pointer: "
                "a JSON Pointer starts with `/`"
            ),
        ),
        (
            ", ".join(["{path: /a, reason: why}"] * 51),
            "`spec.driftIgnore` must be a list of at most 50 paths, not a list",
        ),
    ],
)
def test_what_a_group_puts_up_with_is_checked(
    reader: Reader, ignore: str, message: str
) -> None:
    group.read(reader.spec(f"{{selector: {{}}, driftIgnore: [{ignore}]}}"), PLAIN)
    assert reader.messages == [message]
