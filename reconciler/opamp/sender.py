"""Who sent a message, in words for the log and for the answer to a refusal.

Called by `convert.py` and `session.py`. Pure; what it returns is short and scrubbed.
"""

import re

from reconciler.ids import UID_BYTES
from reconciler.opamp import scrub, structure
from reconciler.opamp.limits import Limits
from reconciler.opamp.pb.opamp_pb2 import AgentToServer
from reconciler.state.observed import AgentDescription

HOST_KEY = "host.name"
HOST_CHARACTERS = 100

_ULID = re.compile(rb"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.IGNORECASE)
_UUID = re.compile(
    rb"[0-9a-f]{8}(-?)[0-9a-f]{4}(?:\1[0-9a-f]{4}){2}\1[0-9a-f]{12}", re.IGNORECASE
)


def host(description: AgentDescription | None) -> str:
    """The host an agent says it runs on; empty when it does not say."""
    return _short(description.labels.get(HOST_KEY, "")) if description else ""


def refused_host(message: AgentToServer, limits: Limits) -> str:
    """The host of a message that is refused, if it may be looked for."""
    if structure.count_attributes(message) > limits.attributes:
        return ""
    description = message.agent_description
    for attributes in (
        description.identifying_attributes,
        description.non_identifying_attributes,
    ):
        for attribute in attributes:
            if attribute.key == HOST_KEY:
                return _short(attribute.value.string_value)
    return ""


def _short(name: str) -> str:
    return scrub.words(name)[:HOST_CHARACTERS]


def bad_uid(uid: bytes) -> str:
    """What is wrong with an `instance_uid` of another length, and how to mend it."""
    wrong = f"instance_uid has {len(uid)} bytes instead of {UID_BYTES}"
    if not uid:
        return f"{wrong}: an agent needs an id, best a UUIDv7"
    if _ULID.fullmatch(uid):
        return (
            f"{wrong}, the text of a ULID as old clients send it: "
            "update the agent, or give it a UUID"
        )
    if _UUID.fullmatch(uid):
        return f"{wrong}, the text of a UUID: send the bytes it stands for"
    return f"{wrong}: send the bytes of a UUID, best of version 7"
