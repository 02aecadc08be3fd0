"""The YAML files of a snapshot, composed once each and only when somebody needs them.

Used by `parse.py` to find documents and by `kinds/` to read the files they name.
Paths are resolved inside the snapshot alone: what leaves it is refused, not followed.
"""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet.findings import Fault
from reconciler.fleet.reading import fleetignore
from reconciler.fleet.reading.fleetignore import Ignored
from reconciler.fleet.snapshot import Snapshot, SourceFile
from reconciler.fleet.syntax import contents, nodes, spelling, yaml
from reconciler.fleet.syntax.contents import Form
from reconciler.fleet.syntax.nodes import Node
from reconciler.fleet.syntax.yaml import Caps

BAD_FILE: Final = fleetignore.BAD_FILE
SUFFIXES: Final = (".yaml", ".yml")

_MOST_HINTS: Final = 20
_RELATIVE: Final = "paths are relative to the folder of the document that names them"
_NO_YAML: Final = "is it there? Other files than YAML are read for a named `entry`"


@dataclass(frozen=True, slots=True)
class _Documents:
    """What a file holds, and how many nodes that are."""

    documents: tuple[Node, ...]
    nodes: int


_Composed: TypeAlias = _Documents | Fault
_Key: TypeAlias = tuple[str, str, Form]


@dataclass(slots=True)
class Cache:
    """What was made of the last snapshot; of equal files of the next it is not again.

    Holds nothing but what the last parse touched.

    Attributes:
        composed: Documents by path, blob, and how they were read.
        read: What `reading.py` made of a document, by the identity of its mapping.
    """

    composed: dict[_Key, _Composed] = field(default_factory=dict)
    read: dict[int, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Named:
    """A file that a document named.

    Attributes:
        blob: What was found; None when it could not be read.
    """

    name: str
    where: Where
    blob: str | None


class Files:
    """The files of one snapshot.

    Attributes:
        ignored: Files that are neither documents nor may be named by one.
        refused: Paths that documents named although the source had refused them.
        asked: Files that were named since this list was last emptied.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        cache: Cache | None = None,
        *,
        ignored: Ignored = fleetignore.NOTHING,
        caps: Caps = yaml.CAPS,
    ) -> None:
        self.ignored = ignored
        self._caps = caps
        self._snapshot = snapshot
        self._before = cache.composed if cache else {}
        self._composed: dict[_Key, _Composed] = {}
        self._nodes = 0
        self._misses = 0
        self.refused: set[str] = set()
        self.asked: list[Named] = []
        if cache:
            cache.composed = self._composed

    def yaml(self) -> Iterator[SourceFile]:
        """Every YAML file, in order of path."""
        for path in sorted(self._snapshot.files):
            if path.endswith(SUFFIXES) and not self.ignored.by(path):
                yield self._snapshot.files[path]

    def compose(self, file: SourceFile, form: Form = Form.YAML) -> tuple[Node, ...]:
        """The documents of a file.

        Raises:
            Fault: The file is not what we take, or all files together are too much.
        """
        key = (file.path, file.blob, form)
        found = self._composed.get(key, self._before.get(key))
        if found is None:
            found = _compose(file, form, self._caps)
        if not self._take(key, found):
            # Who needs this file may not be taken to stand when there is room for it.
            self.asked.append(Named(file.path, Where(file.path), None))
            raise Fault(
                yaml.SYNTAX,
                f"more than {self._caps.total_nodes:,} nodes in all files together",
                where=Where(file.path),
                hint=f"split the repository, {yaml.RAISE.format('TOTAL_NODES')}",
            )
        if isinstance(found, Fault):
            raise found.with_traceback(None)
        return found.documents

    def _take(self, key: _Key, found: _Composed) -> bool:
        """Count what a file holds, once; False when it is too much."""
        more = 0 if isinstance(found, Fault) else found.nodes
        if key not in self._composed:
            if self._nodes + more > self._caps.total_nodes:
                return False
            self._nodes += more
            self._composed[key] = found
        return True

    def named(self, name: str, where: Where) -> SourceFile:
        """The file a document names, relative to the document's own folder.

        Raises:
            Fault: It is missing, refused, or outside the snapshot.
        """
        try:
            file = self._named(name, where)
        except Fault:
            self.asked.append(Named(name, where, None))
            raise
        self.asked.append(Named(name, where, file.blob))
        return file

    def stand(self, named: Iterable[Named]) -> bool:
        """Whether these files could be read before, and are the same now."""
        return all(one.blob is not None and self._stands(one) for one in named)

    def _stands(self, one: Named) -> bool:
        try:
            file = self._named(one.name, one.where)
        except Fault:
            return False
        keys = ((file.path, file.blob, form) for form in Form)
        return file.blob == one.blob and all(
            self._take(key, self._before[key]) for key in keys if key in self._before
        )

    def _named(self, name: str, where: Where) -> SourceFile:
        path = resolve(name, where)
        if refused := self._snapshot.refused.get(path):
            self.refused.add(path)
            message = f"`{name}` is not read: {refused.reason}"
            raise Fault(BAD_FILE, message, where=where, hint=refused.hint)
        if line := self.ignored.by(path):
            message = f"`{name}` is ignored by the line at {line}"
            hint = "take the line out of .fleetignore, or name another file"
            raise Fault(BAD_FILE, message, where=where, hint=hint)
        file = self._snapshot.files.get(path)
        if file and path != fleetignore.PATH:
            return file
        raise Fault(
            BAD_FILE,
            f"there is no file `{path}`",
            where=where,
            hint=self._nearest(path, posixpath.dirname(where.path) or "."),
        )

    def _nearest(self, path: str, folder: str) -> str:
        self._misses += 1
        if not path.lower().endswith((".yaml", ".yml")):
            return _NO_YAML
        if self._misses > _MOST_HINTS:
            return _RELATIVE
        beside = [
            posixpath.relpath(other, folder)
            for other in self._snapshot.files
            if folder in (".", posixpath.commonpath((folder, other)))
        ]
        if near := spelling.nearest(posixpath.relpath(path, folder), beside):
            return f"did you mean `{near}`?"
        return _RELATIVE


def _compose(file: SourceFile, form: Form, caps: Caps) -> _Composed:
    try:
        documents = contents.READ[form](file.content, file.path, caps=caps)
        return _Documents(documents, sum(map(nodes.count, documents)))
    except Fault as fault:
        return fault


def resolve(name: str, where: Where) -> str:
    """The path that a document at a place means by a name.

    Raises:
        Fault: It is no path below the document's folder.
    """
    hint = "name a file in the document's folder or below it"
    if not name or name.startswith("/") or "\\" in name or "\x00" in name:
        message = f"`{name}` is not a relative path with forward slashes"
        raise Fault(BAD_FILE, message, where=where, hint=hint)
    if ".." in name.split("/"):
        message = f"`{name}` climbs out of the document's folder"
        raise Fault(BAD_FILE, message, where=where, hint=hint)
    return posixpath.normpath(posixpath.join(posixpath.dirname(where.path), name))
