"""What the forges take and answer, written down from their published operations.

GitHub: REST operations `repos/create-commit-status` and
`repos/list-commit-statuses-for-ref` (2022-11-28), schemas `status` and `simple-user`.
Gitea and Forgejo: operations `repoCreateStatus` and `repoListStatuses`, definitions
`CreateStatusOption` and `CommitStatus`.
Stricter than the forges in one point: a property they do not know is refused.
"""

from typing import Any

JsonSchema = dict[str, Any]

GITHUB_CREATE_STATUS: JsonSchema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["state"],
    "additionalProperties": False,
    "properties": {
        "state": {"enum": ["error", "failure", "pending", "success"]},
        "target_url": {"type": ["string", "null"], "pattern": "^https?://"},
        "description": {"type": ["string", "null"], "maxLength": 140},
        "context": {"type": "string", "minLength": 1},
    },
}

GITEA_CREATE_STATUS: JsonSchema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["state"],
    "additionalProperties": False,
    "properties": {
        "state": {"enum": ["pending", "success", "error", "failure", "warning"]},
        "target_url": {"type": "string"},
        "description": {"type": "string"},
        "context": {"type": "string"},
    },
}

_URLS = [
    "avatar_url", "events_url", "followers_url", "following_url", "gists_url",
    "html_url", "organizations_url", "received_events_url", "repos_url", "starred_url",
    "subscriptions_url", "url",
]  # fmt: skip
_TIME: JsonSchema = {"type": "string", "pattern": "^[0-9-]{10}T[0-9:]{8}Z$"}
_MAYBE_TEXT: JsonSchema = {"type": ["string", "null"]}

GITHUB_USER: JsonSchema = {
    "type": "object",
    "required": [*_URLS, "gravatar_id", "id", "login", "node_id", "site_admin", "type"],
    "additionalProperties": False,
    "properties": {
        **{name: {"type": "string"} for name in _URLS},
        "gravatar_id": _MAYBE_TEXT,
        "id": {"type": "integer"},
        "login": {"type": "string"},
        "node_id": {"type": "string"},
        "site_admin": {"type": "boolean"},
        "type": {"type": "string"},
    },
}

_GITHUB_STATUS: JsonSchema = {
    "url": {"type": "string"},
    "avatar_url": _MAYBE_TEXT,
    "id": {"type": "integer"},
    "node_id": {"type": "string"},
    "state": {"enum": ["error", "failure", "pending", "success"]},
    "description": _MAYBE_TEXT,
    "target_url": _MAYBE_TEXT,
    "context": {"type": "string"},
    "created_at": _TIME,
    "updated_at": _TIME,
    "creator": {"anyOf": [{"type": "null"}, GITHUB_USER]},
}

GITHUB_STATUS: JsonSchema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": list(_GITHUB_STATUS),
    "additionalProperties": False,
    "properties": _GITHUB_STATUS,
}

_GITEA_STATUS: JsonSchema = {
    "id": {"type": "integer"},
    "status": {"enum": ["pending", "success", "error", "failure", "warning"]},
    "target_url": {"type": "string"},
    "description": {"type": "string"},
    "url": {"type": "string"},
    "context": {"type": "string"},
    "creator": {"type": ["object", "null"]},
    "created_at": _TIME,
    "updated_at": _TIME,
}

GITEA_STATUS: JsonSchema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": list(_GITEA_STATUS),
    "additionalProperties": False,
    "properties": _GITEA_STATUS,
}
