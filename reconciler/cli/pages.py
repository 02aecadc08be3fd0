"""The page of each lint rule, `docs/rules/<ID>.md`: for `lint --explain` and SARIF.

Every page begins `# <ID>: <title>`, then says in a paragraph or two what is wrong.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.cli import shipped
from reconciler.errors import UsageError
from reconciler.fleet.syntax import spelling

_RULE: Final = re.compile(r"[EWIS]\d{3}")


@dataclass(frozen=True, slots=True)
class Page:
    """One rule, explained.

    Attributes:
        rule: Its id.
        title: What is wrong, in a few words.
        summary: The first paragraph, on one line.
        text: The whole page, in Markdown.
    """

    rule: str
    title: str
    summary: str
    text: str


def rules() -> tuple[str, ...]:
    """The ids of all rules that have a page, in order."""
    names = (path.stem for path in _folder().glob("*.md"))
    return tuple(sorted(filter(_RULE.fullmatch, names)))


def of(rule: str) -> Page:
    """The page of a rule, however its letter is written.

    Raises:
        UsageError: There is no such rule; the hint names one, or all of them.
        SetupError: The pages are not part of this installation.
    """
    known = rules()
    if rule.upper() not in known:
        near = spelling.nearest(rule.upper(), known)
        raise UsageError(
            f"there is no rule `{rule}`",
            hint=(f"did you mean {near}? " if near else "")
            + f"Rules are {', '.join(known)}",
        )
    text = (_folder() / f"{rule.upper()}.md").read_text(encoding="utf-8")
    heading, _, rest = text.partition("\n")
    first, _, _ = rest.strip().partition("\n\n")
    return Page(
        rule=rule.upper(),
        title=heading.partition(": ")[2],
        summary=" ".join(first.split()),
        text=text,
    )


def _folder() -> Path:
    return shipped.folder("docs", "rules")
