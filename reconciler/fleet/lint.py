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

    Sees every pair of documents of equal priority that one agent could match, every
    pair of groups likewise, and renders each largest set of documents that one agent
    could match. Does not see smaller sets, such as an agent that has a role but no
    environment yet, nor what only the agent's own build knows.
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
    """Pairs of equal priority that one agent could match, in order of name."""
    ordered = sorted(documents, key=lambda document: (document.priority, document.name))
    for one, other in itertools.combinations(ordered, 2):
        if one.priority == other.priority:
            both = labels.witness(one.selector, other.selector)
            if both is not None:
                yield one, other, both


def _check_renders(fleet: Fleet) -> Iterator[Finding]:
    configs = tuple(fleet.configs.values())
    label_sets = labels.combinations(config.selector for config in configs)
    looked_at = tuple(itertools.islice(label_sets, MOST_LABEL_SETS))
    if next(label_sets, None) is not None:
        yield _not_all_seen()
    for combination in _largest(configs, looked_at):
        outcome = render.render(fleet, combination)
        for finding in outcome.findings if isinstance(outcome, Blocked) else ():
            message = f"{finding.message} (for agents with {_shown(combination)})"
            yield dataclasses.replace(finding, message=message)


def _largest(
    configs: tuple[CollectorConfig, ...], label_sets: Iterable[Labels]
) -> list[Labels]:
    """Of those that select the same one; none that selects a part of another."""
    by_selected: dict[int, Labels] = {}
    for combination in label_sets:
        selected = sum(
            1 << index
            for index, config in enumerate(configs)
            if config.selector.matches(combination)
        )
        by_selected.setdefault(selected, combination)
    return [
        combination
        for selected, combination in by_selected.items()
        if not any(
            selected & other == selected for other in by_selected.keys() - {selected}
        )
    ]


def _shown(combination: Labels) -> str:
    pairs = (f"{key}={value}" for key, value in sorted(combination.items()))
    return ", ".join(pairs) or "no labels"


def _not_all_seen() -> Finding:
    return Finding(
        NOT_ALL_SEEN,
        Severity.INFO,
        f"the selectors allow more than {MOST_LABEL_SETS:,} combinations of labels; "
        "only so many were rendered",
        Where("fleet.yaml"),
    )
