"""JSON Schema (2020-12) of every kind of document, for editors.

Printed by `reconciler schema`. Says what a schema can say: names, types, ranges, which
fields go together. What needs a second document, or a look at the Collector config
itself, is for the linter. A test holds it against what `kinds/` accept.
"""

from collections.abc import Mapping
from typing import Final

from reconciler.fleet.documents import (
    API_VERSION,
    DEFAULT_GROUP,
    OWN_CONTEXTS,
    Kind,
    Missing,
    Unmanaged,
    Unselected,
)
from reconciler.fleet.reading import schema_parts as parts
from reconciler.fleet.reading.kinds import config, lists
from reconciler.fleet.reading.schema_parts import Schema
from reconciler.fleet.syntax import contents

FILE: Final = "fleet.schema.json"
"""Where a fleet repo keeps it: `reconciler schema > fleet.schema.json`, in the root."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_NAME: Final = "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
_VARIABLE: Final = "^[A-Za-z_][A-Za-z0-9_.-]{0,99}$"
_CONTEXT: Final = "^[A-Za-z0-9._-]{1,50}(/[A-Za-z0-9._-]{1,50}){0,3}$"
_SHARE: Final = r"^(100(\.0{1,3})?|0?[0-9]{1,2}(\.[0-9]{1,3})?)%$"


def of(kind: Kind) -> Schema:
    """The schema of one kind, complete in itself."""
    return {"$schema": DIALECT, "title": kind.value, **_document(kind)}


def every() -> Schema:
    """The schema of any document of a fleet repo, told apart by `kind`."""
    return {
        "$schema": DIALECT,
        "title": "A document of a fleet repo",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"enum": [kind.value for kind in Kind]},
        },
        "allOf": [
            {
                "if": {
                    "properties": {"kind": {"const": kind.value}},
                    "required": ["kind"],
                },
                "then": {"$ref": f"#/$defs/{kind.value}"},
            }
            for kind in Kind
        ],
        "$defs": {kind.value: _document(kind) for kind in Kind},
    }


def _document(kind: Kind) -> Schema:
    about, spec = _SPECS[kind]
    needed = ["apiVersion", "kind", "metadata"]
    name = parts.text("How other documents, statuses and people call it.", _NAME)
    if kind is Kind.AGENT_GROUP:
        name["not"] = {"enum": [DEFAULT_GROUP, *OWN_CONTEXTS]}
    return parts.mapping(
        about,
        {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind.value},
            "metadata": _metadata(name),
            "spec": spec,
        },
        required=needed if kind is Kind.FLEET else [*needed, "spec"],
    )


def _metadata(name: Schema) -> Schema:
    return parts.mapping(
        "Who it is.",
        {
            "name": name,
            "description": parts.text("What it is for, in your words."),
            "owner": parts.text("Whom to ask, such as a team."),
            "annotations": {
                "type": "object",
                "description": "Anything that other tools want to find here.",
            },
        },
        required=["name"],
    )


# The kinds.

_FLEET: Final = parts.mapping(
    "Of the whole fleet.",
    {
        "statuses": parts.mapping(
            "Of commit statuses.",
            {"context": parts.text("They are called `<context>/<group>`.", _CONTEXT)},
        ),
        "defaults": parts.mapping(
            "How agents are driven, where their group does not say.", parts.POLICY
        ),
        "guard": parts.mapping(
            "How much of the fleet one commit may change without an approval.",
            {
                "share": parts.text("Of the agents, such as `50%`.", _SHARE),
                "from": parts.number("Agents from which on it holds.", 10, minimum=1),
            },
        ),
        "scopes": parts.sequence("Which folders may touch which paths.", parts.SCOPE),
        "unselected": parts.choice(
            "What agents mean that ran a config from here and that nothing selects any "
            "more: `hold` keeps their group from being green, `release` lets them go.",
            Unselected.HOLD,
        ),
        "unmanaged": parts.choice(
            "What connected agents mean that no config ever selected: nothing, a "
            "warning in the words of a status, or failure.",
            Unmanaged.WARN,
        ),
        "missing": parts.choice(
            "What hosts of the inventory mean that are away or were never heard: words "
            "in a status, or failure.",
            Missing.TOLERATE,
        ),
    },
)

_GROUP: Final = parts.mapping(
    "Who is in it, and how they are driven.",
    {"selector": parts.SELECTOR, "priority": parts.PRIORITY, **parts.POLICY},
    required=["selector"],
)

_CONFIG: Final = parts.mapping(
    "Whom it is for, and what they run.",
    {
        "selector": parts.SELECTOR,
        "priority": parts.PRIORITY,
        "files": parts.sequence(
            "Files beside this one, of Collector YAML; a later one wins.",
            {"type": "string"},
            minItems=1,
            maxItems=config.MOST_FILES,
        ),
        "config": {"type": "object", "description": "Collector config, in place."},
        "entry": parts.ENTRY,
        "contentType": parts.CONTENT_TYPE,
        "allowEmpty": parts.flag("It may come to nothing at all.", default=False),
        "lists": parts.sequence(
            "What it does to lists instead of replacing them.",
            parts.LIST_RULE,
            maxItems=lists.MOST_RULES,
        ),
        "remove": parts.pointers(
            "What it takes away from documents of lower priority, before its own.",
            maxItems=config.MOST_PATHS,
        ),
        "scope": parts.pointers(
            "The only paths that it may touch.", maxItems=config.MOST_PATHS
        ),
    },
    required=["selector"],
    oneOf=[{"required": ["files"]}, {"required": ["config"]}],
    allOf=[
        {
            "if": {"required": ["contentType"]},
            "then": {"required": ["entry"], "properties": {"entry": {"minLength": 1}}},
        },
        {
            "if": {
                "required": ["contentType"],
                "properties": {
                    "contentType": {"not": {"pattern": f"^{contents.MAPPINGS}$"}}
                },
            },
            "then": {
                "properties": {
                    **dict.fromkeys(config.OF_MAPPINGS, False),
                    "files": {"maxItems": 1},
                }
            },
        },
    ],
)

_VARIABLES: Final = parts.mapping(
    "Whom the values are for, and what they are.",
    {
        "selector": parts.SELECTOR,
        "priority": parts.PRIORITY,
        "values": {
            "type": "object",
            "description": "Used as `{$var: name}` in a config; values of any shape.",
            "propertyNames": {"pattern": _VARIABLE},
        },
    },
    required=["selector", "values"],
)

_INVENTORY: Final = parts.mapping(
    "The agents that are known.",
    {
        "entries": parts.sequence(
            "One for each agent, or for several alike.",
            parts.mapping(
                "Who, and which labels they have.",
                {
                    "match": parts.MATCH,
                    "labels": parts.labels("Stronger than the agent's own word."),
                },
                required=["match", "labels"],
            ),
        )
    },
    required=["entries"],
)

_DISTRIBUTION: Final = parts.mapping(
    "Whose Collectors, and what they have.",
    {
        "selector": parts.SELECTOR,
        "priority": parts.PRIORITY,
        "components": parts.text("A file with the output of `otelcol components`."),
    },
    required=["selector", "components"],
)

_CONFIG_TEST: Final = parts.mapping(
    "Of whom, and what they must get.",
    {
        "labels": parts.labels("Of the agent; all of them count as vouched for."),
        "entry": parts.ENTRY,
        "expect": parts.mapping(
            "Everything that must be so.",
            {
                "group": parts.text("The group that it is in."),
                "documents": parts.sequence(
                    "The CollectorConfigs that it gets, low priority to high; none "
                    "for an agent that gets nothing.",
                    {"type": "string"},
                ),
                "values": {
                    "type": "object",
                    "description": "JSON Pointers, and what stands there.",
                    "propertyNames": {"pattern": parts.POINTER},
                },
                "absent": parts.pointers("Where nothing stands.", parts.POINTER),
                "findings": parts.sequence(
                    "Rules that hold it back, and no others.", {"type": "string"}
                ),
            },
            minProperties=1,
        ),
    },
    required=["labels", "expect"],
)

_SPECS: Final[Mapping[Kind, tuple[str, Schema]]] = {
    Kind.FLEET: ("The root document, one in a repository.", _FLEET),
    Kind.AGENT_GROUP: ("Who together, and how.", _GROUP),
    Kind.COLLECTOR_CONFIG: ("What the agents of a selector run.", _CONFIG),
    Kind.VARIABLES: ("Values that differ between agents.", _VARIABLES),
    Kind.INVENTORY: ("Labels that Git gives to agents.", _INVENTORY),
    Kind.DISTRIBUTION: ("Which components Collectors have.", _DISTRIBUTION),
    Kind.CONFIG_TEST: ("What an agent must get.", _CONFIG_TEST),
}
