"""Who a simulated agent is: its instance_uid and what it says of itself.

Made by `population.py`, reported by `agent.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from reconciler.ids import UID_BYTES, InstanceUid, format_uid
from reconciler.opamp.pb import anyvalue_pb2, opamp_pb2


@dataclass(frozen=True, slots=True)
class Identity:
    """One host with one Collector.

    Attributes:
        uid: The instance_uid its process starts with; a server may give it another.
        labels: Non-identifying attributes over those of every host.
    """

    uid: InstanceUid
    host_name: str
    version: str
    labels: Mapping[str, str]

    @property
    def identifying(self) -> dict[str, str]:
        """OpAMP's identifying attributes."""
        return {
            "service.name": "otelcol",
            "service.version": self.version,
            "service.instance.id": format_uid(self.uid),
        }

    @property
    def other(self) -> dict[str, str]:
        """OpAMP's non-identifying attributes."""
        return {
            "host.name": self.host_name,
            "host.arch": "amd64",
            "os.type": "linux",
            **self.labels,
        }

    def renewed(self) -> "Identity":
        """The same host and service under another uid, which follows from this one."""
        chance = sha256(self.uid + self.host_name.encode()).digest()
        return replace(self, uid=uuid7(self.uid[:_TIME_BYTES] + chance))

    def describe(self) -> opamp_pb2.AgentDescription:
        """Both as OpAMP carries them."""
        return opamp_pb2.AgentDescription(
            identifying_attributes=_attributes(self.identifying),
            non_identifying_attributes=_attributes(self.other),
        )


def uuid7(raw: bytes) -> InstanceUid:
    """A UUIDv7 of the first bytes: milliseconds in 6 of them, chance in the others."""
    bits = int.from_bytes(raw[:UID_BYTES], "big")
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    return InstanceUid(bits.to_bytes(UID_BYTES, "big"))


_TIME_BYTES = 6


def _attributes(values: Mapping[str, str]) -> list[anyvalue_pb2.KeyValue]:
    return [
        anyvalue_pb2.KeyValue(key=key, value=anyvalue_pb2.AnyValue(string_value=value))
        for key, value in values.items()
    ]
