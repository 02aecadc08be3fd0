"""How agents are driven: what a Fleet says for all groups, and a group for its own."""

from typing import Final

from reconciler.fleet.documents import GroupPolicy
from reconciler.fleet.fields import Fields

FIELDS: Final = (
    "suspend",
    "requireAgents",
    "drift",
    "soak",
    "answerTimeout",
    "applyTimeout",
)


def read(spec: Fields, defaults: GroupPolicy) -> GroupPolicy:
    """The policy of these fields; `defaults` for those that are not there."""
    return GroupPolicy(
        suspend=spec.boolean("suspend", default=defaults.suspend),
        require_agents=spec.boolean("requireAgents", default=defaults.require_agents),
        drift=spec.choice("drift", defaults.drift),
        soak=spec.seconds("soak", defaults.soak),
        answer_timeout=spec.seconds("answerTimeout", defaults.answer_timeout, least=1),
        apply_timeout=spec.seconds("applyTimeout", defaults.apply_timeout, least=1),
    )
