"""What the forges take and answer, written down from their published operations.

GitHub: REST operation `repos/create-commit-status` (2022-11-28). Gitea and Forgejo:
operation `repoCreateStatus`, definitions `CreateStatusOption` and `CommitStatus`.
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
