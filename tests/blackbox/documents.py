"""The fleet repo of the black-box test, so small that its meaning is a few fields."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import yaml

from tests.support.fleet_repo import collector

SOAK: Final = 1.0
DEFAULT: Final = "default"
PREFIX: Final = "fleet/"
HELD: Final = "held"
"""What agents should run whose config has an error: what they have."""

_FLEET: Final = """\
apiVersion: reconciler/v1
kind: Fleet
metadata: {{name: blackbox}}
spec:
  defaults: {{soak: 1s, answerTimeout: 3s, applyTimeout: 6s}}
  unselected: {unselected}
"""
_SECTION: Final = """\
---
apiVersion: reconciler/v1
kind: AgentGroup
metadata: {{name: {name}}}
spec: {{selector: {{matchLabels: {{role: {role}}}}}}}
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{role: {config_role}}}}}
  files: [{name}.collector.yaml]
"""
_BROKEN: Final = "processors: [\n"


@functools.cache
def tree(text: str) -> Any:
    """What a config means; None for one that is empty."""
    return yaml.safe_load(text)


@dataclass(frozen=True, slots=True)
class Section:
    """A group, and the config of its agents.

    Attributes:
        role: Of the agents that the group selects.
        config_role: Of those that the config selects; another one is a typo.
        tag: What its config differs in from all others.
    """

    name: str
    role: str
    config_role: str
    tag: int
    is_broken: bool = False

    @property
    def config(self) -> str:
        """The Collector config."""
        return collector(timeout=marked(self.tag))


def marked(tag: int) -> str:
    """What a config with this tag has, and no other."""
    return f"{tag}s"


@dataclass(frozen=True, slots=True)
class Documents:
    """All that one commit says.

    Attributes:
        release: Agents that nothing selects any more are given up.
        is_unreadable: Nobody can say whom its error concerns.
        remark: Stands in the README and means nothing.
    """

    sections: Mapping[str, Section] = field(default_factory=dict)
    release: bool = False
    is_unreadable: bool = False
    remark: int = 0

    def files(self) -> dict[str, str]:
        """By path."""
        root = _FLEET.format(unselected="release" if self.release else "hold")
        for section in self.sections.values():
            root += _SECTION.format(
                name=section.name, role=section.role, config_role=section.config_role
            )
        configs = {
            f"{section.name}.collector.yaml": _BROKEN
            if section.is_broken
            else section.config
            for section in self.sections.values()
        }
        fleet = "kind: [\n" if self.is_unreadable else root
        return {"fleet.yaml": fleet, "README.md": f"{self.remark}\n", **configs}

    def means(self, other: "Documents") -> bool:
        """Whether another commit says the same, but for the README."""
        return replace(self, remark=0) == replace(other, remark=0)

    def group_of(self, role: str) -> str:
        """The group of agents with a role."""
        names = (name for name, one in self.sections.items() if one.role == role)
        return next(names, DEFAULT)

    def wanted(self, role: str) -> Any:
        """What agents with a role should run; None for nothing, or `HELD`."""
        for section in self.sections.values():
            if section.config_role == role:
                return HELD if section.is_broken else tree(section.config)
        return None

    def with_section(self, name: str, **changes: Any) -> "Documents":
        """The same with one section changed."""
        section = replace(self.sections[name], **changes)
        return replace(self, sections={**self.sections, name: section})
