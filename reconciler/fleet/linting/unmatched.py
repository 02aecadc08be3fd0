"""Documents that concern nobody, and agents that nothing concerns.

Called by `lint.py`. That no agent can match needs no agents to be known; that none does
is told of those that are.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings, labels
from reconciler.fleet.documents import (
    AgentGroup,
    Broken,
    CollectorConfig,
    DistributionDocument,
    Fleet,
    Kind,
    Variables,
)
from reconciler.fleet.findings import Finding, Reach
from reconciler.fleet.linting.audience import Audience
from reconciler.fleet.memory import Memory
from reconciler.fleet.population import Population

UNMATCHED: Final = "W071"
SHOWN_AGENTS: Final = 3

_ROOT: Final = Where("fleet.yaml")


def check(
    fleet: Fleet, known: Audience, population: Population, *, memory: Memory
) -> Iterator[Finding]:
    """What matches nothing, and variables that nobody uses."""
    for bit, document in enumerate(known.documents):
        if isinstance(document, Broken):
            continue
        selector = document.selector
        witness = partial(labels.witness, selector)
        if memory.of((selector,), "witness", witness) is None:
            message = f"the selector of {_called(document)} contradicts itself"
            yield findings.warning(UNMATCHED, message, document.where)
        elif population and not known.matched >> bit & 1:
            message = f"{_called(document)} matches none of {_count(population)}"
            hint = "delete it, or mend its selector"
            yield findings.warning(UNMATCHED, message, document.where, hint)
    yield from _unused(fleet)
    yield from _left_out(fleet, known, population)


_KINDS: Final = {
    CollectorConfig: Kind.COLLECTOR_CONFIG,
    Variables: Kind.VARIABLES,
    DistributionDocument: Kind.DISTRIBUTION,
    AgentGroup: Kind.AGENT_GROUP,
}


def _called(
    document: CollectorConfig | Variables | DistributionDocument | AgentGroup,
) -> str:
    return f"{_KINDS[type(document)]} `{document.name}`"


def _count(population: Population) -> str:
    number = len(population)
    return "the one known agent" if number == 1 else f"the {number:,} known agents"


def _unused(fleet: Fleet) -> Iterator[Finding]:
    """Where every config could be read, a name that stands in none is of no use."""
    if any(one.kind is Kind.COLLECTOR_CONFIG for one in fleet.broken) or fleet.fatal:
        return
    used = {name for config in fleet.configs.values() for name in config.variables}
    for variables in fleet.variables:
        for name, (where, _) in variables.values.items():
            if name not in used:
                message = f"no config uses the variable `{name}`"
                hint = f"write `{{$var: {name}}}` where it belongs, or delete it"
                yield findings.warning(UNMATCHED, message, where, hint)


def _left_out(
    fleet: Fleet, known: Audience, population: Population
) -> Iterator[Finding]:
    """Known agents that no config is for."""
    configs = (1 << len(fleet.configs)) - 1
    cases = [one for one in known.cases if one.agents and not one.selected & configs]
    names = sorted(name for case in cases for name in case.agents)
    if not names or fleet.broken:
        return
    groups = sorted({group for case in cases for group in case.groups})
    shown = ", ".join(f"`{name}`" for name in names[:SHOWN_AGENTS])
    more = f" and {len(names) - SHOWN_AGENTS:,} more" if names[SHOWN_AGENTS:] else ""
    message = f"no config is for {len(names):,} of {_count(population)}: {shown}{more}"
    hint = "select them by a CollectorConfig; until then they are sent nothing"
    finding = findings.warning(UNMATCHED, message, _ROOT, hint)
    yield replace(finding, reach=Reach(tuple(groups), len(names)))
