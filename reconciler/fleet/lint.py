"""What can be said of a fleet before any agent is known.

Called by `reconciler lint` and for the lint status of a commit, beside the findings
that `parse.parse` left in the fleet. Labels are derived from the selectors, which has
two limits. Agents that carry other combinations are judged when they come, by
`render.render`. And a combination that no agent carries is judged all the same: narrow
a selector to say so.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias, TypeVar

from reconciler.errors import Where
from reconciler.fleet import labels, merge, render
from reconciler.fleet.documents import AgentGroup, CollectorConfig, Fleet
from reconciler.fleet.findings import Finding, Report, Severity
from reconciler.fleet.render import Blocked

Labels: TypeAlias = Mapping[str, str]

NOT_ALL_SEEN: Final = "I073"
MOST_LABEL_SETS: Final = 2_048
"""Combinations of label values that are looked at; two thousand take about a second."""


def check(fleet: Fleet) -> tuple[Finding, ...]:
    """Conflicts, ties and broken configs among agents that the selectors allow.

    Errors: two documents of equal priority that one agent could match and that set one
    value differently; two groups likewise; a largest set of documents that one agent
    could match and that renders to a broken config. Warnings: smaller sets that do so,
    such as those of an agent that has a role but no environment yet. Not seen: what
    only the agent's own build knows.
    """
    report = Report()
    for config, other, _ in _equals(fleet.configs.values()):
        if config.entry == other.entry:
            _, conflicts = merge.unite(config.tree, other.tree)
            report.add(*(merge.describe(conflict) for conflict in conflicts))
    for _, _, agent in _equals(fleet.groups.values()):
        tie = render.group_of(fleet, agent)
        report.add(*(tie.findings if isinstance(tie, Blocked) else ()))
    known = {(found.rule, found.where) for found in report.findings}
    for finding in _check_renders(fleet):
        if (finding.rule, finding.where) not in known:
            known.add((finding.rule, finding.where))
            report.add(finding)
    return report.findings


_Document = TypeVar("_Document", AgentGroup, CollectorConfig)


def _equals(
    documents: Iterable[_Document],
) -> Iterator[tuple[_Document, _Document, Labels]]:
    """Pairs of equal priority, each with labels of an agent that would match both."""
    ordered = sorted(documents, key=lambda document: (document.priority, document.name))
    for one, other in itertools.combinations(ordered, 2):
        if one.priority == other.priority:
            agent = labels.witness(one.selector, other.selector)
            if agent is not None:
                yield one, other, agent


def _check_renders(fleet: Fleet) -> Iterator[Finding]:
    configs = tuple(fleet.configs.values())
    possible = labels.combinations(config.selector for config in configs)
    agents = tuple(itertools.islice(possible, MOST_LABEL_SETS))
    if next(possible, None) is not None:
        yield _not_all_seen()
    for agent, severity in _distinct(configs, agents):
        outcome = render.render(fleet, agent)
        for finding in outcome.findings if isinstance(outcome, Blocked) else ():
            message = f"{finding.message} (for agents with {_shown(agent)})"
            yield dataclasses.replace(finding, message=message, severity=severity)


def _distinct(
    configs: tuple[CollectorConfig, ...], agents: Iterable[Labels]
) -> Iterator[tuple[Labels, Severity]]:
    """One agent for each set of documents selected, the largest sets first."""
    by_selected: dict[int, Labels] = {}
    for agent in agents:
        matches = (config.selector.matches(agent) for config in configs)
        selected = sum(1 << index for index, hit in enumerate(matches) if hit)
        by_selected.setdefault(selected, agent)
    for selected in sorted(by_selected, key=int.bit_count, reverse=True):
        others = by_selected.keys() - {selected}
        part = any(selected & other == selected for other in others)
        yield by_selected[selected], Severity.WARNING if part else Severity.ERROR


def _shown(agent: Labels) -> str:
    pairs = (f"{key}={value}" for key, value in sorted(agent.items()))
    return ", ".join(pairs) or "no labels"


def _not_all_seen() -> Finding:
    return Finding(
        NOT_ALL_SEEN,
        Severity.INFO,
        f"the selectors allow more than {MOST_LABEL_SETS:,} combinations of labels; "
        "only so many were rendered",
        Where("fleet.yaml"),
    )
