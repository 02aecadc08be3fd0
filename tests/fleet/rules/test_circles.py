from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet.rules import circles
from reconciler.fleet.rules.circles import Edges, Step


def edges_of(pairs: list[tuple[int, int]]) -> Edges:
    found: Edges = {}
    for number, (start, end) in enumerate(pairs, start=1):
        step = Step(f"p{start}", f"p{end}", Where("c.yaml", number))
        found.setdefault(f"p{start}", []).append(step)
    return found


def has_circle(pairs: list[tuple[int, int]]) -> bool:
    left = set(pairs)
    while left:
        ends = {one for one, _ in left}
        leading = {(one, other) for one, other in left if other in ends}
        if leading == left:
            return True
        left = leading
    return False


def test_where_nothing_leads_back_there_is_no_circle() -> None:
    assert list(circles.find(edges_of([(1, 2), (2, 3), (1, 3)]))) == []


def test_a_circle_begins_at_the_pipeline_that_comes_first() -> None:
    edges = edges_of([(3, 1), (1, 2), (2, 3), (9, 3)])
    (circle,) = circles.find(edges)
    assert [step.start for step in circle] == ["p3", "p1", "p2"]


def test_circles_that_share_nothing_are_all_found() -> None:
    found = list(circles.find(edges_of([(1, 1), (2, 3), (3, 2), (4, 5)])))
    assert [len(circle) for circle in found] == [1, 2]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=20))
def test_what_is_found_is_a_circle_and_is_found_whenever_there_is_one(
    pairs: list[tuple[int, int]],
) -> None:
    found = list(circles.find(edges_of(pairs)))
    assert bool(found) is has_circle(pairs)
    for circle in found:
        follows = [*circle[1:], circle[0]]
        assert all(
            one.end == other.start for one, other in zip(circle, follows, strict=True)
        )
    starts = [step.start for circle in found for step in circle]
    assert len(starts) == len(set(starts))
