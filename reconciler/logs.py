"""How the service logs: structured, one line an event, no secret in any of them.

`service.py` calls `configure` once. Rooms log through `structlog.get_logger()`.
"""

import logging
import sys
from collections.abc import Iterable
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from reconciler.settings import LogFormat, LogLevel

HIDDEN = "(hidden)"
CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160))}


def configure(level: LogLevel, form: LogFormat, *, secrets: Iterable[str]) -> None:
    """Log to stderr from now on; `secrets` never appear, whoever logs them."""
    minimum = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            Scrub(secrets),
            *_renderers(form),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(minimum),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries log through the standard library; only their warnings concern people.
    logging.basicConfig(level=max(minimum, logging.WARNING), stream=sys.stderr)


class Scrub:
    """Takes known secrets and control characters out of everything that is logged."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """A structlog processor."""
        for key, value in event.items():
            event[key] = self._clean(value, multiline=key == "exception")
        return event

    def _clean(self, value: Any, *, multiline: bool) -> Any:
        if isinstance(value, (int, float)) or value is None:
            return value
        text = str(value)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text if multiline else text.translate(CONTROL)


def _renderers(form: LogFormat) -> list[Processor]:
    if form == "json":
        return [structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
