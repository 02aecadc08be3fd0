"""A plan under a pull request."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.plans import markdown
from reconciler.errors import Where
from reconciler.fleet.population import KnownAgent
from reconciler.fleet.syntax.differences import Difference
from reconciler.fleet.syntax.nodes import Scalar
from reconciler.state import forecast
from reconciler.state.forecast import Forecast
from tests.toy_fleet import config, fleet

BEFORE = fleet("c1", config("everyone", "a"))
AFTER = fleet("c2", config("everyone", "b"))


def told(*names: str) -> Forecast:
    known = tuple(KnownAgent(name, {}) for name in names)
    return forecast.forecast(BEFORE, AFTER, known)


def test_a_table_comes_first_and_the_differences_are_folded() -> None:
    lines = markdown.of(told("one", "two")).splitlines()
    assert lines[0] == "**2 of 2 agents restart with another config**"
    assert "| | agents | groups | config | look at |" in lines
    [row] = (line for line in lines if line.startswith("| `~` changed"))
    assert "2 agents" in row
    assert "removes the exporter" in row
    assert any(line.startswith("<details><summary>1. 2 agents") for line in lines)
    start, end = lines.index("```diff"), lines.index("```")
    assert all(line[0] in "+-!" for line in lines[start + 1 : end])
    assert "+ /exporters/debug~1b: {}  # fleet.yaml:14:28" in lines


def test_nothing_has_no_table() -> None:
    same = forecast.forecast(BEFORE, BEFORE, (KnownAgent("one", {}),))
    assert markdown.of(same) == "**nothing changes for any agent**\n\n"


HOSTILE = "</summary><b>|`@everyone` [x](http://evil) #1\n```"


def test_names_cannot_become_markup() -> None:
    text = markdown.of(told(HOSTILE))
    assert "@everyone" not in text
    assert "<b>" not in text
    assert "](" not in text
    assert "http://" not in text
    assert "#1" not in text
    assert text.count("```") == 2


def test_a_value_cannot_end_the_block_it_is_in() -> None:
    change = told("one").changes[0]
    value = Scalar("x\n```\n# hello", Where("a.yaml\n```", 1))
    found = ("```\n", Difference(("```\n", "b"), None, value))
    text = markdown.of(
        replace(told("one"), changes=(replace(change, differences=(found,)),))
    )
    assert sum(line.startswith("```") for line in text.splitlines()) == 2


@given(st.integers(1, 400), st.integers(1, 200), st.integers(1, 30))
def test_a_comment_is_never_longer_than_forges_take(
    changes: int, length: int, differences: int
) -> None:
    some = told("x" * length)
    change = some.changes[0]
    many = tuple(change.differences[:1]) * differences
    big = (replace(change, differences=many),) * changes
    text = markdown.of(replace(some, changes=big, risks=("r" * length,) * changes))
    assert len(text) <= markdown.LONGEST
    assert text.count("<details>") == text.count("</details>")
    if text.count("<details>") < changes:
        assert "Left out for want of room" in text
