"""When two leaves of a Collector config mean the same, and how one is shown.

Called by `drift.py` and `explain.py`. A Collector decodes its config into typed fields
and writes it out again: `60s` comes back as `1m0s`, `4MiB` as a number, numbers as text
and the other way round.
"""

import math
import re
from typing import Any

from reconciler.fleet.syntax import durations, masking

REDACTED = "[REDACTED]"
_SECRET_PATH = re.compile(rf"{masking.SECRET_KEY.pattern}|/headers(/|$)")
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


def equal(wanted: Any, found: Any) -> bool:
    """Whether a Collector would take both for the same value."""
    if wanted == found and type(wanted) is type(found):
        return True
    if _text(found) in {_text(wanted), _text(wanted).replace("$$", "$")}:
        return True
    if isinstance(wanted, bool) or isinstance(found, bool):
        return False
    return any(
        math.isclose(one, other)
        for read in (_number, _seconds, _bytes)
        if (one := read(wanted)) is not None and (other := read(found)) is not None
    )


def is_unverifiable(wanted: Any, found: Any) -> bool:
    """The Collector expanded or hid it, so nobody can tell from outside."""
    return found == REDACTED or (isinstance(wanted, str) and "${" in wanted)


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
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.removesuffix("/").lower()
    return str(value).lower()


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
