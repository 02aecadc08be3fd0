"""What the exit codes of every command mean."""

from enum import IntEnum


class Exit(IntEnum):
    """64 is `EX_USAGE` of BSD's sysexits.h, 130 a shell's word for Ctrl-C.

    2 is only given where `--exit-code` asks for it: whether a difference is a failure
    is for the caller to say.
    """

    OK = 0
    ERROR = 1
    DIFFERENCES = 2
    FINDINGS = 3
    USAGE = 64
    INTERRUPTED = 130
