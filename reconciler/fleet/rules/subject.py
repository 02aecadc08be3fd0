"""What a rule is told: a config, whom it is for, and how much is known of them."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from reconciler.fleet.catalogue import model
from reconciler.fleet.catalogue.model import Catalogue
from reconciler.fleet.findings import Severity
from reconciler.fleet.memory import Memory
from reconciler.fleet.rules.config import Component, Config

_Found = TypeVar("_Found")


class Basis(StrEnum):
    """How much the catalogue says of the Collectors that are to run a config.

    A wrong error costs more trust than a missed one, and in a fleet it keeps agents
    from their config. So there the catalogue speaks in errors only when it is PINNED.
    """

    PINNED = "pinned"
    """It is what their binary has: by a `Distribution`, or by their own report."""
    ASSUMED = "assumed"
    """A file outside any fleet, judged as the release we know; a type that is missing
    from it may still exist."""
    GUESSED = "guessed"
    """Agents of a fleet of which nothing is known."""

    @property
    def severity(self) -> Severity:
        """Of what the Collector we know would refuse."""
        return Severity.WARNING if self is Basis.GUESSED else Severity.ERROR


@dataclass(frozen=True, slots=True)
class Subject:
    """One config under the rules.

    Attributes:
        config: What is looked at.
        catalogue: What is known of components.
        basis: Of whom the catalogue speaks.
        labels: Of the agents it is for; None for a file outside any fleet.
        memory: Of what was said of the same nodes in other configs, if any.
    """

    config: Config
    catalogue: Catalogue
    basis: Basis
    labels: Mapping[str, str] | None = None
    memory: Memory | None = None

    @property
    def settings_severity(self) -> Severity:
        """Of settings that the Collector we know would refuse.

        They change from release to release: of a build of another one this is no more
        than likely.
        """
        other = self.catalogue.release not in ("", self.catalogue.version)
        return Severity.WARNING if other else self.basis.severity

    def known(self, component: Component) -> model.Component | None:
        """What the catalogue says of a component; None when nobody knows its type."""
        return self.catalogue.find(component.kind, component.type)

    def once(
        self,
        things: tuple[object, ...],
        about: Hashable,
        work: Callable[[], Iterable[_Found]],
    ) -> tuple[_Found, ...]:
        """What these things alone decide, and nothing else of the config."""
        if self.memory is None:
            return tuple(work())
        return self.memory.of(things, about, lambda: tuple(work()))
