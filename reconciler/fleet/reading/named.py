"""Files that are no YAML and that documents name, such as `files: [elastic.json]`.

Asked by `source/`, which reads YAML, and of all else only these: a repository may hold
any amount of other data.
"""

from collections.abc import Iterator
from typing import Final

from reconciler.fleet.documents import Kind
from reconciler.fleet.findings import Fault
from reconciler.fleet.reading.files import Files, resolve
from reconciler.fleet.snapshot import Snapshot
from reconciler.fleet.syntax import nodes
from reconciler.fleet.syntax.nodes import Node
from reconciler.fleet.syntax.yaml import Caps

_KIND: Final = Kind.COLLECTOR_CONFIG.value


def others(snapshot: Snapshot, caps: Caps) -> frozenset[str]:
    """Paths that named entries are to be made of, and that the snapshot has not."""
    files = Files(snapshot, caps=caps)
    found: set[str] = set()
    for file in files.yaml():
        if b"entry" not in file.content or b"files" not in file.content:
            continue
        try:
            documents = files.compose(file)
        except Fault:
            continue  # told when the fleet is read
        for document in documents:
            found.update(_named(document))
    return frozenset(found.difference(snapshot.files, snapshot.refused))


def _named(document: Node) -> Iterator[str]:
    match nodes.plain(document):
        case {"kind": str(kind), "spec": {"entry": str(), "files": [*names]}} if (
            kind == _KIND
        ):
            for name in names:
                try:
                    yield resolve(f"{name}", document.where)
                except Fault:
                    continue
