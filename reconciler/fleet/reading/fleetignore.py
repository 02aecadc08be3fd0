"""`.fleetignore` in the root of a fleet repo: files that are none of ours.

Read by `parse.py`, asked by `files.py`. It means what `.gitignore` means, for the paths
of the repository. A line that cannot be read is an error: else files would turn into
documents, or documents into files, and nobody would be told.
"""

import re
from dataclasses import dataclass
from typing import Final

from pathspec import GitIgnoreSpec

from reconciler.errors import Where
from reconciler.fleet.findings import Fault, Report
from reconciler.fleet.snapshot import Snapshot
from reconciler.fleet.syntax import characters

PATH: Final = ".fleetignore"
BAD_PATTERN: Final = "E004"
BAD_FILE: Final = "E007"

_MOST_BYTES: Final = 64 * 1024
_MOST_PATTERNS: Final = 100
_LONGEST: Final = 200
_MOST_STARS: Final = 4
_MOST_STARS_OF_A_NAME: Final = 2
"""Every further star multiplies what one hostile path can cost by its length."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """The patterns of one file, each with its line."""

    spec: GitIgnoreSpec
    lines: tuple[int, ...]

    def by(self, path: str) -> Where | None:
        """The line that ignores a path; None when it counts."""
        if not self.lines:
            return None
        found = self.spec.check_file(path)
        if not found.include or found.index is None:
            return None
        return Where(PATH, self.lines[found.index], 1)


NOTHING: Final = Ignored(GitIgnoreSpec([]), ())


def read(snapshot: Snapshot, report: Report) -> Ignored:
    """The patterns of a repository; what cannot be read goes to the report."""
    if refused := snapshot.refused.get(PATH):
        message = f"not read: {refused.reason}"
        report.error(BAD_FILE, message, where=Where(PATH), hint=refused.hint)
    file = snapshot.files.get(PATH)
    if file is None:
        return NOTHING
    try:
        text = characters.decode(file.content, file.path, most=_MOST_BYTES)
    except Fault as fault:
        report.add(fault.finding)
        return NOTHING
    written = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    for number, _ in written[_MOST_PATTERNS : _MOST_PATTERNS + 1]:
        message = f"more than {_MOST_PATTERNS} patterns"
        report.error(BAD_PATTERN, message, where=Where(PATH, number, 1))
    good = [one for one in written[:_MOST_PATTERNS] if _is_good(*one, report)]
    return Ignored(
        GitIgnoreSpec.from_lines([line for _, line in good]),
        tuple(number for number, _ in good),
    )


def _is_good(number: int, line: str, report: Report) -> bool:
    if fault := _fault(line):
        report.error(
            BAD_PATTERN,
            f"the pattern `{line}` {fault}",
            where=Where(PATH, number, 1),
            hint="patterns are those of .gitignore",
        )
    return not fault


def _fault(line: str) -> str | None:
    if len(line) > _LONGEST:
        return f"is longer than {_LONGEST} characters"
    names = [len(re.findall(r"\*+", name)) for name in line.split("/")]
    if sum(names) > _MOST_STARS:
        return f"holds more than {_MOST_STARS} stars"
    if max(names) > _MOST_STARS_OF_A_NAME:
        return f"holds a name of more than {_MOST_STARS_OF_A_NAME} stars"
    try:
        (pattern,) = GitIgnoreSpec.from_lines([line]).patterns
    except ValueError:
        return "cannot be read"
    # Git passes over such a pattern, so that it means nothing.
    return "cannot match anything" if pattern.regex is None else None
