"""Why a file is no YAML, and where the mistake probably is.

Called by `yaml.py` and `goyaml.py`. A parser tells where it could not go on, which may
be far below the quote that is not closed or the line that is a space too deep. Where
the text shows such a thing, the finding stands there.
"""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from yaml import MarkedYAMLError
from yaml._yaml import CParser
from yaml.events import ScalarEvent, StreamEndEvent

from reconciler.fleet import findings, invisible
from reconciler.fleet.findings import Finding
from reconciler.fleet.syntax import characters, marks
from reconciler.fleet.syntax.marks import Mark

_LINE: Final = re.compile("[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029]|$)")
_KEYED: Final = re.compile(r":(?:\s|$)")
_OPEN_ITEM: Final = re.compile(r"- [^\s'\"]+:\s*(?:#.*)?")

_TAB: Final = "quote the text, or indent with spaces if this is a tab"
_COLON: Final = "is a `:` missing, or the space after it?"
_QUOTE: Final = "is the quote that opens here closed?"
_BRACKET: Final = "is the bracket that opens here closed?"
_DASH: Final = "is this line an item of a list?"
_DEPTH: Final = "is this line as deep as those it belongs to?"


@dataclass(frozen=True, slots=True)
class _Guess:
    """Where the mistake is, counted from 0, and the question that it raises."""

    line: int
    column: int
    hint: str


@dataclass(frozen=True, slots=True)
class _Unseen:
    """A character that nobody sees, and its place, counted from 0."""

    line: int
    column: int
    character: str

    @property
    def name(self) -> str:
        return invisible.name(self.character)

    @property
    def hint(self) -> str:
        return invisible.hint(self.character)


def finding(error: MarkedYAMLError, text: str, path: str) -> Finding:
    """Why the text of a file is no YAML."""
    message = " ".join(part for part in (error.context, error.problem) if part)
    where = marks.at(error.problem_mark or error.context_mark, path)
    hint = None
    case = _case(error, text)
    guess = _guess(error, case)
    if "tab character" in message or "cannot start any token" in message:
        hint = _TAB
    elif guess:
        where, hint = marks.at(guess, path), guess.hint
    if case and (unseen := _unseen(case, guess)):
        where, hint = marks.at(unseen, path), unseen.hint
        message += f"; {unseen.name}, stands in column {unseen.column + 1} of the line"
    return findings.error(characters.SYNTAX, f"not YAML: {message}", where, hint)


def _case(error: MarkedYAMLError, text: str) -> "_Case | None":
    if error.problem_mark is None:
        return None
    return _Case(text, error.context_mark, error.problem_mark)


def _guess(error: MarkedYAMLError, case: "_Case | None") -> _Guess | None:
    look = _LOOKS.get(error.problem or "")
    return look(case) if look and case else None


def _unseen(case: "_Case", guess: _Guess | None) -> "_Unseen | None":
    """The character that nobody sees, on a line that the mistake may be on."""
    line = case.problem.line
    near = [line, *case.above(line)[:1]]
    for number in dict.fromkeys([guess.line, *near] if guess else near):
        if found := invisible.find(case.whole(number)):
            return _Unseen(number, found.start(), found[0])
    return None


class _Case:
    """A text, what the parser was reading, and where it could not go on."""

    def __init__(self, text: str, context: Mark | None, problem: Mark) -> None:
        self.text = text
        self.context = context
        self.problem = problem
        self._lines = _LINE.findall(text)

    def line(self, number: int) -> str:
        """Without what is around it."""
        return self._lines[number].strip() if number < len(self._lines) else ""

    def whole(self, number: int) -> str:
        """With its indentation and its end."""
        return self._lines[number] if number < len(self._lines) else ""

    def depth(self, number: int) -> int:
        """How many spaces a line begins with."""
        if number >= len(self._lines):
            return 0
        return len(self._lines[number]) - len(self._lines[number].lstrip(" "))

    def above(self, number: int) -> list[int]:
        """The lines above one that are neither empty nor comments, nearest first."""
        return [one for one in range(number - 1, -1, -1) if self.is_filled(one)]

    def is_filled(self, number: int) -> bool:
        """Whether a line holds more than a comment."""
        return self.line(number)[:1] not in ("", "#")

    def depths(self) -> Counter[int]:
        """How many lines are how deep."""
        filled = filter(self.is_filled, range(len(self._lines)))
        return Counter(map(self.depth, filled))

    def odd(self, line: int, *others: int) -> _Guess | None:
        """Another line than the first, if it is as deep as fewer lines are."""
        depths = self.depths()
        odd = min((line, *others), key=lambda one: depths[self.depth(one)])
        return self.at(odd, _DEPTH) if odd != line else None

    def at(self, number: int, hint: str) -> _Guess:
        """A line as the place of the mistake."""
        return _Guess(number, self.depth(number), hint)


_Look: TypeAlias = Callable[[_Case], _Guess | None]


def _unclosed_quote(case: _Case) -> _Guess | None:
    opened = case.context
    return _Guess(opened.line, opened.column, _QUOTE) if opened else None


def _unclosed_bracket(case: _Case) -> _Guess | None:
    """The line that goes on is no deeper than the one with the bracket."""
    opened, line = case.context, case.problem.line
    if not opened or opened.line == line:
        return None
    if case.line(line) and case.depth(line) > case.depth(opened.line):
        return None
    return _Guess(opened.line, opened.column, _BRACKET)


def _key_without_colon(case: _Case) -> _Guess | None:
    return case.at(case.context.line, _COLON) if case.context else None


def _line_without_colon(case: _Case) -> _Guess | None:
    """The line above was taken for text that goes on here."""
    line = case.problem.line
    above = next(iter(case.above(line)), line)
    if not _KEYED.search(case.line(above)):
        return case.at(above, _COLON)
    return case.odd(line, above)


def _early_quote(case: _Case) -> _Guess | None:
    """A text ran on to the quote that was to open the next one."""
    last = _last_scalar(case.text)
    if last is None or last.style not in ("'", '"'):
        return None
    start, end = last.start_mark, last.end_mark
    if (
        start is None
        or end is None
        or start.line == end.line
        or end.line != case.problem.line
    ):
        return None
    return _Guess(start.line, start.column, _QUOTE)


def _last_scalar(text: str) -> ScalarEvent | None:
    parser, last = CParser(text), None
    try:
        while not isinstance(event := parser.get_event(), StreamEndEvent):
            last = event if isinstance(event, ScalarEvent) else last
    except MarkedYAMLError:
        return last
    finally:
        parser.dispose()
    return last


def _odd_dash(case: _Case) -> _Guess | None:
    """The only item of a list is a key with more below, as are the lines beside it."""
    opened = case.context
    if not opened or opened.column != case.problem.column:
        return None
    dashes = [
        line
        for line in case.above(case.problem.line)
        if line >= opened.line and case.depth(line) == opened.column
    ]
    if len(dashes) == 1 and _OPEN_ITEM.fullmatch(case.line(dashes[0])):
        return case.at(dashes[0], _DASH)
    return None


def _odd_depth(case: _Case) -> _Guess | None:
    """Of the lines that do not go together, the one as deep as hardly any other."""
    line = case.problem.line
    depth = case.depth(line)
    if not case.is_filled(line) or case.problem.column != depth:
        return None
    above = case.above(line)
    deeper = list(itertools.takewhile(lambda one: case.depth(one) > depth, above))
    first = min(reversed(deeper), key=case.depth, default=line)
    return case.odd(line, first, *above[len(deeper) :][:1])


def _first_of(*looks: _Look) -> _Look:
    def look(case: _Case) -> _Guess | None:
        return next(filter(None, (one(case) for one in looks)), None)

    return look


_LOOKS: Final[Mapping[str, _Look]] = {
    "found unexpected end of stream": _unclosed_quote,
    "could not find expected ':'": _key_without_colon,
    "mapping values are not allowed in this context": _line_without_colon,
    "did not find expected ',' or ']'": _unclosed_bracket,
    "did not find expected ',' or '}'": _unclosed_bracket,
    "did not find expected key": _first_of(_early_quote, _odd_depth),
    "did not find expected '-' indicator": _first_of(
        _early_quote, _odd_dash, _odd_depth
    ),
}
