from reconciler.errors import Where
from reconciler.fleet.documents import (
    DEFAULT_GROUP,
    AgentGroup,
    CollectorConfig,
    Fleet,
    Fragment,
    GroupPolicy,
)
from reconciler.fleet.labels import Selector
from reconciler.fleet.syntax.nodes import plain
from reconciler.ids import CommitSha, GroupName, Revision
from tests.fleet.trees import read

HERE = Where("fleet.yaml", 1, 1)


def test_the_files_of_one_document_are_laid_over_each_other_in_order() -> None:
    fragments = (
        Fragment(read("{a: 1, b: 1}"), b""),
        Fragment(read("{b: 2}"), b""),
        Fragment(read("{c: 3}"), None),
    )
    config = CollectorConfig("all", HERE, Selector(), 0, fragments)
    assert plain(config.tree) == {"a": 1, "b": 2, "c": 3}


def test_the_default_group_has_the_policy_of_the_fleet() -> None:
    own, general = GroupPolicy(suspend=True), GroupPolicy(soak=3)
    name = GroupName("gateways")
    fleet = Fleet(
        revision=Revision("main", CommitSha("a" * 40)),
        name="acme",
        status_prefix="fleet",
        policy=general,
        groups={name: AgentGroup(name, HERE, Selector(), 0, own)},
        configs={},
        findings=(),
    )
    assert fleet.policy_of(name) == own
    assert fleet.policy_of(DEFAULT_GROUP) == general
