"""Plain scalars read as the Collector reads them.

The Collector decodes with go-yaml v3 into untyped values: `true`/`false` and `null` in
three spellings each, `~`, integers in decimal, `0x`, `0b`, `0o` and old octal (`012`
is 10), `_` inside numbers, floats with `.inf` and `.nan`, dates as times. `yes`, `on`
and `22:22` stay text; so does a float too big for 64 bits. Called by `yaml.py` for
every plain scalar and by `dump.py` to see what needs quotes.
"""

import calendar
import re
from collections.abc import Mapping
from types import NoneType
from typing import Final

from reconciler.fleet.syntax.nodes import ScalarValue, Timestamp

_WORDS: Final[dict[str, ScalarValue]] = {
    "": None,
    **dict.fromkeys(("~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF"), float("inf")),
    **dict.fromkeys(("+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_SPECIAL_STARTS: Final = frozenset("+-0123456789.tTfFnN~")

_INTEGER = re.compile(
    r"""(?P<sign>[-+]?)(?:
      0[xX](?P<hex>[0-9a-fA-F]+) | 0[bB](?P<bin>[01]+) | 0[oO]?(?P<oct>[0-7]+)
      | (?P<dec>0|[1-9][0-9]{0,19})
    )""",
    re.VERBOSE,
)
_BASES: Final = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_SIGN_AFTER_PREFIX = re.compile(r"0(?P<base>[bo])(?P<digits>[-+][0-7]{1,64})")
_POINT_FIRST = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIMESTAMP = re.compile(
    r"""(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})
    (?: (?P<sep>[Tt]|[ ]+)
        (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})
        (?:[.,][0-9]+)?
        (?P<zone>Z|[-+](?P<zh>[0-9]{2}):(?P<zm>[0-9]{2}))?
    )?""",
    re.VERBOSE,
)
_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)


def resolve(text: str) -> ScalarValue:
    """The value of a plain scalar without a tag."""
    if text and text[0] not in _SPECIAL_STARTS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        digits = text.replace("_", "")
        return _float(digits, text) if _POINT_FIRST.fullmatch(text) else text
    if text[0] in "tTfFnN~":
        return text
    return _number(text)


TAGS: Final[Mapping[str, type[ScalarValue]]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "null": NoneType,
    "timestamp": Timestamp,
}
"""The names of YAML's own scalar tags that can be used, without their prefix."""


def resolve_tagged(tag: str, text: str) -> ScalarValue:
    """The value of a scalar, plain or quoted, with one of `TAGS`.

    Raises:
        ValueError: The text is not of the tag's type.
    """
    if tag == "str":
        return text
    value = resolve(text)
    if tag == "float" and type(value) is int and value in _INT64:
        return float(value)
    if type(value) is not TAGS[tag]:
        raise ValueError(f"this text cannot be read as `!!{tag}`")
    return value


def _number(text: str) -> ScalarValue:
    if _is_timestamp(text):
        return Timestamp(text)
    digits = text.replace("_", "")
    integer = _integer(digits)
    return _float(digits, text) if integer is None else integer


def _integer(digits: str) -> int | None:
    if match := _INTEGER.fullmatch(digits):
        base = match.lastgroup or "dec"
        value = int(match["sign"] + match[base], _BASES[base])
        in_range = value in _INT64 or (not match["sign"] and value in _UINT64)
        return value if in_range else None
    # go-yaml reads `0b` and `0o` a second time without the prefix: a sign may follow.
    if match := _SIGN_AFTER_PREFIX.fullmatch(digits):
        return _based(match["digits"], 2 if match["base"] == "b" else 8)
    return None


def _based(digits: str, base: int) -> int | None:
    try:
        value = int(digits, base)
    except ValueError:
        return None
    return value if value in _INT64 else None


def _float(digits: str, text: str) -> ScalarValue:
    if not _FLOAT.fullmatch(digits):
        return text
    value = float(digits)
    return text if value in (float("inf"), float("-inf")) else value


def _is_timestamp(text: str) -> bool:
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        return False
    month, day = int(match["month"]), int(match["day"])
    if not 1 <= month <= 12:  # noqa: PLR2004 - months of a year
        return False
    if not 1 <= day <= calendar.monthrange(int(match["year"]), month)[1]:
        return False
    return match["sep"] is None or _is_time_of_day(match)


def _is_time_of_day(match: re.Match[str]) -> bool:
    spaced = match["sep"].startswith(" ")
    if spaced != (match["zone"] is None):
        return False
    limits = (("hour", 23), ("minute", 59), ("second", 59), ("zh", 24), ("zm", 60))
    return all(int(match[part] or 0) <= limit for part, limit in limits)
