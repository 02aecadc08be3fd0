from math import isnan

import pytest

from reconciler.errors import Where
from reconciler.fleet.rules.validators.view import Fault, View
from reconciler.fleet.syntax.nodes import Scalar
from tests.fleet.rules.validators.views import HERE, view


@pytest.mark.parametrize(
    ("settings", "number"),
    [
        ("", 7),
        ("a: 3", 3),
        ("a: 1.5", 1.5),
        ("a: -2", -2),
        ("a: ", 0),
        ("a: .inf", None),
    ],
)
def test_a_number_has_its_default_where_nothing_stands(
    settings: str, number: float | None
) -> None:
    assert view(settings).number("a", 7) == (float("inf") if number is None else number)


@pytest.mark.parametrize("value", ["'${env:A}'", "words", "true", "[1]", "{b: 1}"])
def test_an_unknown_number_is_above_and_below_nothing(value: str) -> None:
    number = view(f"a: {value}").number("a")
    assert isnan(number)
    assert not number <= 0
    assert not number > 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("10s", 10),
        ("1m30s", 90),
        ("-1.5h", -5_400),
        ("250ms", 0.25),
        ("1us", 1e-6),
        ("0", 0),
        ("1000000000", 1),
        ("", 0),
    ],
)
def test_a_duration_is_in_seconds(value: str, seconds: float) -> None:
    assert view(f"a: {value}").seconds("a", 7) == pytest.approx(seconds)
    assert view("").seconds("a", 7) == 7


@pytest.mark.parametrize("value", ["'${env:A}'", "often", "'10'", "1.5", "[1s]"])
def test_an_unknown_duration_is_no_number(value: str) -> None:
    assert isnan(view(f"a: {value}").seconds("a"))


@pytest.mark.parametrize(
    ("settings", "text", "flag"),
    [
        ("", "x", True),
        ("a: ", "", False),
        ("a: y", "y", None),
        ("a: false", None, False),
        ("a: '${env:A}'", None, None),
        ("a: [y]", None, None),
    ],
)
def test_texts_and_flags_are_none_where_they_are_unknown(
    settings: str, text: str | None, *, flag: bool | None
) -> None:
    assert view(settings).text("a", "x") == text
    assert view(settings).flag("a", default=True) is flag


@pytest.mark.parametrize(
    ("settings", "count"),
    [("", 0), ("a: ", 0), ("a: []", 0), ("a: [1, 2]", 2), ("a: {b: 1}", 1)],
)
def test_items_are_counted(settings: str, count: int) -> None:
    assert view(settings).count("a") == count


def test_what_is_unknown_is_not_counted() -> None:
    assert isnan(view("a: '${env:A}'").count("a"))


def test_texts_of_a_list_come_with_their_places() -> None:
    found = list(view("a: [b, '${env:C}', 1, d]").texts("a"))
    assert [text for text, _ in found] == ["b", "d"]
    assert found[0][1] == Where("c.yaml", 1, 10)
    assert [text for text, _ in view("a: 'b,c'").texts("a")] == ["b", "c"]
    assert list(view("a: '${env:A}'").texts("a")) == []
    assert list(view("").texts("a")) == []
    assert list(view("a: ''").texts("a")) == []


@pytest.mark.parametrize(
    ("settings", "is_set"),
    [
        ("", False),
        ("a: ", False),
        ("a: ''", False),
        ("a: '${env:A}'", False),
        ("a: 0", True),
        ("a: []", True),
    ],
)
def test_what_is_known_to_be_set(settings: str, *, is_set: bool) -> None:
    assert view(settings).has("a") is is_set


def test_parts_have_a_path_and_a_place_of_their_own() -> None:
    part = view("a: {b: {c: 1}}").part("a").part("b")
    assert (part.path, part.number("c"), part.is_known) == ("it.a.b", 1, True)
    (first, second) = view("a: [{b: 1}, x, {b: 2}]").parts("a")
    assert [one.path for one in (first, second)] == ["it.a.0", "it.a.2"]


def test_a_part_that_is_missing_has_defaults_and_an_opaque_one_is_unknown() -> None:
    assert view("").part("a").number("b", 7) == 7
    assert isnan(view("a: '${file:a}'").part("a").number("b", 7))
    assert view("a: '${file:a}'").part("a").text("b", "x") is None
    assert isnan(view("a: '${file:a}'").part("a").count("b"))


def test_a_component_without_settings_has_defaults() -> None:
    empty = View("it", HERE, Scalar(None, HERE))
    assert empty.seconds("a", 7) == 7
    assert "a" not in empty


def test_faults_stand_at_the_value_or_at_the_whole() -> None:
    own = view("a: 3")
    assert own.must("a", "be less") == Fault(
        "`it.a` must be less", Where("c.yaml", 1, 9)
    )
    assert own.must("b", "be more").where == HERE
    assert own.needs("a `b`", "hint") == Fault("`it` needs a `b`", HERE, "hint")


def test_some_faults_are_for_components_in_use_alone() -> None:
    fault = view("").needs("a `b`")
    assert fault.signals is None
    assert fault.when_used("traces").signals == ("traces",)
    assert fault.when_used().signals == ("traces", "metrics", "logs", "profiles")


def test_what_is_left_empty_in_a_list_is_go_s_zero() -> None:
    (part,) = view("a: [null]").parts("a")
    assert (part.path, part.text("b"), part.number("b", 7)) == ("it.a.0", "", 7)
    assert [text for text, _ in view("a: [null, b]").texts("a")] == ["", "b"]


def test_what_is_given_is_there_and_not_null() -> None:
    seen = view("a: , b: '', c: 0")
    assert [seen.is_given(key) for key in "abcd"] == [False, True, True, False]


def test_entries_are_none_but_of_a_mapping() -> None:
    assert [key for key, _ in view("a: 1, b: 2").entries()] == ["a", "b"]
    assert list(view("a: 1").part("a").entries()) == []
