"""Who a simulated agent is: its instance_uid and what it says of itself.

Made by `population.py`, reported by `agent.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.ids import InstanceUid, format_uid
from reconciler.opamp.pb import anyvalue_pb2, opamp_pb2


@dataclass(frozen=True, slots=True)
class Identity:
    """One host with one Collector.

    Attributes:
        uid: The instance_uid it is born with; a server may give it another.
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

    def describe(self) -> opamp_pb2.AgentDescription:
        """Both as OpAMP carries them."""
        return opamp_pb2.AgentDescription(
            identifying_attributes=_attributes(self.identifying),
            non_identifying_attributes=_attributes(self.other),
        )


def _attributes(values: Mapping[str, str]) -> list[anyvalue_pb2.KeyValue]:
    return [
        anyvalue_pb2.KeyValue(key=key, value=anyvalue_pb2.AnyValue(string_value=value))
        for key, value in values.items()
    ]
