"""The limit of open files: one socket an agent is more than most shells allow."""

import resource

from reconciler.errors import SetupError

_SPARE = 100


def allow(sockets: int) -> None:
    """Raise this process' limit so far that the sockets fit.

    Raises:
        SetupError: The hard limit is too low.
    """
    needed = sockets + _SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise SetupError(
            f"{sockets} agents need {needed} open files, and {hard} are allowed",
            hint=f"raise the hard limit (ulimit -Hn {needed}) or simulate fewer",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
