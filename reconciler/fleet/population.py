"""Agents that are known: of a running service, or saved in a file.

Made by the CLI and by `state/`; read by the linter (how many does a fault hit?), by
`plan` and by `explain`. Nothing here is needed to render: labels alone decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class KnownAgent:
    """One agent as the resolver would see it.

    Attributes:
        name: How people call it.
        labels: All its labels, those of the inventory included.
        claimed: Keys of labels that nobody but the agent itself vouches for.
        components: Type names by kind (`receivers`, ...) that its binary has; None when
            it does not say.
    """

    name: str
    labels: Mapping[str, str]
    claimed: frozenset[str] = frozenset()
    components: Mapping[str, frozenset[str]] | None = None


Population: TypeAlias = tuple[KnownAgent, ...]
