import pytest
from google.protobuf.internal import api_implementation

from reconciler.errors import SetupError
from reconciler.opamp import wire
from reconciler.opamp.wire import BadRequest
from tests.opamp import examples


def test_the_header_is_one_zero_byte() -> None:
    assert wire.without_header(b"\x00abc") == b"abc"


def test_an_empty_message_behind_a_header_is_a_message() -> None:
    assert wire.without_header(b"\x00") == b""


@pytest.mark.parametrize("message", [b"", b"\x01\x0a", b"\x80\x00", b"\xff" * 10])
def test_obligation_07_a_missing_or_non_zero_header_is_malformed(
    message: bytes,
) -> None:
    with pytest.raises(BadRequest, match="header of value 0"):
        wire.without_header(message)


def test_messages_of_clients_from_before_the_header_are_taken() -> None:
    message = examples.heartbeat().SerializeToString()
    assert wire.without_header(message) == message


def test_upb_is_what_runs_here() -> None:
    wire.require_upb()


def test_a_pure_python_protobuf_stops_the_start_with_a_hint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api_implementation, "Type", lambda: "python")
    with pytest.raises(SetupError, match="'python' instead") as caught:
        wire.require_upb()
    assert "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION" in str(caught.value.hint)
