"""The page of rules and the rules that the code has are the same."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_rule_of_the_code_has_its_section_and_no_section_is_left_over() -> None:
    code = "".join(
        path.read_text() for path in (ROOT / "reconciler" / "fleet").glob("*.py")
    )
    page = (ROOT / "docs" / "rules.md").read_text()
    rules = set(re.findall(r'Final = "([EWI]\d{3})"', code))
    assert rules == set(re.findall(r"^## ([EWI]\d{3}):", page, re.MULTILINE))
    assert rules == set(re.findall(r"^\| \[([EWI]\d{3})\]", page, re.MULTILINE))
