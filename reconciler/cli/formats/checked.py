"""Files that were linted and what was found in them, as every format is given it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from reconciler.errors import Where
from reconciler.fleet.findings import Finding
from reconciler.web import text


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome.

    Attributes:
        findings: In order of file and line.
        sources: Content of the files by path, as findings call them.
    """

    findings: tuple[Finding, ...]
    sources: Mapping[str, bytes] = field(default_factory=dict)

    def below(self, folder: PurePath) -> "Checked":
        """The same with paths that lead through a folder, as its reader named it."""
        return Checked(
            tuple(_below(folder, found) for found in self.findings),
            {str(folder / path): self.sources[path] for path in self.sources},
        )


def _below(folder: PurePath, found: Finding) -> Finding:
    where, *also = (
        replace(place, path=str(folder / place.path))
        for place in (found.where, *found.also)
    )
    return replace(found, where=where, also=tuple(also))


def path(where: Where) -> str:
    """The file, in Unicode that every format can hold."""
    return where.path.encode(errors="replace").decode()


def position(where: Where) -> tuple[int, int]:
    """Line and column from 1, as machines want them: a whole file is its start."""
    return max(1, where.line), max(1, where.column)


def message(found: Finding) -> str:
    """What is wrong and how to mend it, on one line."""
    said = f"{found.message} ({found.hint})" if found.hint else found.message
    return text.line(said, limit=_LONGEST)


_LONGEST = 1_000
