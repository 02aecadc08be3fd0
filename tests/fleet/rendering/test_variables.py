import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.rendering import render, variables
from reconciler.fleet.rendering.render import Blocked, RenderedConfig
from reconciler.fleet.rendering.variables import Values
from reconciler.fleet.syntax.nodes import Scalar, Table, plain, same
from tests.fleet import fleets
from tests.fleet.trees import read, tables

ONE = fleets.variables(
    "one",
    values={
        "host": "gateway",
        "port": 4317,
        "secure": True,
        "ratio": 0.5,
        "none": None,
        "list": ["a", {"b": 1}],
        "token": "${env:TOKEN}",
    },
)
FLEET = fleets.fleet(ONE)


def filled(text: str, fleet: Fleet = FLEET) -> tuple[Table, tuple[Finding, ...]]:
    report = Report()
    tree = Values(fleet, fleet.variables).fill(read(text), report)
    return tree, report.findings


def value(text: str, fleet: Fleet = FLEET) -> object:
    tree, found = filled(f"at: {text}", fleet)
    assert found == ()
    return plain(tree.items["at"][1])


def fault(text: str, fleet: Fleet = FLEET) -> str:
    _, (found,) = filled(f"at: {text}", fleet)
    return found.message


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("{$var: host}", "gateway"),
        ("{$var: port}", 4317),
        ("{$var: secure}", True),
        ("{$var: ratio}", 0.5),
        ("{$var: none}", None),
        ("{$var: list}", ["a", {"b": 1}]),
        ("[x, {$var: list}]", ["x", ["a", {"b": 1}]]),
        ("{$join: [{$var: host}, ':', {$var: port}]}", "gateway:4317"),
        ("{$join: ['s=', {$var: secure}, ';', 1, true]}", "s=true;1true"),
        ("{$join: ['Bearer ', {$var: token}]}", "Bearer ${env:TOKEN}"),
    ],
)
def test_a_use_becomes_the_typed_value(use: str, expected: object) -> None:
    found = value(use)
    assert found == expected
    assert type(found) is type(expected)


def test_what_the_collector_expands_is_left_alone() -> None:
    text = '["${env:HOST}", "$$", "$${var}", "$var", "$join", "${$var: host}"]'
    assert value(text) == [
        "${env:HOST}",
        "$$",
        "$${var}",
        "$var",
        "$join",
        "${$var: host}",
    ]


def test_a_value_keeps_the_place_where_it_was_written() -> None:
    tree, _ = filled("at: {$var: port}\n")
    key, found = tree.items["at"]
    assert key == Where("tree.yaml", 1, 1)
    assert found.where.path == "variables-one.yaml"


def test_a_joined_text_has_the_place_of_the_join() -> None:
    tree, _ = filled("at: {$join: [a, {$var: port}]}\n")
    assert tree.items["at"][1] == Scalar("a4317", Where("tree.yaml", 1, 5))


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("{$join: [{$var: ratio}]}", "not a fraction"),
        ("{$join: [{$var: none}]}", "not empty"),
        ("{$join: [{$var: list}]}", "not a list"),
    ],
)
def test_only_text_whole_numbers_and_booleans_are_joined(
    use: str, message: str
) -> None:
    _, (found,) = filled(f"at: {use}")
    assert found.rule == "E074"
    assert found.message == (
        f"`$join` takes text, whole numbers and booleans, {message}; "
        "it stands at tree.yaml:1:5"
    )
    assert found.where.path == "variables-one.yaml"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("hosts", "did you mean `host`?"), ("q" * 9, "set it in a document of kind")],
)
def test_a_variable_that_is_not_set_is_told_with_its_place(
    name: str, hint: str
) -> None:
    tree, (found,) = filled(f"a: 1\nat: {{$var: {name}}}")
    assert (found.rule, found.where) == ("E074", Where("tree.yaml", 2, 12))
    assert found.message == f"no Variables document sets `{name}` for these agents"
    assert found.hint is not None
    assert found.hint.startswith(hint)
    assert plain(tree)["at"].startswith("${")


def test_a_variable_of_other_agents_is_told_as_such() -> None:
    report = Report()
    Values(FLEET, ()).fill(read("at: {$var: host}"), report)
    (found,) = report.findings
    assert found.hint is not None
    assert found.hint.startswith("for other agents it is set at variables-one.yaml:1:")


def test_the_highest_priority_sets_a_variable() -> None:
    low = fleets.variables("low", values={"a": 1, "b": 1}, priority=1)
    high = fleets.variables("high", values={"a": 2}, priority=2)
    assert value("[{$var: a}, {$var: b}]", fleets.fleet(low, high)) == [2, 1]


def test_equals_may_agree() -> None:
    one = fleets.variables("one", values={"a": [1]})
    other = fleets.variables("other", values={"a": [1], "b": 2})
    assert value("[{$var: a}, {$var: b}]", fleets.fleet(one, other)) == [[1], 2]


def test_equals_that_disagree_are_named_both_where_they_are_needed() -> None:
    one = fleets.variables("one", values={"a": 1, "b": 1})
    other = fleets.variables("other", values={"a": True, "b": 1})
    fleet = fleets.fleet(one, other)
    assert value("{$var: b}", fleet) == 1
    _, (found,) = filled("at: {$var: a}", fleet)
    assert found.rule == "E070"
    assert found.where.path == "variables-other.yaml"
    assert "`a` is set to different values at variables-one.yaml:" in found.message


def test_equals_that_disagree_do_not_matter_below_a_higher_value() -> None:
    one = fleets.variables("one", values={"a": 1})
    other = fleets.variables("other", values={"a": 2})
    high = fleets.variables("high", values={"a": 3}, priority=1)
    assert value("{$var: a}", fleets.fleet(one, other, high)) == 3


@given(tables())
def test_a_tree_without_variables_is_not_even_copied(tree: Table) -> None:
    report = Report()
    assert Values(FLEET, FLEET.variables).fill(tree, report) is tree
    assert report.findings == ()
    names, seen = variables.check(tree, report)
    assert (names, report.findings) == (frozenset(), ())
    assert seen is tree


def test_what_has_no_variables_is_shared_with_the_document() -> None:
    tree = read("a: {b: [1]}\nc: {d: {$var: port}, e: {f: 1}}\n")
    report = Report()
    new = Values(FLEET, FLEET.variables).fill(tree, report)
    assert new.items["a"][1] is tree.items["a"][1]
    (_, old_c), (_, new_c) = tree.items["c"], new.items["c"]
    assert isinstance(old_c, Table)
    assert isinstance(new_c, Table)
    assert new_c.items["e"][1] is old_c.items["e"][1]


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("{$var: a, b: 1}", "`$var` and `$join` stand alone in a mapping"),
        ("{$var: a, $join: [a]}", "`$var` and `$join` stand alone in a mapping"),
        ("{$join: [a], b: 1}", "`$var` and `$join` stand alone in a mapping"),
        ("{$var: 1}", "`$var` takes one name"),
        ("{$var: [a]}", "`$var` takes one name"),
        ("{$var: {$var: a}}", "`$var` takes one name"),
        ("{$var: ''}", "`$var` takes one name"),
        ("{$join: a}", "`$join` takes a list"),
        ("{$join: {$var: a}}", "`$join` takes a list"),
        ("{$join: [a, b]}", "`$join` joins no variable"),
        ("{$join: []}", "`$join` joins no variable"),
        ("{$join: [{$var: a, b: 1}]}", "`$var` takes one name"),
        (
            "{$join: [{$join: [{$var: a}]}]}",
            "`$join` takes text, whole numbers and booleans, not a mapping",
        ),
        (
            "{$join: [{$var: a}, 1.5]}",
            "`$join` takes text, whole numbers and booleans, not a fraction",
        ),
        (
            "{$join: [{$var: a}, 2001-01-01]}",
            "`$join` takes text, whole numbers and booleans, not a date",
        ),
    ],
)
def test_misuse_is_seen_before_any_agent_is_known(use: str, message: str) -> None:
    report = Report()
    variables.check(read(f"x: [1, {{at: {use}}}]\n"), report)
    (found,) = report.findings
    assert (found.rule, found.message) == ("E074", message)
    assert found.where.line == 1
    assert found.where.column >= 12
    assert found.hint


def test_a_variable_is_no_whole_config() -> None:
    report = Report()
    names, seen = variables.check(read("{$var: a}"), report)
    assert [found.message for found in report.findings] == [
        "a variable cannot stand for a whole config"
    ]
    assert names == {"a"}
    assert plain(seen) == {}


def test_rules_see_what_may_become_anything() -> None:
    tree = read("a: {$var: x}\nb: [{$join: [y, {$var: y}]}, 1]\n")
    names, seen = variables.check(tree, Report())
    assert names == {"x", "y"}
    opaque = plain(seen)
    assert opaque["a"].startswith("${env:")
    assert opaque["b"][0].startswith("${env:")
    assert opaque["b"][1] == 1


def test_what_agents_get_from_variables_is_capped() -> None:
    large = fleets.variables("large", values={"x": list(range(20_000))})
    uses = ", ".join(f"a{number}: {{$var: x}}" for number in range(6))
    _, found = filled(f"{{{uses}}}", fleets.fleet(large))
    assert [one.rule for one in found] == ["E074", "E074"]
    assert "hold more than 100,000 values" in found[0].message


def nested(levels: int, innermost: object) -> object:
    for _ in range(levels):
        innermost = [innermost]
    return innermost


def test_a_value_may_not_make_a_config_deeper_than_a_file_may_be() -> None:
    deep = fleets.variables("deep", values={"x": nested(40, 1)})
    fleet = fleets.fleet(deep)
    text = json.dumps({"at": nested(23, {"$var": "x"})})
    _, found = filled(text, fleet)
    assert found == ()
    text = json.dumps({"at": nested(24, {"$var": "x"})})
    tree, (fault,) = filled(text, fleet)
    assert fault.message == "variables make this deeper than 64 levels"
    assert plain(tree) == json.loads(text)


def test_what_agents_get_as_text_is_capped() -> None:
    large = fleets.variables("large", values={"x": "x" * 500_000})
    use = "{$join: [{$var: x}, {$var: x}]}"
    _, found = filled(f"at: [{', '.join([use] * 5)}]", fleets.fleet(large))
    assert len(found) == 1
    assert "4,194,304 characters" in found[0].message


@given(st.permutations(["one", "two", "three"]))
def test_names_of_documents_decide_nothing(names: list[str]) -> None:
    values = ({"a": 1, "b": 2}, {"b": 2}, {"a": 3})
    documents = [
        fleets.variables(name, values=one, priority=number // 2)
        for number, (name, one) in enumerate(zip(names, values, strict=True))
    ]
    tree, found = filled("{a: {$var: a}, b: {$var: b}}", fleets.fleet(*documents))
    assert found == ()
    assert same(tree, read("{a: 3, b: 2}"))


def test_many_unknown_names_are_not_all_compared_with_all_that_are_known() -> None:
    many = fleets.variables("many", values={f"name-{n}": n for n in range(300)})
    fleet = fleets.fleet(many)
    uses = ", ".join(f"a{number}: {{$var: nmae-{number}}}" for number in range(30))
    _, found = filled(f"{{{uses}}}", fleet)
    hints = [one.hint or "" for one in found]
    assert len(hints) == 30
    assert sum(hint.startswith("did you mean") for hint in hints) == 20


def test_a_fleet_has_its_variables_in_order_of_priority_then_name() -> None:
    documents = [
        fleets.variables(name, values={}, priority=priority)
        for name, priority in (("c", 0), ("a", 1), ("b", 0))
    ]
    found = fleets.fleet(*documents).variables
    assert [one.name for one in found] == ["b", "c", "a"]


def test_variables_with_an_error_hold_back_those_who_use_them_alone() -> None:
    bad = fleets.variables("bad", values={"x": {"$var": "y"}})
    user = fleets.config(
        "user",
        selector={"matchLabels": {"role": "edge"}},
        config={"a": {"$var": "x"}},
    )
    fleet = fleets.fleet_of(
        fleets.files_of(bad, user, fleets.config("base", config={"b": 1}))
    )
    assert isinstance(render.render(fleet, {}), RenderedConfig)
    blocked = render.render(fleet, {"role": "edge"})
    assert isinstance(blocked, Blocked)
    assert [one.rule for one in blocked.findings] == ["E074"]
