"""Values of settings in the words of the catalogue: what kind of thing one is.

Used by `settings.py`. No value is ever shown: it may be a secret.
"""

import re
from typing import Final

from reconciler.fleet.catalogue.model import Shape
from reconciler.fleet.syntax import fields, scalars
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table, Timestamp

_PART: Final = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h)"
_DURATION = re.compile(rf"[-+]?(?:0|(?:{_PART})+)")
_BOOLS: Final = frozenset({"true", "false"})
_NUMBERS: Final = frozenset({Shape.INT, Shape.FLOAT})
_SCALARS: Final = frozenset({Shape.BOOL, *_NUMBERS})


def is_duration(text: str) -> bool:
    """Whether Go reads a duration from a text; a sign may be in front."""
    return _DURATION.fullmatch(text) is not None


def word(node: Node, shape: Shape) -> str:
    """What a value is, as `Setting.rejects` calls it."""
    match node:
        case Sequence():
            return "list"
        case Table():
            return "map"
        case Scalar(None):
            return "null"
        case Scalar(bool()):
            return "bool"
        case Scalar(int(number)):
            return "negative" if number < 0 and shape in _NUMBERS else "number"
        case Scalar(float(number)):
            return "number" if number.is_integer() else "float"
        case Scalar(Timestamp()):
            return "timestamp"
        case Scalar(value):
            return _text(str(value), shape)


def _text(text: str, shape: Shape) -> str:
    if shape is Shape.DURATION:
        return "duration" if is_duration(text) else "malformed"
    if shape not in _SCALARS:
        return "text"
    if text in _BOOLS:
        return "quoted-bool"
    is_number = isinstance(scalars.resolve(text), int | float)
    return "quoted-number" if is_number else "text"


def described(node: Node, shape: Shape) -> str:
    """What a value is, in words for people."""
    match word(node, shape):
        case "timestamp":
            return "a date"
        case "negative":
            return "a negative number"
        case "quoted-number":
            return "a number in quotes"
        case "quoted-bool":
            return "true or false in quotes"
        case _:
            return fields.kind_of(node)


def hint(node: Node, shape: Shape) -> str | None:
    """How to mend a value that is refused."""
    match word(node, shape), shape:
        case "quoted-number" | "quoted-bool", _:
            return "take the quotes away"
        case "malformed", _:
            return "write it as `10s` or `1m30s`"
        case "number" | "float" | "bool" | "timestamp", Shape.STRING:
            return "put it in quotes"
        case _:
            return None
