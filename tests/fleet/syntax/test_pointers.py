import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.syntax import pointers
from reconciler.fleet.syntax.pointers import Path, Pattern

paths = st.lists(st.text(max_size=5), max_size=4).map(tuple)


@given(paths)
def test_a_path_survives_being_written_and_read(path: Path) -> None:
    assert pointers.parse(pointers.text(path)) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ()),
        ("/", ("",)),
        ("/a~1b/c~0d", ("a/b", "c~d")),
        ("/~01", ("~1",)),
        ("/service/extensions/0", ("service", "extensions", "0")),
    ],
)
def test_pointers_are_those_of_rfc_6901(text: str, path: Path) -> None:
    assert pointers.parse(text) == path


@pytest.mark.parametrize("text", ["a", "a/b", "/~", "/~2", "#/a"])
def test_what_is_no_pointer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="`"):
        pointers.parse(text)


def test_a_pattern_points_somewhere() -> None:
    with pytest.raises(ValueError, match="root"):
        pointers.pattern("")


def test_a_star_stands_for_one_key() -> None:
    pattern = pointers.pattern("/pipelines/*/processors")
    here = ("pipelines", "traces", "processors")
    assert pattern.matches(here)
    assert pattern.covers(here)
    assert pattern.covers((*here, "0"))
    assert not pattern.matches((*here, "0"))
    assert not pattern.covers(here[:2])
    assert not pattern.covers(("pipelines", "traces", "x", "processors"))
    assert str(pattern) == "/pipelines/*/processors"


@pytest.mark.parametrize(
    ("key", "index"), [("0", 0), ("17", 17), ("9" * 18, int("9" * 18))]
)
def test_an_index_is_a_number_without_leading_zeros(key: str, index: int) -> None:
    assert pointers.index(key) == index


@pytest.mark.parametrize("key", ["", "-1", "01", "1.0", "a", "٣", "9" * 5_000])
def test_any_other_key_is_an_index_that_no_list_has(key: str) -> None:
    assert pointers.index(key) > 10**18


_KEYS = st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=4)


@given(
    st.lists(_KEYS.map(tuple).map(Pattern), max_size=5),
    st.lists(st.sampled_from(["a", "b", "c"]), max_size=4),
)
def test_many_patterns_are_followed_as_each_would_be(
    patterns: list[Pattern], keys: list[str]
) -> None:
    walk = pointers.walk(patterns)
    for key in keys:
        walk = walk.into(key)
    path = tuple(keys)
    matching = [number for number, one in enumerate(patterns) if one.matches(path)]
    assert list(walk.ends) == matching
    beyond = any(Pattern(one.keys[: len(path)]).matches(path) for one in patterns)
    assert bool(walk) == (beyond or not path)


def test_a_pattern_has_few_stars() -> None:
    assert str(pointers.pattern("/*/*/*/*")) == "/*/*/*/*"
    with pytest.raises(ValueError, match=r"more than 4 `\*`"):
        pointers.pattern("/*/*/*/*/*")


def test_thousands_of_patterns_cost_no_more_at_each_key() -> None:
    walk = pointers.walk(pointers.pattern(f"/*/{number}") for number in range(10_000))
    for number in range(10_000):
        assert not walk.into(str(number)).into("x")
    assert walk.into("x").into("77").ends == (77,)
