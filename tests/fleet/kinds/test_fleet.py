import pytest

from reconciler.fleet.documents import DriftMode, GroupPolicy
from reconciler.fleet.kinds import fleet
from reconciler.fleet.kinds.fleet import Root
from tests.fleet.reader import Reader


def test_a_fleet_needs_no_spec(reader: Reader) -> None:
    assert fleet.read(reader.document("metadata: {name: acme}")) == Root(name="acme")
    assert reader.messages == []


def test_a_fleet_sets_the_status_context_and_every_default(reader: Reader) -> None:
    document = reader.spec(
        "{statuses: {context: acme/fleet}, defaults: {suspend: true, drift: report, "
        "requireAgents: true, soak: 1m, answerTimeout: 5s, applyTimeout: 1m30s}}"
    )
    policy = GroupPolicy(
        suspend=True,
        require_agents=True,
        drift=DriftMode.REPORT,
        soak=60,
        answer_timeout=5,
        apply_timeout=90,
    )
    root = fleet.read(document)
    assert (root.status_prefix, root.policy) == ("acme/fleet", policy)
    assert reader.messages == []


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
        (
            "{defaults: {answerTimeout: 0s}}",
            "`spec.defaults.answerTimeout` must be between 1s and 24h, not `0s`",
        ),
    ],
)
def test_a_fleet_is_checked(reader: Reader, spec: str, message: str) -> None:
    fleet.read(reader.spec(spec))
    assert reader.messages == [message]
