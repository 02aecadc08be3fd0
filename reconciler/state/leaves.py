"""When two leaves of a Collector config mean the same, and how one is shown.

Called by `drift.py`. A Collector decodes its config into typed fields and writes it
out again: `60s` comes back as `1m0s`, `4MiB` as a number, header maps as sorted lists
of name and value, numbers as text and the other way round.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

REDACTED = "[REDACTED]"
SECRET_KEY = re.compile(
    r"(?i)(passw|secret|token|api[_-]?key|authorization|credential|private[_-]?key)"
)
DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?b)", re.IGNORECASE)
SIZES = {
    f"{prefix}{middle}b": float(base ** (power))
    for power, prefix in enumerate(("", "k", "m", "g", "t"))
    for middle, base in (("", 1000), ("i", 1024))
}


def equal(wanted: Any, found: Any) -> bool:
    """Whether a Collector would take both for the same value."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return _text(wanted) == _text(found)
    if wanted == found or _text(wanted) == _text(found):
        return True
    return _same(_seconds(wanted), _seconds(found)) or _same(
        _bytes(wanted), _bytes(found)
    )


def is_unverifiable(wanted: Any, found: Any) -> bool:
    """The Collector expanded or hid it, so nobody can tell from outside."""
    return found == REDACTED or (isinstance(wanted, str) and "${" in wanted)


def as_mapping(found: Any) -> Mapping[str, Any] | None:
    """A mapping, also when it came back as a list of `{name, value}`."""
    if isinstance(found, dict):
        return found
    if isinstance(found, list) and all(
        isinstance(one, dict) and set(one) == {"name", "value"} for one in found
    ):
        return {str(one["name"]): one["value"] for one in found}
    return None


def shown(path: str, value: Any, limit: int) -> str:
    """A value as people may see it: short, and no secret."""
    if value is None:
        return ""
    if SECRET_KEY.search(path):
        return "(hidden)"
    text = _hidden(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _hidden(value: Any) -> str:
    if isinstance(value, dict):
        parts = (
            f"{key}: {'(hidden)' if SECRET_KEY.search(str(key)) else _hidden(inner)}"
            for key, inner in value.items()
        )
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_hidden(inner) for inner in value) + "]"
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.removesuffix("/").lower()
    return str(value).lower()


def _bytes(value: Any) -> float | None:
    if isinstance(value, int):
        return float(value)
    size = SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return float(size[1]) * SIZES[size[2].lower()] if size else None


def _seconds(value: Any) -> float | None:
    if isinstance(value, int):
        return value * 1e-9  # a Go duration without unit counts nanoseconds
    if not isinstance(value, str):
        return None
    parts = DURATION_PART.findall(value)
    if not parts or "".join(number + unit for number, unit in parts) != value.strip():
        return None
    return sum(float(number) * SECONDS[unit] for number, unit in parts)


def _same(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and math.isclose(one, other)
