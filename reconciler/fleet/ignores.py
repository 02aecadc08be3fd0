"""Comments that silence a rule at one place: why, and until when.

    endpoint: 0.0.0.0:4317 # reconciler: ignore W041 until 2027-03-31: behind a proxy

On a line of its own such a comment counts for the next line that is none. Read by
`parse.py`, asked by `render.py` and the linter. A date never changes what a fleet
runs: only the linter, which is told the day, lets it lapse.

Every rule about a Collector config may be silenced, errors too: the Collector has the
last word, and only its host knows what else is merged there. What the fleet repo itself
says must be readable and free of contradictions, which no comment changes.
"""

import bisect
import operator
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.tokens import ScalarToken, StreamEndToken

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Fault, Finding, Report
from reconciler.fleet.snapshot import SourceFile
from reconciler.fleet.syntax import characters, spelling

USELESS: Final = "W079"

LASTING: Final = frozenset(
    {
        *("E001", "E002", "E005", "E006", "E007", "E008", "W009"),
        *("E051", "E052", "E070", "E072", "I073", "E074", "E075", "E076", "E077"),
        *("E078", "S001", USELESS),
    }
)
"""Rules that no comment silences: of the repo itself, and of contradictions in it."""
SILENCEABLE: Final = frozenset(
    {
        *("E003", "E004", "E010", "E011", "E012", "E013", "E014", "E015", "E016"),
        *("E017", "E018", "W020", "W021", "W022", "W023", "W030", "W031", "E040"),
        *("W041", "W042", "W043", "W044", "E045", "W046", "W047", "E050"),
        *("W060", "W061", "W062", "W063", "W071"),
    }
)
"""Rules that a comment may silence."""
NEEDING_AGENTS: Final = frozenset({"E017", "W071"})
"""Rules that find more when agents are known; without them, a comment for one may look
useless and is not."""
_SEEN_EARLIER: Final = frozenset({"E003", "E004"})
"""Rules that are silenced while a fleet repo is read, before anybody settles."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment.

    Attributes:
        rules: Ids it silences.
        where: The comment.
        line: The line it counts for.
        until: The last day on which it counts.
        reason: In the author's words.
    """

    rules: frozenset[str]
    where: Where
    line: int
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Ignores:
    """All of a repository, by path and line."""

    at: Mapping[tuple[str, int], tuple[Ignore, ...]] = field(default_factory=dict)

    def covers(self, finding: Finding, today: date | None = None) -> bool:
        """Whether a finding was silenced; without a day no comment has lapsed."""
        return any(today is None or today <= one.until for one in self.of(finding))

    def of(self, finding: Finding) -> Iterator[Ignore]:
        """The comments that are for a finding, lapsed or not."""
        for one in self.at.get((finding.where.path, finding.where.line), ()):
            if finding.rule in one.rules:
                yield one


def read(files: Iterable[SourceFile]) -> tuple[Ignores, tuple[Finding, ...]]:
    """The comments of these files, and what is wrong with some of them.

    A comment with a fault silences nothing. Files that are no YAML have none.
    """
    found: dict[tuple[str, int], list[Ignore]] = defaultdict(list)
    report = Report()
    for file in files:
        for comment in _comments(file):
            ignore = _parse(comment, report)
            if ignore:
                found[file.path, ignore.line].append(ignore)
    at = {place: tuple(ones) for place, ones in found.items()}
    return Ignores(at), report.findings


def settle(
    found: Iterable[Finding],
    ignores: Ignores,
    *,
    today: date | None = None,
    agents_known: bool = False,
) -> tuple[Finding, ...]:
    """Findings without those that are silenced, and with W079 where comments are idle.

    A comment is told to silence nothing only where no error is left: an error may keep
    from sight what the comment is for.
    """
    report = Report()
    used = set[tuple[Ignore, str]]()
    for finding in found:
        used.update((one, finding.rule) for one in ignores.of(finding))
        if not ignores.covers(finding, today):
            report.add(finding)
    all_of_them = [one for ones in ignores.at.values() for one in ones]
    is_whole = not findings.errors(report.findings)
    for one in all_of_them:
        if today is not None and today > one.until:
            report.add(_lapsed(one))
        elif is_whole:
            idle = {rule for rule in one.rules if (one, rule) not in used}
            unsure = _SEEN_EARLIER | (frozenset() if agents_known else NEEDING_AGENTS)
            report.add(*(_idle(one, rule) for rule in sorted(idle - unsure)))
    return report.findings


def _lapsed(one: Ignore) -> Finding:
    rules = ", ".join(sorted(one.rules))
    message = f"this comment silenced {rules} until {one.until}, which is over"
    hint = "mend what it is about, or give it another date"
    return findings.warning(USELESS, message, one.where, hint)


def _idle(one: Ignore, rule: str) -> Finding:
    message = f"this comment silences {rule}, which is not found on line {one.line}"
    return findings.warning(USELESS, message, one.where, "delete it")


@dataclass(frozen=True, slots=True)
class _Comment:
    """What follows `ignore`, and the line it counts for."""

    text: str
    where: Where
    line: int


_MARK: Final = b"reconciler:"
_COMMENT = re.compile(r"(?<!\S)#+\s*reconciler:\s*ignore\b(?P<text>.*)")
_FORM = re.compile(
    r"""(?P<rules>[^:]*?) (?: \b until \s+ (?P<until>[^\s:]+) )? \s*
    (?: : (?P<reason>.*) )?""",
    re.VERBOSE,
)
_LONGEST: Final = 500
"""Characters of a comment that are read."""
_SHOWN: Final = "write `# reconciler: ignore W041 until 2027-03-31: the reason`"


def _comments(file: SourceFile) -> Iterator[_Comment]:
    if _MARK not in file.content:
        return
    try:
        source = characters.decode(file.content, file.path, most=len(file.content))
    except Fault:
        return
    lines = source.splitlines(keepends=True)
    found = list(_found(lines))
    quoted = _quoted(source) if found else ()
    meant = _meant(lines) if found else ()
    for number, offset, match in found:
        if not _is_inside(offset + match.start(), quoted):
            where = Where(file.path, number, match.start() + 1)
            text = match["text"].strip()[:_LONGEST]
            yield _Comment(text, where, meant[number - 1])


def _found(lines: list[str]) -> Iterator[tuple[int, int, re.Match[str]]]:
    """What looks like a comment of ours: its line, the offset of that, the match."""
    offset = 0
    for number, line in enumerate(lines, start=1):
        if match := _COMMENT.search(line):
            yield number, offset, match
        offset += len(line)


def _quoted(text: str) -> tuple[tuple[int, int], ...]:
    """Where scalars begin and end: what looks like a comment there is none."""
    parser = CParser(text)
    found: list[tuple[int, int]] = []
    try:
        while not isinstance(token := parser.get_token(), StreamEndToken):
            if isinstance(token, ScalarToken):
                start = token.start_mark.index
                if token.style in ("|", ">"):  # a comment may follow on its first line
                    start = text.find("\n", start)
                found.append((start, token.end_mark.index))
    except YAMLError:
        pass  # what is wrong with the file is told by who reads it
    finally:
        parser.dispose()
    return tuple(found)


def _is_inside(place: int, quoted: tuple[tuple[int, int], ...]) -> bool:
    """Whether a place is in one of the scalars, which are in order."""
    before = bisect.bisect_right(quoted, place, key=operator.itemgetter(0))
    return before > 0 and place < quoted[before - 1][1]


def _meant(lines: list[str]) -> tuple[int, ...]:
    """By line, the one a comment there counts for: itself, or the next not empty."""
    meant, line = [], len(lines)
    for number in range(len(lines), 0, -1):
        if lines[number - 1].strip()[:1] not in ("", "#"):
            line = number
        meant.append(line)
    return tuple(reversed(meant))


def _parse(comment: _Comment, report: Report) -> Ignore | None:
    form = _FORM.fullmatch(comment.text)
    rules = re.split(r"[\s,]+", form["rules"].strip()) if form else []
    reason = (form["reason"] or "").strip() if form else ""
    until = _date(form["until"]) if form else None
    fault = _unsilenceable(rules)
    if fault is None and until is None:
        fault = "has no date, as in `until 2027-03-31`"
    if fault is None and not reason:
        fault = "gives no reason"
    if fault or until is None:
        report.warning(
            USELESS,
            f"this comment silences nothing: it {fault}",
            where=comment.where,
            hint=_SHOWN,
        )
        return None
    return Ignore(frozenset(rules), comment.where, comment.line, until, reason)


def _unsilenceable(rules: list[str]) -> str | None:
    for rule in rules:
        if not rule:
            return "names no rule"
        if rule in LASTING:
            return f"names {rule}, which is for nobody to silence"
        if rule not in SILENCEABLE:
            near = spelling.nearest(rule, SILENCEABLE)
            meant = f"; did you mean {near}?" if near else ""
            return f"names `{rule}`, which is no rule{meant}"
    return None


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
