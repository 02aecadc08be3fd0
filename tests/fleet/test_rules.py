"""Each rule has a page, each page a rule, and the examples of a page prove it.

A block of YAML in a page is a Collector config outside any fleet, unless it holds lines
`# file: PATH`: then it is a fleet repo, and each of them begins a file.
"""

import re
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from reconciler.fleet.catalogue import bundled
from reconciler.fleet.linting import bare, lint
from reconciler.fleet.reading import parse
from tests.fleet.conftest import MakeSnapshot

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "rules"
TODAY: Final = date(2026, 6, 1)

WITHOUT_EXAMPLES: Final = {
    "E008": "an empty repository has nothing to show",
    "W009": "a symbolic link cannot be written down as YAML",
    "I073": "it takes thousands of label sets",
    "E052": "it takes more than four MiB",
    "S001": "it is about the history of a branch",
}

_RULE = re.compile(r'"([EWIS]\d{3})"')
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)


def code() -> set[str]:
    sources = (ROOT / "reconciler").rglob("*.py")
    return {rule for path in sources for rule in _RULE.findall(path.read_text())}


def pages() -> list[str]:
    return sorted(path.stem for path in PAGES.glob("[EWIS][0-9][0-9][0-9].md"))


def text(rule: str) -> str:
    return (PAGES / f"{rule}.md").read_text()


def title(rule: str) -> str:
    return text(rule).partition("\n")[0].partition(": ")[2]


def section(rule: str, name: str) -> str:
    _, _, rest = text(rule).partition(f"\n## {name}\n")
    return rest.partition("\n## ")[0]


def blocks(name: str) -> list[object]:
    return [
        pytest.param(rule, block, id=f"{rule}-{number}")
        for rule in pages()
        for number, block in enumerate(_BLOCK.findall(section(rule, name)), 1)
    ]


def rules_of(block: str, snapshot_of: MakeSnapshot) -> set[str]:
    _, *parts = _FILE.split(block)
    if parts:
        files = dict(zip(parts[::2], parts[1::2], strict=True))
        fleet = parse.parse(snapshot_of(files))
        sources = {path: content.encode() for path, content in files.items()}
        found = lint.check(fleet, today=TODAY, sources=sources)
    else:
        known = bundled.bundled()
        content = block.encode()
        found = bare.check(content, "config.yaml", catalogue=known, today=TODAY)
    return {one.rule for one in found}


def test_every_rule_of_the_code_has_a_page_and_every_page_a_rule() -> None:
    assert set(pages()) == code()


@pytest.mark.parametrize("rule", pages())
def test_a_page_says_what_is_wrong_before_it_shows_it(rule: str) -> None:
    heading, _, rest = text(rule).partition("\n\n")
    assert heading == f"# {rule}: {title(rule)}"
    assert title(rule)
    assert re.match(r"[A-Z`].*[.:)]\n", rest.partition("\n\n")[0] + "\n", re.DOTALL)


@pytest.mark.parametrize("rule", pages())
def test_a_page_shows_it_wrong_and_right(rule: str) -> None:
    shown = [bool(_BLOCK.search(section(rule, name))) for name in ("Wrong", "Right")]
    assert all(shown) or (rule in WITHOUT_EXAMPLES and not any(shown))


@pytest.mark.parametrize(("rule", "block"), blocks("Wrong"))
def test_what_a_page_calls_wrong_breaks_the_rule(
    rule: str, block: str, snapshot_of: MakeSnapshot
) -> None:
    assert rule in rules_of(block, snapshot_of)


@pytest.mark.parametrize(("rule", "block"), blocks("Right"))
def test_what_a_page_calls_right_keeps_the_rule(
    rule: str, block: str, snapshot_of: MakeSnapshot
) -> None:
    assert rule not in rules_of(block, snapshot_of)


def test_the_index_lists_every_page_under_its_title() -> None:
    rows = re.findall(
        r"^\| \[([EWIS]\d{3})\]\(([^)]*)\) \| ([^|]*) \|",
        (PAGES / "README.md").read_text(),
        re.MULTILINE,
    )
    assert rows == [(rule, f"{rule}.md", title(rule)) for rule in pages()]


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_links_between_pages_lead_somewhere(page: str) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", (PAGES / page).read_text()):
        assert (PAGES / link).exists()
