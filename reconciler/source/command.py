"""Starting Git, hardened: no variable inherited, no file too big, none left running.

Used by `git.py` for its mirrors and by `history.py`. GitPython starts every command
here; which variables Git sees is decided by `environment.py`.
"""

import os
import resource
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any

import git

from reconciler.errors import SetupError
from reconciler.source import environment
from reconciler.source.child import Budget, Child


class HardenedGit(git.Git):
    """GitPython adds to the environment and cannot take away, so env(1) does."""

    def execute(self, command: Any, *args: Any, env: Any = None, **options: Any) -> Any:
        """Start a command that inherits nothing and leads a process group."""
        ours = self.environment().keys() | (env or {}).keys()
        strangers = environment.strangers(os.environ, ours=ours)
        unset = [word for name in strangers for word in ("-u", name)]
        words = ["env", *unset, *command]
        return super().execute(
            words,
            *args,
            env=env,
            start_new_session=True,
            restore_signals=False,  # SIGXFSZ stays ignored: Git then says why it ends
            **options,
        )


@contextmanager
def run(
    runner: git.Git,
    budget: Budget,
    largest: int,
    subcommand: str,
    *words: str,
    stdin: IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Child]:
    """A Git command under way, ended with the block; no file grows beyond `largest`."""
    start = getattr(runner, subcommand)
    # Ends when dropped.
    started = start(*words, as_process=True, istream=stdin, env=env)
    child = Child(started.proc, budget)
    try:
        _limit_files(started.pid, largest)
        yield child
    finally:
        child.close()


def check_version(runner: git.Git) -> None:
    """Refuse a Git that cannot be hardened.

    Raises:
        SetupError: It is too old.
    """
    if runner.version_info < environment.OLDEST_GIT:
        found = ".".join(map(str, runner.version_info))
        needed = ".".join(map(str, environment.OLDEST_GIT))
        raise SetupError(
            f"Git {found} is too old", hint=f"Install Git {needed} or newer."
        )


def _limit_files(pid: int, size: int) -> None:
    """Whatever Git and its children write, no file grows beyond this."""
    if sys.platform == "linux":
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))
