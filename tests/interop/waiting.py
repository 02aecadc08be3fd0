"""Waiting on a condition with a deadline; used by drivers, tests and the demo."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE = 0.05


class TooLate(AssertionError):  # noqa: N818 - named by what happened
    """What was waited for did not happen in time; says what was seen last."""


def wait_for(
    ask: Callable[[], T], accept: Callable[[T], object], *, within: float, what: str
) -> T:
    """Ask again and again; the first answer that is accepted, within some seconds.

    Raises:
        TooLate: None was.
    """
    deadline = time.monotonic() + within
    while True:
        answer = ask()
        if accept(answer):
            return answer
        if time.monotonic() > deadline:
            raise TooLate(f"not within {within:g} s: {what}; last seen: {answer!r}")
        time.sleep(PAUSE)


def stays(
    ask: Callable[[], T], accept: Callable[[T], object], *, during: float, what: str
) -> None:
    """Ask again and again for some seconds; every answer must be accepted.

    Raises:
        AssertionError: One was not.
    """
    deadline = time.monotonic() + during
    while time.monotonic() < deadline:
        answer = ask()
        assert accept(answer), f"{what}; seen: {answer!r}"
        time.sleep(PAUSE)
