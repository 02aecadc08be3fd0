"""A Collector config as the Collector's own parser reads it, and with as much patience.

Called by `bare.py`. Only the first document counts, tags of other programs and keys
that are no text are taken, and so is a byte order mark inside the text: what a fleet
repo refuses beyond the Collector is a warning here.
"""

from typing import Final

from yaml import MarkedYAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    StreamEndEvent,
)

from reconciler.fleet import findings
from reconciler.fleet.findings import Fault, Finding, Report
from reconciler.fleet.syntax import characters, yaml
from reconciler.fleet.syntax import mistakes as syntax
from reconciler.fleet.syntax.nodes import Node, Scalar

CAPS: Final = yaml.Caps(
    size=16 * 1024 * 1024,
    depth=100,
    nodes=1_000_000,
    text=64 * 1024 * 1024,
    aliases=100_000,
    merges=1_000,
)
"""Nobody sends these files to a server: whoever wrote one may judge a large one."""

_QUOTE: Final = "\\'"
_MOST_QUOTES: Final = 50
"""Each of them takes a look at the file from its beginning."""
_MARK: Final = "\ufeff".encode()
_STAND_IN: Final = "\ufffd".encode()


def read(content: bytes, path: str) -> tuple[Node | None, tuple[Finding, ...]]:
    """The first document, None for an empty file, and what was noticed on the way.

    Raises:
        Fault: The Collector could not read it; its `findings` tell all that was wrong.
    """
    report = Report()
    text = _unescaped(characters.decode(_unmarked(content), path, most=CAPS.size))
    parser = CParser(text)
    try:
        composer = _Lenient(parser, text, path, caps=CAPS, report=report)
        document = composer.first()
    except MarkedYAMLError as error:
        report.add(syntax.finding(error, text, path))
        document = None
    except Fault as fault:
        report.add(fault.finding)
        document = None
    finally:
        parser.dispose()
    if findings.errors(report.findings):
        raise Fault.of(report.findings)
    return document, report.findings


def _unmarked(content: bytes) -> bytes:
    """Without byte order marks but the one in front, which alone means anything."""
    start = len(_MARK)
    return content[:start] + content[start:].replace(_MARK, _STAND_IN)


def _unescaped(text: str) -> str:
    r"""Without the backslash of `\'` between double quotes, an escape of Go's alone."""
    for _ in range(_MOST_QUOTES if _QUOTE in text else 0):
        place = _unknown_escape(text)
        if place is None or not text.startswith(_QUOTE, place):
            break
        text = text[:place] + text[place + 1 :]
    return text


def _unknown_escape(text: str) -> int | None:
    """Where the parser meets an escape that it does not know, within the caps."""
    parser, depth = CParser(text), 0
    try:
        while depth <= CAPS.depth:
            event = parser.get_event()
            if isinstance(event, StreamEndEvent):
                break
            depth += isinstance(event, CollectionStartEvent)
            depth -= isinstance(event, CollectionEndEvent)
    except MarkedYAMLError as error:
        if error.problem == "found unknown escape character" and error.problem_mark:
            return error.problem_mark.index
    finally:
        parser.dispose()
    return None


class _Lenient(yaml.Composer):
    """Warns where a fleet repo refuses, and stops after the first document."""

    def first(self) -> Node | None:
        """The first document; a warning where another follows."""
        document: Node | None = None
        while not isinstance(event := self._next(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                self._start_document(event, 1)
                document = self._node(self._next(), 0)
                self._look_further()
                break
        return document

    def _look_further(self) -> None:
        try:
            self._next()
            event = self._next()
        except MarkedYAMLError:
            return
        if isinstance(event, DocumentStartEvent):
            self._dislike(
                event,
                "the Collector reads the first document of a file; this one is lost",
                "move it to a file of its own",
            )

    def _dislike(self, event: Event, message: str, hint: str | None = None) -> None:
        where = self._where(event)
        self._report.warning(yaml.SYNTAX, message, where=where, hint=hint)

    def _key(self, event: Event, depth: int) -> str:
        if not isinstance(event, AliasEvent):
            return super()._key(event, depth)
        self._dislike(event, "a key that is an alias is hard to find", "write it out")
        match self._alias(event, depth):
            case Scalar(str() | int() as value):
                return str(value)
            case _:
                self._note(event, "a key must be text, not a list or a mapping")
                return str(self._where(event))
