"""The one way to a source, chosen by how it is written.

Called by `service.py` and the CLI. A URL or `user@host:path` is Git. So is a local path
to a bare repository or to a folder with `.git` in it: then commits count and not the
files beside them. Any other folder is followed as it is, a sub-folder of a work tree
too.
"""

from pathlib import Path

from reconciler.errors import SetupError
from reconciler.fleet.snapshot import Snapshot
from reconciler.source import remote
from reconciler.source.environment import Access
from reconciler.source.folder import FolderSource
from reconciler.source.limits import Limits
from reconciler.source.remote import Transport
from reconciler.source.source import Source


def open_source(
    location: str,
    *,
    data_dir: Path,
    interval: float,
    timeout: float,
    ref: str | None = None,
    access: Access | None = None,
    allow_rewrites: bool = False,
    limits: Limits | None = None,
) -> Source:
    """The source that a person named; see `git.GitSource` for the arguments.

    Raises:
        SetupError: Nothing can be followed there, or Git is missing.
    """
    access = access or Access()
    if Path(location).is_dir() and not _is_repository(Path(location)):
        return _folder(location, ref, limits)
    _check_exists(location, access)
    try:
        from reconciler.source import git  # noqa: PLC0415 - needs an installed Git
    except ImportError as error:
        raise _no_git() from error
    return git.GitSource(
        location,
        data_dir=data_dir,
        interval=interval,
        timeout=timeout,
        ref=ref,
        access=access,
        allow_rewrites=allow_rewrites,
        limits=limits,
    )


def read_revision(
    folder: Path, revision: str, *, limits: Limits | None = None
) -> Snapshot:
    """A folder as it was at a revision of the repository it lies in.

    Raises:
        ReconcilerError: As `history.snapshot`; a `SetupError` when Git is missing.
    """
    try:
        from reconciler.source import history  # noqa: PLC0415 - needs an installed Git
    except ImportError as error:
        raise _no_git() from error
    return history.snapshot(folder, revision, limits=limits)


def _no_git() -> SetupError:
    hint = "Install git and put it on the PATH."
    return SetupError("Git is not installed", hint=hint)


def _folder(location: str, ref: str | None, limits: Limits | None) -> FolderSource:
    if ref:
        raise SetupError(
            f"{location} is a plain folder and has no {ref!r}",
            hint="Leave out the ref, or give a Git repository.",
        )
    return FolderSource(Path(location), limits=limits)


def _is_repository(folder: Path) -> bool:
    bare = ("HEAD", "objects", "refs")
    return (folder / ".git").exists() or all((folder / name).exists() for name in bare)


def _check_exists(location: str, access: Access) -> None:
    parsed = remote.parse(location, token=access.token)
    is_path = parsed.transport is Transport.FILE and "://" not in location
    if is_path and not Path(location).is_dir():
        raise SetupError(
            f"there is no folder {location}",
            hint="Give a folder, a Git repository or its URL.",
        )
