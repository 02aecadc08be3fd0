"""Bring a mirror to where the remote stands, and decide whether to follow.

Called by `git.py` once `ls-remote` said that the ref has moved. A commit that does not
descend from the accepted one is held, and so is one that is too big or that Git itself
refuses; everything else that goes wrong is raised.
"""

from dataclasses import dataclass

from reconciler.errors import Stalled
from reconciler.fleet.snapshot import Snapshot
from reconciler.ids import CommitSha, Revision
from reconciler.source import failures, passed
from reconciler.source.failures import CommandFailed
from reconciler.source.limits import Limits
from reconciler.source.mirror import Mirror
from reconciler.source.refs import Target
from reconciler.source.remote import Remote
from reconciler.source.source import Held, Moved, Passed, Unchanged


@dataclass(frozen=True, slots=True)
class Wish:
    """Where to go and from where.

    Attributes:
        base: The commit that the new one must descend from, if any.
        since: The commit that the new one would replace, if it stands on this ref.
        known: Commits that need not be named again.
    """

    remote: Remote
    target: Target
    base: CommitSha | None
    since: CommitSha | None
    known: frozenset[CommitSha]
    limits: Limits


def follow(mirror: Mirror, wish: Wish) -> Moved | Held | Unchanged:
    """Fetch, compare, read.

    Raises:
        Waiting: The remote, the network or the clock was against it.
        MirrorDamaged: The mirror cannot be read.
    """
    revision = wish.target.revision
    try:
        commit = _fetch(mirror, wish)
        revision = Revision(revision.ref, commit)
        if commit in wish.known:
            return Unchanged(revision)
        _check_descends(mirror, wish, commit)
        snapshot = mirror.snapshot(revision, wish.limits)
        return Moved(snapshot, mirror.subject(commit), _passed(mirror, wish, snapshot))
    except Stalled as stalled:
        return Held(revision, stalled.message, stalled.hint or "")


def _passed(mirror: Mirror, wish: Wish, head: Snapshot) -> tuple[Passed, ...]:
    if wish.since is None:
        return ()
    return passed.between(mirror, wish.since, head, limits=wish.limits)


def _fetch(mirror: Mirror, wish: Wish) -> CommitSha:
    """The newest commit; with all its history when that decides something."""
    url, ref, base = wish.remote.url, wish.target.ref, wish.base
    try:
        commit = mirror.fetch(url, ref, history=base is not None)
        if base and mirror.is_shallow and not mirror.descends(commit, base):
            commit = mirror.deepen(url, ref)
    except CommandFailed as failed:
        if stalled := failures.refusal(failed, wish.remote):
            raise stalled from failed
        if not failures.known(failed):
            mirror.check()
        raise failures.explain(failed, wish.remote) from failed
    return CommitSha(commit)


def _check_descends(mirror: Mirror, wish: Wish, commit: CommitSha) -> None:
    base = wish.base
    if base is None or mirror.descends(commit, base):
        return
    mirror.check()  # people must not be told of a rewrite because a disk failed
    raise Stalled(
        f"{wish.target.revision.ref} was rewritten: {commit[:7]} does not descend "
        f"from {base[:7]}",
        hint=f"Push commits on top of {base[:7]}, or allow rewrites in the settings.",
    )
