"""How much a source may hold: repositories are as hostile as whoever may push to them.

Read by `paths.py` (names, counts, sizes) and `git.py` (packs). Counts, and bytes.
"""

from dataclasses import dataclass


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
    """

    entries: int = 200_000
    files: int = 10_000
    file_bytes: int = 1024 * 1024
    total_bytes: int = 32 * 1024 * 1024
    path_bytes: int = 1024
    pack_bytes: int = 1024 * 1024 * 1024
