"""When two leaves of a config mean the same, and how one is shown.

Called by `drift.py` and `explain.py`. A Collector decodes its config into typed fields
and writes it out again: `60s` comes back as `1m0s`, `4MiB` as a number, numbers as text
and the other way round. A Kubernetes API server does the same with quantities.
"""

import math
import re
from enum import StrEnum
from typing import Any, Final

from reconciler.fleet.syntax import durations, masking

REDACTED = "[REDACTED]"
_SECRET_PATH = re.compile(
    rf"{masking.SECRET_KEY.pattern}|/headers(/|$)|/env/\d+/value$"
)
_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_NUMBER = re.compile(
    r"[+-]?(\d{1,300}\.?\d{0,300}|\.\d{1,300})(e[+-]?\d{1,3})?", re.IGNORECASE
)
_FLOAT_BITS = 1000
_SIZE = re.compile(r"(\d{1,300}(?:\.\d{1,300})?)\s*([kmgt]?i?b)", re.IGNORECASE)
_SIZES = {
    f"{prefix}{middle}b": float(base**power)
    for power, prefix in enumerate(("", "k", "m", "g", "t"))
    for middle, base in (("", 1000), ("i", 1024))
}
_QUANTITY = re.compile(
    r"([+-]?(?:\d{1,300}\.?\d{0,300}|\.\d{1,300}))([numkMGTPE]|[KMGTPE]i)"
)
_QUANTITIES: Final = {
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    **{unit: 1000.0**power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", 1)},
}
_INTEGER = re.compile(r"[+-]?\d+")
_LONGEST_MEASURE: Final = 100
"""Characters of a number with its unit. The time to read one grows with the square."""

_PRECISION: Final = 1e-14
"""Numbers closer than this share differ by the rounding of one unit into another."""


class Dialect(StrEnum):
    """Who wrote a value, and so what it may have become."""

    COLLECTOR = "collector"
    """Typed by each component, references expanded, secrets hidden."""
    RESOURCE = "resource"
    """Kept by a Kubernetes API server: nothing in it is expanded."""
    OTHER = "other"


def equal(wanted: Any, found: Any, dialect: Dialect = Dialect.COLLECTOR) -> bool:
    """Whether the program would take both for the same value."""
    if wanted == found and type(wanted) is type(found):
        return True
    if any(
        value is None or isinstance(value, dict | list) for value in (wanted, found)
    ):
        return False
    if dialect is Dialect.COLLECTOR:
        alike = _text(found) in {_text(wanted), _text(wanted).replace("$$", "$")}
    else:
        alike = _spelled(found) == _spelled(wanted)
    return alike or _measures_equal(wanted, found, dialect)


def _measures_equal(wanted: Any, found: Any, dialect: Dialect) -> bool:
    texts = _spelled(wanted), _spelled(found)
    if isinstance(wanted, bool) or isinstance(found, bool):
        return False
    if max(map(len, texts)) > _LONGEST_MEASURE:
        return False
    if all(map(_INTEGER.fullmatch, texts)):
        return int(texts[0]) == int(texts[1])
    readers = [_number, _seconds, _bytes]
    if dialect is Dialect.RESOURCE:
        readers.append(_quantity)
    return any(
        math.isclose(one, other, rel_tol=_PRECISION)
        for read in readers
        if (one := read(wanted)) is not None and (other := read(found)) is not None
    )


def is_unverifiable(
    wanted: Any, found: Any, dialect: Dialect = Dialect.COLLECTOR
) -> bool:
    """It was expanded or hidden on the way, so nobody can tell from outside."""
    expands = dialect is not Dialect.RESOURCE
    return found == REDACTED or (expands and isinstance(wanted, str) and "${" in wanted)


def shown(path: str, value: Any, limit: int) -> str:
    """A value as people may see it: short, and no secret."""
    if value is None:
        return ""
    text = masking.HIDDEN if _SECRET_PATH.search(path) else _written(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _written(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case dict():
            pairs = (f"{key}: {_below(str(key), one)}" for key, one in value.items())
            return "{" + ", ".join(pairs) + "}"
        case list():
            return "[" + ", ".join(map(_written, value)) + "]"
        case _:
            return masking.USERINFO.sub(masking.HIDDEN, str(value))


def _below(key: str, value: Any) -> str:
    hides = key in {"headers", "value"} or masking.SECRET_KEY.search(key)
    return masking.HIDDEN if hides else _written(value)


def _text(value: Any) -> str:
    return _spelled(value).removesuffix("/").lower()


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _number(value: Any) -> float | None:
    match value:
        case int() if value.bit_length() > _FLOAT_BITS:
            return None
        case int() | float():
            return float(value)
        case str() if _NUMBER.fullmatch(value):
            return float(value)
        case _:
            return None


def _bytes(value: Any) -> float | None:
    size = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return float(size[1]) * _SIZES[size[2].lower()] if size else _number(value)


def _quantity(value: Any) -> float | None:
    found = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) * _QUANTITIES[found[2]] if found else _number(value)


def _seconds(value: Any) -> float | None:
    if isinstance(value, int):
        nanoseconds = _number(value)  # of a Go duration without unit
        return None if nanoseconds is None else nanoseconds * 1e-9
    if not isinstance(value, str):
        return None
    parts = _DURATION_PART.findall(value)
    if not parts or "".join(number + unit for number, unit in parts) != value.strip():
        return None
    return sum(float(number) * durations.UNITS[unit] for number, unit in parts)
