"""Go's durations, as Collector and Kubernetes users write them: `10s`, `1m30s`."""

import re
from typing import Final

UNITS: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
"""Seconds of each unit."""

_PART = r"([0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})(ns|us|µs|μs|ms|s|m|h)"
_PARTS = re.compile(_PART)
_DURATION = re.compile(f"(?:{_PART}){{1,8}}")


def parse_duration(text: str) -> float:
    """The seconds of a Go duration; `0` needs no unit, a sign is not taken.

    Raises:
        ValueError: The text is not a duration.
    """
    if text == "0":
        return 0.0
    if not _DURATION.fullmatch(text):
        raise ValueError(f"`{text[:40]}` is not a duration")
    return sum(float(number) * UNITS[unit] for number, unit in _PARTS.findall(text))
