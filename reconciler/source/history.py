"""The files of a local repository as they were at a revision: for `reconciler plan`.

Beside the sources, because nothing is followed here: one reading, of a repository that
the caller works in. Git runs as hardened as for a mirror, and entries are refused by
the same rules; neither the index nor the work tree is looked at.
"""

import os
import threading
from functools import partial
from pathlib import Path
from typing import Final

from reconciler.errors import ReconcilerError
from reconciler.fleet.snapshot import Snapshot
from reconciler.ids import CommitSha, Revision
from reconciler.source import command, environment
from reconciler.source.child import Budget, Run
from reconciler.source.command import HardenedGit
from reconciler.source.environment import Access
from reconciler.source.failures import CommandFailed
from reconciler.source.limits import Limits
from reconciler.source.mirror import Mirror, MirrorDamaged
from reconciler.source.remote import Remote, Transport

SECONDS: Final = 60.0
"""For one reading; a local repository needs a fraction of a second."""


def snapshot(folder: Path, revision: str, *, limits: Limits | None = None) -> Snapshot:
    """A folder of a repository, or the whole of it, at anything `git rev-parse` takes.

    Raises:
        ReconcilerError: The folder is in no repository, or it or the revision does not
            exist there.
        Stalled: It holds more than the limits allow.
        SetupError: The installed Git or a variable of the environment will not do.
    """
    environment.check(os.environ)
    if not folder.is_dir():
        raise ReconcilerError(f"{folder} is not a folder", hint="Name the fleet repo.")
    limits = limits or Limits()
    runner = HardenedGit(folder)
    runner.update_environment(**_variables(folder))
    command.check_version(runner)
    budget = Budget(SECONDS, threading.Event())
    run: Run = partial(command.run, runner, budget, limits.pack_bytes)
    place, inside = _locate(folder, run)
    commit = _commit(folder, revision, run)
    runner.update_environment(GIT_DIR=place)  # so that no work tree narrows a listing
    mirror = Mirror(Path(place), run)
    try:
        return mirror.snapshot(Revision(revision, commit), limits, folder=inside)
    except MirrorDamaged as damaged:
        raise ReconcilerError(
            f"{folder} cannot be read as it was at {revision}",
            hint="Was it there then? A shallow or partial clone also lacks files.",
        ) from damaged


def _variables(folder: Path) -> dict[str, str]:
    variables = environment.hardened(Remote(str(folder), Transport.FILE), Access())
    # Only objects are read, which runs nothing, so another owner does no harm: CI
    # checks out as one user and works as another.
    count = int(variables["GIT_CONFIG_COUNT"])
    return variables | {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": "safe.directory",
        f"GIT_CONFIG_VALUE_{count}": "*",
    }


def _locate(folder: Path, run: Run) -> tuple[str, str]:
    """The folder of Git's own files, and the path to `folder` from the top."""
    words = ("--absolute-git-dir", "--show-prefix")
    try:
        with run("rev_parse", *words) as child:
            place, inside = os.fsdecode(child.head()).removesuffix("\n").split("\n")
    except CommandFailed as failed:
        raise ReconcilerError(
            f"{folder} is in no Git repository",
            hint="A plan compares revisions: name a folder that Git keeps.",
        ) from failed
    return place, inside.removesuffix("/")


def _commit(folder: Path, revision: str, run: Run) -> CommitSha:
    words = ("--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    try:
        with run("rev_parse", *words) as child:
            return CommitSha(child.head().decode().split()[-1])
    except CommandFailed as failed:
        raise ReconcilerError(
            f"{folder} has no revision {revision!r}",
            hint="A clone of one branch lacks the others: `git fetch origin main`, "
            "then name it origin/main.",
        ) from failed
