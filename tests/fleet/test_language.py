"""The examples of the page on the language do what it says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from reconciler.fleet.documents import Kind
from reconciler.fleet.findings import Report, Severity
from reconciler.fleet.linting import configtests, lint
from reconciler.fleet.reading import parse, schemas, selectors
from reconciler.fleet.rendering import layers
from reconciler.fleet.syntax.fields import Fields
from reconciler.fleet.syntax.nodes import plain
from tests.fleet import fleets
from tests.fleet.conftest import MakeSnapshot
from tests.fleet.trees import read

PAGE: Final = Path(__file__).parents[2] / "docs" / "language.md"
RULES: Final = PAGE.parent / "rules"

_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]+))?\)")


def blocks(start: str) -> list[object]:
    found = (one for one in _BLOCK.findall(PAGE.read_text()) if one.startswith(start))
    return [pytest.param(one, id=str(number)) for number, one in enumerate(found)]


@pytest.mark.parametrize("block", blocks("# file: "))
def test_a_repo_of_the_page_is_without_a_fault(
    block: str, snapshot_of: MakeSnapshot
) -> None:
    _, *parts = _FILE.split(block)
    fleet = parse.parse(snapshot_of(dict(zip(parts[::2], parts[1::2], strict=True))))
    assert fleet.findings == ()
    found = lint.check(fleet)
    assert [str(one) for one in found if one.severity is Severity.ERROR] == []
    assert configtests.check(fleet) == ()


@pytest.mark.parametrize("block", blocks("below: "))
def test_a_merge_of_the_page_gives_what_it_says(block: str) -> None:
    case = plain(read(block))
    fleet = fleets.fleet(
        fleets.config("below", config=case["below"]),
        fleets.config("document", priority=1, **case["document"]),
    )
    report = Report()
    tree = layers.merged(layers.select(fleet, {}), layers.values(fleet, {}), report)
    assert report.findings == ()
    assert plain(tree) == case["gives"]


@pytest.mark.parametrize("block", blocks("selector:"))
def test_the_selector_of_the_page_can_be_read(block: str) -> None:
    report = Report()
    fields = Fields(read(block), "spec", known=("selector",), report=report)
    assert selectors.read(fields, report) is not None
    assert report.findings == ()


def test_no_example_is_left_out() -> None:
    every = _BLOCK.findall(PAGE.read_text())
    starts = ("# file: ", "below: ", "selector:")
    assert all(one.startswith(starts) for one in every)


def test_every_link_leads_somewhere() -> None:
    text = PAGE.read_text()
    headings = {
        heading.lower().replace(" ", "-")
        for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)
    }
    for page, anchor in _LINK.findall(text):
        assert (PAGE.parent / page).exists() if page else anchor in headings
    for rule in RULES.glob("E07*.md"):
        for page, anchor in _LINK.findall(rule.read_text()):
            if page == "../language.md":
                assert anchor in headings


def names(schema: Any) -> Iterator[str]:
    """Every field that a schema of documents knows, however deep."""
    match schema:
        case {"properties": dict(properties), **rest}:
            yield from properties
            yield from names(list(properties.values()))
            yield from names(rest)
        case dict():
            yield from names(list(schema.values()))
        case list():
            for one in schema:
                yield from names(one)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_field_of_a_kind_is_on_the_page(kind: Kind) -> None:
    words = set(re.findall(r"[A-Za-z$]+", PAGE.read_text()))
    assert set(names(schemas.of(kind))) - words == set()
