from collections.abc import Callable, Mapping

import pytest

from reconciler.fleet.documents import Fleet
from reconciler.fleet.reading import parse
from reconciler.fleet.snapshot import RefusedFile, Snapshot, SourceFile, blob_id
from reconciler.ids import CommitSha, Revision

MakeSnapshot = Callable[..., Snapshot]
MakeFleet = Callable[..., Fleet]


def _content(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


@pytest.fixture(scope="session")
def snapshot_of() -> MakeSnapshot:
    """A snapshot of files given as path to content."""

    def make(
        files: Mapping[str, str | bytes],
        *,
        refused: Mapping[str, RefusedFile] | None = None,
        commit: str = "a" * 40,
    ) -> Snapshot:
        contents = {path: _content(content) for path, content in files.items()}
        return Snapshot(
            Revision("main", CommitSha(commit)),
            {
                path: SourceFile(path, blob_id(content), content)
                for path, content in contents.items()
            },
            refused or {},
        )

    return make


@pytest.fixture(scope="session")
def fleet_of(snapshot_of: MakeSnapshot) -> MakeFleet:
    """The fleet of files given as path to content."""

    def make(files: Mapping[str, str | bytes]) -> Fleet:
        return parse.parse(snapshot_of(files))

    return make
