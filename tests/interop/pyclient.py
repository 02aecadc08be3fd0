"""An agent on the Python client that OpenTelemetry publishes: plain HTTP, in threads.

It lives in this process, so it also shows that its messages and ours do.
"""

import atexit
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import requests
from opentelemetry._opamp.agent import OpAMPAgent
from opentelemetry._opamp.callbacks import MessageData, OpAMPCallbacks
from opentelemetry._opamp.client import OpAMPClient
from opentelemetry._opamp.exceptions import (
    OpAMPRemoteConfigDecodeException,
    OpAMPRemoteConfigParseException,
)
from opentelemetry._opamp.proto import opamp_pb2
from opentelemetry._opamp.transport.requests import RequestsTransport

POLL_SECONDS = 0.5


class PyClient(OpAMPCallbacks):
    """A context manager around one agent that takes configs.

    Args:
        reject: Configs that contain this text end as FAILED with `complaint`.
    """

    def __init__(
        self, url: str, *, labels: dict[str, str], reject: str, complaint: str
    ) -> None:
        self.configs: list[str] = []
        self.errors: list[str] = []
        self._reject, self._complaint = reject, complaint
        self._session = requests.Session()
        self._session.trust_env = False  # loopback goes through no proxy
        self._client = OpAMPClient(
            endpoint=url,
            agent_identifying_attributes={"service.name": "pyclient"},
            agent_non_identifying_attributes=labels,
            transport=RequestsTransport(self._session),
        )
        self._agent = OpAMPAgent(
            interval=POLL_SECONDS, callbacks=self, client=self._client
        )

    @property
    def uid(self) -> str:
        """Its instance_uid as a UUID."""
        return str(UUID(bytes=self._client._instance_uid))

    def __enter__(self) -> Self:
        self._agent.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._agent.stop()
        atexit.unregister(self._agent.stop)
        self._session.close()

    def on_connect_failed(
        self,
        agent: OpAMPAgent,  # noqa: ARG002 - the client's signature
        client: OpAMPClient,  # noqa: ARG002 - the client's signature
        error: Exception,
    ) -> None:
        """The client counts every failed request as a failed connection."""
        self.errors.append(str(error))

    def on_error(
        self,
        agent: OpAMPAgent,  # noqa: ARG002 - the client's signature
        client: OpAMPClient,  # noqa: ARG002 - the client's signature
        error_response: opamp_pb2.ServerErrorResponse,
    ) -> None:
        """The server could not make sense of a message."""
        self.errors.append(error_response.error_message)

    def on_message(
        self, agent: OpAMPAgent, client: OpAMPClient, message: MessageData
    ) -> None:
        """Take a Collector's config, as it is."""
        offered = message.remote_config
        if offered is None:
            return
        body = offered.config.config_map[""].body.decode()
        self.configs.append(body)
        if self._reject in body:
            self._report(offered, opamp_pb2.RemoteConfigStatuses_FAILED)
        else:
            client.update_effective_config({"": body}, content_type="text/yaml")
            self._report(offered, opamp_pb2.RemoteConfigStatuses_APPLIED)
        agent.send(client.build_full_state_message())

    def _report(
        self,
        offered: opamp_pb2.AgentRemoteConfig,
        outcome: opamp_pb2.RemoteConfigStatuses.ValueType,
    ) -> None:
        failed = outcome == opamp_pb2.RemoteConfigStatuses_FAILED
        self._client.update_remote_config_status(
            offered.config_hash, outcome, self._complaint if failed else ""
        )


class DecodingPyClient(PyClient):
    """Takes configs as the client decodes them: entries of JSON, and no others."""

    def __init__(self, url: str, *, labels: dict[str, str]) -> None:
        super().__init__(url, labels=labels, reject="", complaint="")
        self.decoded: list[dict[str, Any]] = []

    def on_message(
        self, agent: OpAMPAgent, client: OpAMPClient, message: MessageData
    ) -> None:
        """Take a config as the client's documentation shows it."""
        offered = message.remote_config
        if offered is None:
            return
        try:
            decoded = dict(client.decode_remote_config(offered))
        except (
            OpAMPRemoteConfigParseException,
            OpAMPRemoteConfigDecodeException,
        ) as refused:
            self._complaint = str(refused)
            self._report(offered, opamp_pb2.RemoteConfigStatuses_FAILED)
        else:
            self.decoded.append(decoded)
            client.update_effective_config(decoded, content_type="application/json")
            self._report(offered, opamp_pb2.RemoteConfigStatuses_APPLIED)
        agent.send(client.build_full_state_message())
