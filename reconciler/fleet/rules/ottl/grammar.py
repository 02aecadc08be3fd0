"""Whether a text is a statement or a condition of OTTL, and where it stops being one.

Called by the validators of components that take OTTL. The grammar is the Collector's:
the first alternative that fits is taken, and another tried when the rest does not fit.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.fleet.rules.ottl import names, tokens
from reconciler.fleet.rules.ottl.tokens import NoTokensError, Token

LONGEST: Final = 10_000
MOST_STEPS: Final = 50_000
"""What is longer, or takes more looks at tokens to understand, is not judged."""
_DEEPEST: Final = 40
_REMEMBERED: Final = 1_000
"""Texts that were judged; the configs of a fleet share most of theirs."""
_NAME: Final = ("upper", "lower")
_CONTEXTS: Final = frozenset(
    (
        *("resource", "scope", "instrumentation_scope", "otelcol"),
        *("span", "spanevent", "metric", "datapoint", "log", "profile"),
    )
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text is no OTTL, and at which of its characters that shows."""

    message: str
    start: int
    hint: str | None = None


Judge: TypeAlias = Callable[[str], Fault | None]


@functools.lru_cache(_REMEMBERED)
def statement(source: str) -> Fault | None:
    """What is wrong with `function(arguments) where condition`."""
    return _judge(source, _Parser.statement, is_condition=False)


@functools.lru_cache(_REMEMBERED)
def condition(source: str) -> Fault | None:
    """What is wrong with a condition."""
    return _judge(source, _Parser.boolean, is_condition=True)


@functools.lru_cache(_REMEMBERED)
def in_context(judge: Judge, source: str) -> Fault | None:
    """The same where no setting says what paths are of: each must begin with it."""
    fault = judge(source)
    if fault or len(source) > LONGEST:
        return fault
    cut = tokens.cut(source)
    bare = next(filter(None, map(_bare_path, [None, *cut], cut, cut[1:])), None)
    if not bare:
        return None
    hint = f"write whose it is, as in `resource.{bare.text}` or `span.{bare.text}`"
    return Fault(f"`{bare.text}` has no context", bare.start, hint)


def _bare_path(before: Token | None, token: Token, after: Token) -> Token | None:
    """The first part of a path, if it is no context."""
    goes_on = before is not None and before.kind == "."
    if goes_on or not _begins_or_goes_on(before, token, after):
        return None
    has_context = after.kind == "." and token.text in _CONTEXTS
    return None if has_context else token


def _judge(
    source: str, rule: "Callable[[_Parser], bool]", *, is_condition: bool
) -> Fault | None:
    if len(source) > LONGEST:
        return None
    try:
        cut = tokens.cut(source)
    except NoTokensError as error:
        return Fault(error.message, error.start, error.hint)
    if _depth(cut) > _DEEPEST:
        return None
    parser = _Parser(cut)
    try:
        is_whole = rule(parser) and parser.is_at("end")
    except _TooManyStepsError:
        return None
    misnamed = _misnamed(cut, is_condition=is_condition)
    if is_whole or misnamed:
        return misnamed or _wrong_field(cut)
    token = cut[parser.furthest]
    return Fault(_unexpected(token), token.start)


def _unexpected(token: Token) -> str:
    """Without the text of a text: that may be a secret."""
    match token.kind:
        case "end":
            return "more is expected"
        case "string":
            return "a text is not expected"
        case _:
            return f"`{token.text}` is not expected"


def _depth(cut: list[Token]) -> int:
    depth = deepest = 0
    for token in cut:
        depth += (token.kind in ("(", "[", "{")) - (token.kind in (")", "]", "}"))
        deepest = max(deepest, depth)
    return deepest


def _misnamed(cut: list[Token], *, is_condition: bool) -> Fault | None:
    """An editor begins a statement and is in lower case; a converter is in upper."""
    for index, token in enumerate(cut):
        start = index
        while token.kind == "(" and start and _is_name(cut[start - 1]):
            start -= 1
        if start == index:
            continue
        name = "".join(one.text for one in cut[start:index])
        is_editor = start == 0 and not is_condition
        if fault := _wrong_name(name, cut[start], is_editor=is_editor):
            return fault
    return None


def _wrong_name(name: str, first: Token, *, is_editor: bool) -> Fault | None:
    kind, case = ("editor", "lower") if is_editor else ("converter", "upper")
    if first.kind != case:
        message = f"the name of the {kind} here must begin in {case} case"
        return Fault(message, first.start)
    if meant := names.function(name):
        hint = f"did you mean `{meant}`?"
        return Fault(f"there is no function `{name}`", first.start, hint)
    return None


def _wrong_field(cut: list[Token]) -> Fault | None:
    for before, token, after in zip([None, *cut], cut, cut[1:], strict=False):
        if not _begins_or_goes_on(before, token, after):
            continue
        if meant := names.field(token.text):
            hint = f"did you mean `{meant}`?"
            return Fault(f"there is no field `{token.text}`", token.start, hint)
    return None


def _begins_or_goes_on(before: Token | None, token: Token, after: Token) -> bool:
    """Whether a token is a part of a path."""
    is_other = after.kind in (*_NAME, "(", "equal") and after.text != "where"
    in_name = before is not None and before.kind in _NAME and before.text != "where"
    is_path = token.kind == "lower" and token.text != "where"
    return is_path and not is_other and not in_name


def _is_name(token: Token) -> bool:
    return token.kind in _NAME and token.text != "where"


class _TooManyStepsError(Exception):
    """Alternatives inside alternatives: it would take too long."""


class _Parser:
    """Recognizes; every rule goes forward when it fits and stays where it is if not."""

    def __init__(self, cut: list[Token]) -> None:
        self._tokens = cut
        self._place = 0
        self._steps = 0
        self.furthest = 0
        """The last token that anything could be made of, or the one after."""

    def is_at(self, kind: str) -> bool:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise _TooManyStepsError
        self.furthest = max(self.furthest, self._place)
        return self._tokens[self._place].kind == kind

    def statement(self) -> bool:
        if not (self._call("lower") or self._call("upper")):
            return False
        return not self._word("where") or self.boolean()

    def boolean(self) -> bool:
        return self._chain(lambda: self._chain(self._operand, "and"), "or")

    def _operand(self) -> bool:
        start = self._place
        self._take("not")
        if self._all(self._value, lambda: self._take("comparison"), self._value):
            return True
        if self._take("boolean") or self._call("upper"):
            return True
        if self._all(lambda: self._take("("), self.boolean, lambda: self._take(")")):
            return True
        self._place = start
        return False

    def _value(self) -> bool:
        if self._take("nil"):
            return True
        start = self._place
        if self._literal() and not (self.is_at("sign") or self.is_at("factor")):
            return True
        self._place = start
        if self._math() or any(map(self._take, ("bytes", "string", "boolean"))):
            return True
        if self._take("upper"):
            if not self.is_at("lower"):
                return True
            self._place = start
        return self._map() or self._list()

    def _literal(self) -> bool:
        return (
            self._call("lower")
            or self._call("upper")
            or self._take("float")
            or self._take("int")
            or self._path()
        )

    def _math(self) -> bool:
        return self._chain(lambda: self._chain(self._number, "factor"), "sign")

    def _number(self) -> bool:
        start = self._place
        self._take("sign")
        if self._literal():
            return True
        if self._all(lambda: self._take("("), self._math, lambda: self._take(")")):
            return True
        self._place = start
        return False

    def _call(self, first: str) -> bool:
        """A function of which the name begins with a letter of that case."""
        return self._all(
            lambda: self._name(first),
            lambda: self._take("("),
            lambda: self._maybe(lambda: self._chain(self._argument, ",")),
            lambda: self._take(")"),
            self._keys,
        )

    def _name(self, first: str) -> bool:
        if not self._take(first):
            return False
        while any(map(self._take, _NAME)):
            pass
        return True

    def _argument(self) -> bool:
        self._all(lambda: self._name("lower"), lambda: self._take("equal"))
        return self._value() or self._name("upper")

    def _path(self) -> bool:
        return self._chain(self._field, ".")

    def _field(self) -> bool:
        return self._take("lower") and self._keys()

    def _keys(self) -> bool:
        while self._all(lambda: self._take("["), self._key, lambda: self._take("]")):
            pass
        return True

    def _key(self) -> bool:
        start = self._place
        for kind in ("string", "int"):
            if self._take(kind) and self.is_at("]"):
                return True
            self._place = start
        return self._math()

    def _map(self) -> bool:
        def item() -> bool:
            return self._all(
                lambda: self._take("string"), lambda: self._take(":"), self._value
            )

        def items() -> bool:
            while item():
                self._take(",")
            return True

        return self._all(lambda: self._take("{"), items, lambda: self._take("}"))

    def _list(self) -> bool:
        def items() -> bool:
            while self._value():
                pass
            while self._all(lambda: self._take(","), self._value):
                pass
            return True

        return self._all(lambda: self._take("["), items, lambda: self._take("]"))

    def _take(self, kind: str) -> bool:
        if not self.is_at(kind):
            return False
        self._place += 1
        return True

    def _word(self, text: str) -> bool:
        if self._tokens[self._place].text != text:
            return False
        return self._take("lower")

    def _all(self, *rules: Callable[[], bool]) -> bool:
        start = self._place
        if all(rule() for rule in rules):
            return True
        self._place = start
        return False

    def _chain(self, rule: Callable[[], bool], between: str) -> bool:
        if not rule():
            return False
        while self._all(lambda: self._take(between), rule):
            pass
        return True

    def _maybe(self, rule: Callable[[], bool]) -> bool:
        rule()
        return True
