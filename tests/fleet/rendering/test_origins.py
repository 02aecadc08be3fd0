from collections.abc import Iterator

from hypothesis import given

from reconciler.errors import Where
from reconciler.fleet.documents import CollectorConfig, Fleet
from reconciler.fleet.rendering import layers, origins
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table, same
from tests.fleet import fleets
from tests.fleet.fleets import EVERY, Document, config


def marked(fleet: Fleet, name: str) -> CollectorConfig:
    return origins.mark(fleet.configs[name], layers.values(fleet, EVERY))


def walked(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Sequence):
        for item in node.items:
            yield from walked(item)
    if isinstance(node, Table):
        for _, value in node.items.values():
            yield from walked(value)


VALUES = fleets.variables("values", values={"m": {"k": [1, 2]}, "n": 1})


def test_every_place_says_whose_it_is_and_where_it_stands() -> None:
    fleet = fleets.fleet(config("one", config={"a": [1, {"b": None}]}))
    plainly = fleet.configs["one"].fragments[0].node
    tree = marked(fleet, "one").fragments[0].node
    for before, after in zip(walked(plainly), walked(tree), strict=True):
        origin = origins.of(after)
        assert origin.document == "one"
        assert origin.place == before.where
        assert (origin.through, origin.use) == ((), None)


def test_what_came_through_a_variable_says_where_it_is_used() -> None:
    fleet = fleets.fleet(VALUES, config("one", config={"a": {"$var": "m"}}))
    use = fleet.configs["one"].tree.items["a"][1]
    made = marked(fleet, "one")
    assert made.variables == frozenset()
    _, value = made.tree.items["a"]
    for node in walked(value):
        origin = origins.of(node)
        assert origin.place == use.where
        assert origin.through == (fleet.variables[0].values["m"][1].where,)
        assert origin.path == "variables-values.yaml"


def test_the_same_value_at_two_places_has_two_origins() -> None:
    fleet = fleets.fleet(
        VALUES, config("one", config={"a": [{"$var": "m"}, {"$var": "m"}]})
    )
    places = [node.where for node in walked(marked(fleet, "one").fragments[0].node)]
    assert len(places) == len(set(places))


def test_what_is_not_marked_is_nobodys() -> None:
    assert origins.of(Scalar(1, Where("a.yaml", 1, 1))).document == ""


@given(fleets.fleets())
def test_a_marked_tree_means_what_it_meant(documents: list[Document]) -> None:
    plainly = [one for one in documents if not fleet_uses(one)]
    fleet = fleets.fleet_of(fleets.files_of(*plainly))
    for name, one in fleet.configs.items():
        (before,), (after,) = one.fragments, marked(fleet, name).fragments
        assert same(before.node, after.node)
        assert origins.unmarked(after.node) == before.node


def fleet_uses(one: Document) -> bool:
    return "$" in str(one["spec"].get("config"))
