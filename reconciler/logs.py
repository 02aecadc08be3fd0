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

OURS = "reconciler"
HIDDEN = "(hidden)"
CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160))}


def configure(level: LogLevel, form: LogFormat, *, secrets: Iterable[str]) -> None:
    """Log to stderr from now on; `secrets` never appear, whoever logs them."""
    first: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        Scrub(secrets),
        _renderer(form),
    ]
    structlog.configure(
        processors=[*first, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=_logger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=first)
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # Of libraries only warnings concern people.
    logging.getLogger(OURS).setLevel(level.upper())


def _logger(*_: object) -> logging.Logger:
    return logging.getLogger(OURS)


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


def _renderer(form: LogFormat) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
