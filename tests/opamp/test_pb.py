import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry._opamp.proto import anyvalue_pb2 as their_anyvalue
from opentelemetry._opamp.proto import opamp_pb2 as their_opamp

from reconciler.opamp.pb import anyvalue_pb2, opamp_pb2
from tests.opamp import examples

PB = Path(opamp_pb2.__file__).parent
RENAMED = {"AgentConfigObject": "AgentConfigFile"}
NEWER = {"TLSConnectionSettings", "ProxyConnectionSettings", "ConnectionSettingsStatus"}

OURS: dict[str, type[Message]] = {
    name: getattr(module, name)
    for module in (anyvalue_pb2, opamp_pb2)
    for name in module.DESCRIPTOR.message_types_by_name
}
EXAMPLES = [
    pytest.param(name, message, id=f"{name}-{index}")
    for name, kind in OURS.items()
    for index, message in enumerate(examples.filled(kind))
]


def theirs(name: str) -> type[Message]:
    name = RENAMED.get(name, name)
    module = their_anyvalue if hasattr(their_anyvalue, name) else their_opamp
    kind: type[Message] = getattr(module, name)
    return kind


def wire(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


@pytest.mark.parametrize(("name", "message"), EXAMPLES)
def test_every_message_with_every_field_survives_our_own_classes(
    name: str, message: Message
) -> None:
    copy = OURS[name].FromString(wire(message))
    assert copy == message
    assert wire(copy) == wire(message)


@pytest.mark.parametrize(
    ("name", "message"), [p for p in EXAMPLES if p.values[0] not in NEWER]
)
def test_every_message_with_every_field_survives_the_classes_of_another_client(
    name: str, message: Message
) -> None:
    foreign = theirs(name).FromString(wire(message))
    assert wire(foreign) == wire(message)
    assert OURS[name].FromString(wire(foreign)) == message


@pytest.mark.parametrize("name", sorted(OURS.keys() - NEWER))
def test_every_message_of_another_client_survives_our_classes(name: str) -> None:
    for foreign in examples.filled(theirs(name)):
        copy = OURS[name].FromString(wire(foreign))
        assert wire(copy) == wire(foreign)
        assert len(UnknownFieldSet(copy)) == 0, "we know what they know"


def test_fields_that_the_other_client_does_not_know_travel_through_it() -> None:
    status = opamp_pb2.ConnectionSettingsStatus(last_connection_settings_hash=b"h")
    message = opamp_pb2.AgentToServer(connection_settings_status=status)
    foreign = their_opamp.AgentToServer.FromString(wire(message))
    assert not hasattr(foreign, "connection_settings_status")
    copy = opamp_pb2.AgentToServer.FromString(foreign.SerializeToString())
    assert copy.connection_settings_status == status


def test_no_message_type_and_no_enum_of_the_other_client_is_missing() -> None:
    for ours, other in ((opamp_pb2, their_opamp), (anyvalue_pb2, their_anyvalue)):
        names = {RENAMED.get(n, n) for n in ours.DESCRIPTOR.message_types_by_name}
        assert names >= set(other.DESCRIPTOR.message_types_by_name)
        for enum in other.DESCRIPTOR.enum_types_by_name.values():
            values = ours.DESCRIPTOR.enum_types_by_name[enum.name].values_by_name
            for value in enum.values:
                assert values[value.name].number == value.number


def test_the_schema_has_a_name_of_its_own_beside_the_other_client() -> None:
    file = opamp_pb2.DESCRIPTOR
    assert file.name == "opamp_reconciler/opamp/v1/opamp.proto"
    assert file.package == "opamp_reconciler.opamp.v1"
    assert file.pool is their_opamp.DESCRIPTOR.pool


def test_the_generated_code_is_what_the_schemas_give() -> None:
    script = Path(__file__).parents[2] / "proto/generate.py"
    check = subprocess.run(
        [sys.executable, str(script), "--check"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert (check.returncode, check.stderr) == (0, "")


def test_code_that_is_missing_changed_or_left_over_is_stale() -> None:
    script = runpy.run_path(str(Path(__file__).parents[2] / "proto/generate.py"))
    present = {path.name: path.read_text() for path in PB.glob("*_pb2.py*")}
    assert script["stale"](present) == []
    changed = {**present, "opamp_pb2.py": "# old", "new_pb2.py": ""}
    del changed["anyvalue_pb2.pyi"]
    expected = ["anyvalue_pb2.pyi", "new_pb2.py", "opamp_pb2.py"]
    assert script["stale"](changed) == expected
