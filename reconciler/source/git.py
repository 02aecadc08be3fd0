"""A fleet repo in Git: polled, fetched into a bare mirror, read by commit id.

Made by `open.py`, followed by `follower.py`. GitPython starts every command, and only
in `command.py`: in an environment of our own (`environment.py`) and with a deadline.
There is no work tree, so nothing of a repository is ever checked out, and no hook,
filter, submodule or redirect is followed.

What a fetch decides, in this order. `ls-remote` tells a missing branch from a missing
server, and is all that is asked when nothing moved. A commit that does not descend from
the accepted one is held, unless rewrites are allowed; nothing is compared when the
accepted one stands on another ref or in a folder, since a person pointed us elsewhere
then. A mirror that cannot be read is thrown away and fetched anew, once.
"""

import asyncio
import configparser
import hashlib
import os
import shutil
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import IO

import git
import structlog

from reconciler.errors import ReconcilerError, SetupError, Waiting
from reconciler.ids import CommitSha, Revision, is_folder
from reconciler.source import command, environment, failures, follow, refs, remote
from reconciler.source.child import Budget, Child
from reconciler.source.command import HardenedGit
from reconciler.source.environment import Access
from reconciler.source.failures import CommandFailed
from reconciler.source.follow import Wish
from reconciler.source.limits import Limits
from reconciler.source.mirror import Mirror, MirrorDamaged
from reconciler.source.polling import Pace
from reconciler.source.refs import Target
from reconciler.source.source import Failed, Fetched, Unchanged

log = structlog.get_logger(__name__)

_FORMATS = {40: "sha1", 64: "sha256"}


class _MirrorRepo(git.Repo):
    GitCommandWrapperType = HardenedGit


class GitSource:
    """Follows one ref of one repository; see `source.Source`."""

    def __init__(
        self,
        url: str,
        *,
        data_dir: Path,
        interval: float,
        timeout: float,
        ref: str | None = None,
        access: Access | None = None,
        allow_rewrites: bool = False,
        limits: Limits | None = None,
    ) -> None:
        """Check what was set; nothing is asked of the remote yet.

        Args:
            url: Anything `remote.parse` takes.
            data_dir: Where the mirror lives, in a folder `git`; made when missing.
            interval: Seconds between two polls.
            timeout: Seconds for one fetch, all its commands together.
            ref: A branch by its short name, or any full ref name (`refs/tags/v1`);
                None follows the branch that the remote's HEAD names.
            access: Token or SSH key.
            allow_rewrites: Follow the ref to commits that do not descend from ours.
            limits: Above them a commit is held.

        Raises:
            SetupError: URL, ref, token, data folder, the installed Git or a variable of
                the environment will not do.
        """
        environment.check(os.environ)
        access = access or Access()
        self._remote = remote.parse(url, token=access.token)
        self._wanted = refs.full(ref)
        self._ref = refs.short(self._wanted)
        self._timeout = timeout
        self._allow_rewrites = allow_rewrites
        self._limits = limits or Limits()
        self._environment = environment.hardened(self._remote, access)
        self._pace = Pace(interval)
        self._stopping = threading.Event()
        self._folder = _make_folder(data_dir / "git")
        self._git = HardenedGit(self._folder)
        self._git.update_environment(**self._environment, GIT_DIR=os.devnull)
        command.check_version(self._git)
        _check_ref(self._git, self._wanted)

    @property
    def ref(self) -> str:
        """The branch; `HEAD` until the remote has said which one that is."""
        return self._ref

    async def hints(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """At the interval; more slowly after failures."""
        while await self._pace.elapsed(stop):
            yield

    def close(self) -> None:
        """Call off a fetch that is under way, and every later one."""
        self._stopping.set()

    def fetch(self, last: Revision | None, *, accepted: Revision | None) -> Fetched:
        """Ask the remote, and bring and read what is new; see `source.Source`."""
        try:
            fetched = self._fetch(last, accepted)
        except ReconcilerError as error:
            self._pace.failed(getattr(error, "retry_after", None))
            return Failed(error.message, error.hint or "")
        except OSError as error:
            self._pace.failed()
            hint = f"Make room in {self._folder}, and let this user write to it."
            return Failed(f"the mirror cannot be used: {error.strerror}", hint)
        except git.GitError as error:
            self._pace.failed()
            reason = f"Git cannot be run: {type(error).__name__}"
            return Failed(reason, "Check that git and env are on the PATH.")
        self._pace.succeeded()
        return fetched

    def _fetch(self, last: Revision | None, accepted: Revision | None) -> Fetched:
        known = frozenset(one.commit for one in (last, accepted) if one)
        budget = Budget(self._timeout, self._stopping)
        run = partial(self._run, self._git, budget)
        target = refs.resolve(run, self._remote, self._wanted)
        self._ref = refs.short(target.ref)
        if target.commit in known:
            return Unchanged(target.revision)
        since = self._since(target, accepted)
        base = None if self._allow_rewrites else since
        wish = Wish(self._remote, target, base, since, known, self._limits)
        try:
            return self._follow(wish, budget)
        except MirrorDamaged as damaged:
            self._discard(target, damaged)
        try:
            return self._follow(wish, budget)
        except MirrorDamaged as damaged:
            raise Waiting(
                "what was fetched cannot be read, twice",
                hint=f"Check the disk under {self._folder}, and the repository itself.",
            ) from damaged

    def _since(self, target: Target, accepted: Revision | None) -> CommitSha | None:
        """The commit in force, if it stands on what we follow."""
        if accepted is None or is_folder(accepted.commit):
            return None
        elsewhere = accepted.ref != refs.short(target.ref)
        if elsewhere and self._wanted != refs.DEFAULT:
            return None
        return accepted.commit

    def _follow(self, wish: Wish, budget: Budget) -> Fetched:
        path = self._path_for(wish.target)
        variables = self._environment | {"GIT_DIR": str(path)}
        with self._opened(path, wish.target, budget) as repository:
            repository.git.update_environment(**variables)
            run = partial(self._run, repository.git, budget)
            return follow.follow(Mirror(path, run), wish)

    def _path_for(self, target: Target) -> Path:
        """One mirror a repository and kind of object id."""
        name = hashlib.sha256(self._remote.url.encode()).hexdigest()[:16]
        return self._folder / f"{name}-{_FORMATS[len(target.commit)]}.git"

    def _opened(self, path: Path, target: Target, budget: Budget) -> git.Repo:
        try:
            return _MirrorRepo(path, expand_vars=False)
        except (git.NoSuchPathError, git.InvalidGitRepositoryError):
            _remove(path)
        except configparser.Error as error:
            raise MirrorDamaged(str(error)) from error
        kind = f"--object-format={_FORMATS[len(target.commit)]}"
        words = ("--quiet", "--bare", "--template=", kind, "--", str(path))
        try:
            with self._run(self._git, budget, "init", *words) as child:
                child.head()
        except CommandFailed as failed:
            raise failures.explain(failed, self._remote) from failed
        return _MirrorRepo(path, expand_vars=False)

    def _discard(self, target: Target, damaged: MirrorDamaged) -> None:
        path = self._path_for(target)
        reason = self._remote.mask(str(damaged))
        log.warning("mirror is damaged, fetching anew", path=str(path), reason=reason)
        _remove(path)

    def _run(
        self,
        runner: git.Git,
        budget: Budget,
        subcommand: str,
        *words: str,
        stdin: IO[bytes] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> AbstractContextManager[Child]:
        largest = self._limits.pack_bytes
        return command.run(
            runner, budget, largest, subcommand, *words, stdin=stdin, env=env
        )


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _make_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SetupError(
            f"the data folder cannot be made: {error.strerror}: {path}",
            hint="Give a folder that this user may write to.",
        ) from error
    return path.resolve()


def _check_ref(runner: git.Git, ref: str) -> None:
    if ref == refs.DEFAULT:
        return
    try:
        runner.check_ref_format(ref)
    except git.GitCommandError as error:
        raise SetupError(
            f"{refs.short(ref)!r} is no name of a branch or ref",
            hint="Give a branch such as main, or a full name such as refs/tags/v1.",
        ) from error
