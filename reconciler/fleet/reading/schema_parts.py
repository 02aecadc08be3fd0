"""What the schemas of several kinds are made of: selectors, policies, list rules.

Used by `schemas.py` alone. Every part has a description, because editors show it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias

from reconciler.fleet.documents import DriftMode, ListMerge
from reconciler.fleet.labels import Operator
from reconciler.fleet.reading.kinds.policy import MOST_IGNORES
from reconciler.fleet.reading.selectors import MOST_RANGES, MOST_REQUIREMENTS
from reconciler.fleet.syntax import contents

Schema: TypeAlias = dict[str, Any]

_KEY: Final = r"^\S+$"
_STEP: Final = "/([^~/]|~[01])*"
POINTER: Final = f"^({_STEP})*$"
PATTERN: Final = f"^({_STEP})+$"
"""A pointer to anything but the root."""

_FOLDER: Final = r"^(?!\.{0,2}(/|$))[^/]+(/(?!\.{0,2}(/|$))[^/]+)*/?$"
_PART: Final = r"([0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9})(ns|us|µs|μs|ms|s|m|h)"
_DURATION: Final = f"^({_PART}){{1,8}}$"


def mapping(
    description: str,
    properties: Mapping[str, Schema],
    *,
    required: list[str] | None = None,
    **more: Any,
) -> Schema:
    """A mapping of these fields and no others."""
    found: Schema = {"type": "object", "description": description}
    if required:
        found["required"] = required
    return found | {
        "properties": dict(properties),
        "additionalProperties": False,
        **more,
    }


def text(description: str, pattern: str | None = None) -> Schema:
    """A string."""
    found: Schema = {"type": "string", "description": description}
    return found | {"pattern": pattern} if pattern else found


def sequence(description: str, items: Schema, **more: Any) -> Schema:
    """A list of items of one shape."""
    return {"type": "array", "description": description, "items": items, **more}


def flag(description: str, *, default: bool) -> Schema:
    """Either `true` or `false`."""
    return {"type": "boolean", "description": description, "default": default}


def number(description: str, default: int, **more: Any) -> Schema:
    """A whole number."""
    found: Schema = {"type": "integer", "description": description}
    return found | {"default": default, **more}


def duration(description: str, default: str | None = None) -> Schema:
    """A Go duration that is not zero."""
    about = f"{description} A Go duration, such as `10s` or `1m30s`."
    found = text(about, _DURATION)
    return found | {"default": default} if default else found


def choice(description: str, default: StrEnum) -> Schema:
    """One word of the enum that `default` is of."""
    return {
        "enum": [word.value for word in type(default)],
        "description": description,
        "default": default.value,
    }


def labels(description: str, **more: Any) -> Schema:
    """A mapping of keys to strings."""
    values = {"type": "string"}
    return {
        "type": "object",
        "description": description,
        "additionalProperties": values,
        **more,
    }


def pointers(description: str, pattern: str = PATTERN, **more: Any) -> Schema:
    """A list of JSON Pointers."""
    return sequence(description, {"type": "string", "pattern": pattern}, **more)


_WITH_VALUES: Final = [Operator.IN, Operator.NOT_IN, Operator.SEMVER_IN]

_EXPRESSION: Final = mapping(
    "One requirement on one label.",
    {
        "key": text("The label.", _KEY),
        "operator": {
            "enum": [one.value for one in Operator],
            "description": "Kubernetes' own, and SemverIn for labels that are "
            "versions. NotIn also holds where the label is missing.",
        },
        "values": sequence(
            "Of In and NotIn the values, of SemverIn ranges such as `>=0.149.0 <1`.",
            {"type": "string"},
        ),
    },
    required=["key", "operator"],
    allOf=[
        {
            "if": {"properties": {"operator": {"enum": [*map(str, _WITH_VALUES)]}}},
            "then": {
                "required": ["values"],
                "properties": {"values": {"minItems": 1}},
            },
            "else": {"properties": {"values": {"maxItems": 0}}},
        },
        {
            "if": {"properties": {"operator": {"const": Operator.SEMVER_IN.value}}},
            "then": {"properties": {"values": {"maxItems": MOST_RANGES}}},
        },
    ],
)

SELECTOR: Final = mapping(
    "Which agents it is for; all requirements must hold. `{}` is every agent.",
    {
        "matchLabels": labels(
            "Labels and the values they must have.",
            propertyNames={"pattern": _KEY},
            maxProperties=MOST_REQUIREMENTS,
        ),
        "matchExpressions": sequence(
            "Requirements that a plain value cannot say.",
            _EXPRESSION,
            maxItems=MOST_REQUIREMENTS,
        ),
        "trusted": sequence(
            "Labels of which an agent's own word does not count: only those that the "
            "inventory vouches for are matched.",
            {"type": "string"},
        ),
    },
)

PRIORITY: Final = number(
    "The higher one wins; equals may not disagree. Any whole number.", 0
)

POLICY: Final[Mapping[str, Schema]] = {
    "suspend": flag("Send nothing to these agents.", default=False),
    "requireAgents": flag("A group without agents is red, not green.", default=False),
    "drift": choice(
        "What happens to an agent that left its config.", DriftMode.CORRECT
    ),
    "soak": {
        "description": "How long an agent must stay healthy to count as Synced. A Go "
        "duration, such as `10s` or `1m30s`, or 0.",
        "anyOf": [{"enum": [0, "0"]}, {"type": "string", "pattern": _DURATION}],
        "default": "10s",
    },
    "answerTimeout": duration("How long an offer may stay without any status.", "30s"),
    "applyTimeout": duration("How long an agent may stay APPLYING.", "5m"),
    "forgetAfter": duration(
        "How long an agent that is away counts, 60s to 8784h; as the service is set "
        "to if it is not there."
    ),
    "driftIgnore": sequence(
        "Where effective configs may differ.",
        mapping(
            "One place.",
            {
                "path": text("It and all below; `*` is any one key.", PATTERN),
                "reason": text("Why, for those who find it later."),
                "until": text("The last day (UTC) on which it counts."),
            },
            required=["path", "reason"],
        ),
        maxItems=MOST_IGNORES,
    ),
}

LIST_RULE: Final = mapping(
    "What is done to one list instead of replacing it.",
    {
        "path": text("The lists, as a JSON Pointer; `*` is any one key.", PATTERN),
        "merge": {
            "enum": [one.value for one in ListMerge],
            "description": "Where the items of this document go.",
        },
        "before": {"description": "The item that `insert` puts new ones before."},
        "after": {"description": "The item that `insert` puts new ones after."},
        "key": text("The field by which `byKey` pairs mappings of both lists."),
    },
    required=["path", "merge"],
    allOf=[
        {
            "if": {"properties": {"merge": {"const": ListMerge.INSERT.value}}},
            "then": {"oneOf": [{"required": ["before"]}, {"required": ["after"]}]},
            "else": {"properties": {"before": False, "after": False}},
        },
        {
            "if": {"properties": {"merge": {"const": ListMerge.BY_KEY.value}}},
            "then": {"required": ["key"], "properties": {"key": {"minLength": 1}}},
            "else": {"properties": {"key": {"maxLength": 0}}},
        },
    ],
)

SCOPE: Final = mapping(
    "What the files of one folder may touch.",
    {
        "folder": text("A folder of the repository, and all below it.", _FOLDER),
        "paths": pointers("JSON Pointers into the config; `*` is any one key."),
    },
    required=["folder", "paths"],
)

CONTENT_TYPE: Final = text(
    "Of a named entry, such as `application/json`; without it, the names of the files "
    "say. YAML and JSON are mappings and merged; all else is text, of one file.",
    f"^{contents.PATTERN}$",
)

ENTRY: Final = text("The entry of OpAMP's config map; empty for a Collector.")

MATCH: Final = mapping(
    "All that is given must hold.",
    {
        "attributes": labels("Attributes that the agent reports."),
        "certificate": {
            "description": "Names of which its client certificate must carry one.",
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}},
            ],
        },
        "enrolment": text("The enrolment that it came by."),
    },
    minProperties=1,
)
