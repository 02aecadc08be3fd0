"""Where the ref we follow stands, asked with `git ls-remote`.

Called by `git.py`, which hands in how to run Git. Only full ref names are compared, so
that a tag and a branch of one name, or `refs/x/HEAD`, are never taken for each other.
"""

import re
from dataclasses import dataclass

from reconciler.errors import Waiting
from reconciler.ids import CommitSha, Revision
from reconciler.source import failures, redirect
from reconciler.source.child import Run
from reconciler.source.failures import CommandFailed
from reconciler.source.remote import Remote

DEFAULT = "HEAD"
"""Stands for the branch that the remote's own HEAD names."""

_BRANCHES = "refs/heads/"
_TAGS = "refs/tags/"
_NOT_FOUND = 2
_LISTED = 5
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SYMREF = re.compile(r"ref: refs/[^\s:*?\[\\~^]+")


@dataclass(frozen=True, slots=True)
class Target:
    """A full ref name and the commit it stands at."""

    ref: str
    commit: CommitSha

    @property
    def revision(self) -> Revision:
        """As people read it."""
        return Revision(short(self.ref), self.commit)


def full(ref: str | None) -> str:
    """A branch by its short name, or a full name as it is."""
    if ref is None:
        return DEFAULT
    return ref if ref.startswith("refs/") else f"{_BRANCHES}{ref}"


def short(ref: str) -> str:
    """As people say it: without `refs/heads/` or `refs/tags/`."""
    return ref.removeprefix(_BRANCHES).removeprefix(_TAGS).removeprefix("refs/")


def resolve(run: Run, remote: Remote, ref: str) -> Target:
    """The commit a ref stands at; for the default, also the branch behind it.

    Raises:
        Waiting: The remote cannot be asked, is empty, or has no such ref.
    """
    options = ("--symref", "--exit-code")
    names = (ref,) if ref == DEFAULT else (ref, f"{ref}^{{}}")
    try:
        with run("ls_remote", *options, "--", remote.url, *names) as child:
            target = _read(child.head(), ref)
    except CommandFailed as failed:
        if failed.status != _NOT_FOUND:
            raise _explain(run, remote, failed) from failed
        target = None
    if target is None:
        raise _gone(run, remote, ref)
    return target


def _read(answer: bytes, ref: str) -> Target | None:
    """Lines are `ID TAB NAME`, or `ref: NAME TAB HEAD` for what HEAD names."""
    target, commit = ref, ""
    for line in answer.decode("utf-8", "replace").splitlines():
        value, _, name = line.partition("\t")
        if name == ref and _SYMREF.fullmatch(value):
            target = value.removeprefix("ref: ")
        elif name in {ref, f"{ref}^{{}}"} and _ID.fullmatch(value):
            commit = value  # of a tag object first, then of the commit it names
    return Target(target, CommitSha(commit)) if commit else None


def _explain(run: Run, remote: Remote, failed: CommandFailed) -> Waiting:
    if failures.is_redirect(failed):
        return redirect.explain(run, remote)
    return failures.explain(failed, remote)


def _gone(run: Run, remote: Remote, ref: str) -> Waiting:
    try:
        with run("ls_remote", "--heads", "--", remote.url) as child:
            answer = child.head().decode("utf-8", "replace")
    except CommandFailed as failed:
        return failures.explain(failed, remote)
    names = [line.partition(f"\t{_BRANCHES}")[2] for line in answer.splitlines()]
    if not names:
        return Waiting("the repository is empty", hint="Push a first commit to it.")
    missing = "branch that its HEAD names" if ref == DEFAULT else ref
    return Waiting(
        f"the repository has no {missing}",
        hint=f"Its branches: {', '.join(names[:_LISTED])}; name a tag {_TAGS}NAME.",
    )
