"""What the exit codes of every command mean."""

from enum import IntEnum


class Exit(IntEnum):
    """64 is `EX_USAGE` of BSD's sysexits.h, 130 a shell's word for Ctrl-C."""

    OK = 0
    ERROR = 1
    FINDINGS = 3
    USAGE = 64
    INTERRUPTED = 130
