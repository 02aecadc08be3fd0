"""Kubernetes label selectors over the labels of an agent.

Read by `parse.py` (documents) and the CLI (`-l`). Operators are Kubernetes':
In, NotIn, Exists, DoesNotExist; an empty selector matches everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Operator(StrEnum):
    """How a requirement compares; NotIn also matches when the key is absent."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One comparison of one label key."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Selector:
    """All requirements must hold; none means everything matches."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an agent with these labels is selected."""
        raise NotImplementedError

    @property
    def keys(self) -> frozenset[str]:
        """The label keys this selector consults."""
        return frozenset(requirement.key for requirement in self.requirements)


def parse_selector(text: str) -> Selector:
    """Read Kubernetes selector text: `role=gateway,env in (prod,stage),!canary`.

    Raises:
        UsageError: The text is not a selector; the message points at the fault.
    """
    raise NotImplementedError
