"""How much a source may hold: repositories are as hostile as whoever may push to them.

Read by `paths.py` (names, counts, sizes) and `git.py` (packs); the caps on what stands
in one file are handed on to `fleet/`. Counts, and bytes. `serve` and the checks of a
pull request read them from one place, the environment, so that what the one takes the
other takes too.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.errors import SetupError
from reconciler.fleet.syntax.yaml import CAPS, RAISE, Caps

_PREFIX: Final = "RECONCILER_LIMITS__"
_MOST: Final = {"depth": 128}
"""More levels than Python can walk in every later step would be no favour."""

_MOST_OF_OTHERS: Final = 10**12


@dataclass(frozen=True, slots=True)
class Limits:
    """Above `file_bytes` or `path_bytes` one file is refused; above the others, all.

    Attributes:
        entries: Everything a listing names, files we do not read included.
        files: Files that are read or refused.
        file_bytes: One file.
        total_bytes: All files that are read.
        path_bytes: One path.
        pack_bytes: One file that Git writes while it fetches.
        depth: As the others below; see `fleet.yaml.Caps`.
    """

    entries: int = 200_000
    files: int = 10_000
    file_bytes: int = CAPS.size
    total_bytes: int = 32 * 1024 * 1024
    path_bytes: int = 1024
    pack_bytes: int = 1024 * 1024 * 1024
    depth: int = CAPS.depth
    nodes: int = CAPS.nodes
    text: int = CAPS.text
    aliases: int = CAPS.aliases
    merges: int = CAPS.merges
    documents: int = CAPS.documents
    total_nodes: int = CAPS.total_nodes

    @property
    def caps(self) -> Caps:
        """How much may stand in one file."""
        return Caps(
            size=self.file_bytes,
            depth=self.depth,
            nodes=self.nodes,
            text=self.text,
            aliases=self.aliases,
            merges=self.merges,
            documents=self.documents,
            total_nodes=self.total_nodes,
        )


def from_environment(environ: Mapping[str, str]) -> Limits:
    """The limits, each as `RECONCILER_LIMITS__` and its name in capitals sets it.

    Raises:
        SetupError: A variable of that prefix names no limit, or is no number for it.
    """
    names = {_PREFIX + one.name.upper(): one.name for one in dataclasses.fields(Limits)}
    given = {name: text for name, text in environ.items() if name.startswith(_PREFIX)}
    if unknown := sorted(given.keys() - names.keys()):
        known = ", ".join(names)
        raise SetupError(f"there is no setting {unknown[0]}", hint=f"known are {known}")
    found = {names[name]: _number(name, text) for name, text in given.items()}
    return dataclasses.replace(Limits(), **found)


def how_to_raise(limit: str) -> str:
    """The words of a hint for somebody who needs more."""
    return RAISE.format(limit.upper())


def _number(name: str, text: str) -> int:
    most = _MOST.get(name.removeprefix(_PREFIX).lower(), _MOST_OF_OTHERS)
    digits = text.strip().replace("_", "")
    if digits.isascii() and digits.isdecimal() and 1 <= int(digits[:20]) <= most:
        return int(digits)
    raise SetupError(f"{name} must be a whole number from 1 to {most:,}, not {text!r}")
