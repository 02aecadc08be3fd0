import pytest

from reconciler.errors import Where
from reconciler.fleet.documents import (
    DriftMode,
    GroupPolicy,
    Guard,
    Missing,
    Unmanaged,
    Unselected,
)
from reconciler.fleet.reading.kinds import fleet
from reconciler.fleet.reading.kinds.fleet import Root
from tests.fleet.reader import Reader


def test_a_fleet_needs_no_spec(reader: Reader) -> None:
    assert fleet.read(reader.document("metadata: {name: acme}")) == Root(name="acme")
    assert reader.messages == []


def test_a_fleet_sets_the_status_context_and_every_default(reader: Reader) -> None:
    document = reader.spec(
        "{statuses: {context: acme/fleet}, defaults: {suspend: true, drift: report, "
        "requireAgents: true, soak: 1m, answerTimeout: 5s, applyTimeout: 1m30s, "
        "forgetAfter: 720h}}"
    )
    policy = GroupPolicy(
        suspend=True,
        require_agents=True,
        drift=DriftMode.REPORT,
        soak=60,
        answer_timeout=5,
        apply_timeout=90,
        forget_after=30 * 24 * 3600,
    )
    root = fleet.read(document)
    assert (root.status_prefix, root.policy) == ("acme/fleet", policy)
    assert reader.messages == []


def test_a_fleet_says_what_agents_mean_that_no_verdict_covers(reader: Reader) -> None:
    root = fleet.read(reader.spec("{}"))
    assert (root.unselected, root.unmanaged, root.missing) == (
        Unselected.HOLD,
        Unmanaged.WARN,
        Missing.TOLERATE,
    )
    root = fleet.read(
        reader.spec("{unselected: release, unmanaged: fail, missing: require}")
    )
    assert (root.unselected, root.unmanaged, root.missing) == (
        Unselected.RELEASE,
        Unmanaged.FAIL,
        Missing.REQUIRE,
    )
    assert reader.messages == []


def test_a_fleet_says_how_much_one_commit_may_change(reader: Reader) -> None:
    assert fleet.read(reader.spec("{}")).guard == Guard(0.5, 10)
    root = fleet.read(reader.spec("{guard: {share: 12.5%, from: 3}}"))
    assert root.guard == Guard(0.125, 3)
    assert fleet.read(reader.spec("{guard: {share: 100%}}")).guard == Guard(1.0, 10)
    assert reader.messages == []


def test_a_fleet_says_what_the_files_of_a_folder_may_touch(reader: Reader) -> None:
    paths = "[/processors/redaction, /service/pipelines/*/processors]"
    root = fleet.read(
        reader.spec(f"{{scopes: [{{folder: teams/payments/, paths: {paths}}}]}}")
    )
    assert reader.messages == []
    (scope,) = root.scopes
    assert scope.folder == "teams/payments"
    assert [str(path) for path in scope.paths] == [
        "/processors/redaction",
        "/service/pipelines/*/processors",
    ]
    assert scope.where == Where("docs/fleet.yaml", 2, 17)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "{statuses: {context: a b}}",
            (
                "`spec.statuses.context` must be words of letters and digits, "
                "joined by `/`, not `a b`"
            ),
        ),
        ("{statuses: {contxt: a}}", "unknown field `spec.statuses.contxt`"),
        ("{defaults: {priority: 1}}", "unknown field `spec.defaults.priority`"),
        ("{guard: {from: 0}}", "`spec.guard.from` must be at least 1, not `0`"),
        ("{guard: {form: 1}}", "unknown field `spec.guard.form`"),
        *(
            (
                f"{{guard: {{share: {share}}}}}",
                f"`spec.guard.share` must be a share such as `50%`, not `{share}`",
            )
            for share in ("101%", "half", "-1%", "5", "0.5")
        ),
        (
            "{scopes: [{folder: a}]}",
            "`spec.scopes[0].paths` is missing",
        ),
        ("{scopes: [{paths: []}]}", "`spec.scopes[0].folder` is missing"),
        ("{scopes: [a]}", "`spec.scopes[0]` must be a mapping, not `a`"),
        (
            "{scopes: [{folder: ../a, paths: []}]}",
            (
                "`spec.scopes[0].folder` must be a folder of the repository, such as "
                "`teams/payments`, not `../a`"
            ),
        ),
        (
            "{unselected: relaese}",
            "`spec.unselected` must be one of hold, release, not `relaese`",
        ),
        (
            "{unmanaged: true}",
            "`spec.unmanaged` must be one of tolerate, warn, fail, not `true`",
        ),
        (
            "{missing: }",
            "`spec.missing` must be one of tolerate, require, not empty",
        ),
        ("{defaults: {unmanaged: warn}}", "unknown field `spec.defaults.unmanaged`"),
        (
            "{defaults: {forgetAfter: 367d}}",
            "`spec.defaults.forgetAfter` must be a duration, not `367d`",
        ),
        (
            "{defaults: {answerTimeout: 0s}}",
            "`spec.defaults.answerTimeout` must be between 1s and 24h, not `0s`",
        ),
    ],
)
def test_a_fleet_is_checked(reader: Reader, spec: str, message: str) -> None:
    fleet.read(reader.spec(spec))
    assert reader.messages == [message]
