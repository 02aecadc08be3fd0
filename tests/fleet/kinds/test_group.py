from reconciler.errors import Where
from reconciler.fleet.documents import DriftMode, GroupPolicy
from reconciler.fleet.kinds import group
from reconciler.fleet.labels import Selector
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
