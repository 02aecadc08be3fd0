"""How agents are driven: what a Fleet says for all groups, and a group for its own."""

from collections.abc import Iterator
from typing import Final

from reconciler.fleet.documents import GroupPolicy
from reconciler.fleet.drift_ignores import DriftIgnore
from reconciler.fleet.findings import Report
from reconciler.fleet.syntax.fields import WRONG_VALUE, Fields, describe
from reconciler.fleet.syntax.nodes import Table

FIELDS: Final = (
    "suspend",
    "requireAgents",
    "drift",
    "soak",
    "answerTimeout",
    "applyTimeout",
    "driftIgnore",
    "forgetAfter",
)
MOST_IGNORES: Final = 50
_YEAR: Final = 366 * 24 * 3600.0


def read(spec: Fields, defaults: GroupPolicy, report: Report) -> GroupPolicy:
    """The policy of these fields; `defaults` for those that are not there."""
    return GroupPolicy(
        suspend=spec.boolean("suspend", default=defaults.suspend),
        require_agents=spec.boolean("requireAgents", default=defaults.require_agents),
        drift=spec.choice("drift", defaults.drift),
        soak=spec.seconds("soak", defaults.soak),
        answer_timeout=spec.seconds("answerTimeout", defaults.answer_timeout, least=1),
        apply_timeout=spec.seconds("applyTimeout", defaults.apply_timeout, least=1),
        drift_ignores=tuple(_ignores(spec, report))
        if "driftIgnore" in spec
        else defaults.drift_ignores,
        forget_after=spec.seconds(
            "forgetAfter", defaults.forget_after, least=60, most=_YEAR
        ),
    )


def _ignores(spec: Fields, report: Report) -> Iterator[DriftIgnore]:
    items = tuple(spec.items("driftIgnore"))
    if len(items) > MOST_IGNORES:
        spec.refuse("driftIgnore", f"a list of at most {MOST_IGNORES} paths")
    for name, item in items[:MOST_IGNORES]:
        if not isinstance(item, Table):
            message = f"`{name}` must be a mapping, not {describe(item)}"
            report.error(WRONG_VALUE, message, where=item.where)
            continue
        known = ("path", "reason", "until")
        fields = Fields(item, name, known=known, report=report)
        fields.require("path", "write a JSON Pointer; `*` stands for any one key")
        if fields.require("reason", "say why, for those who find it later"):
            reason = fields.text("reason")
            until = fields.day("until")
            path = fields.pattern("path")
            if path:
                yield DriftIgnore(path, reason, until)
