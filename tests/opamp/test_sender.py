import pytest

from reconciler.opamp import sender
from reconciler.opamp.limits import Limits
from reconciler.state.observed import AgentDescription
from tests.opamp import examples
from tests.opamp.examples import UID

ULID = b"01HZX3J5Q8V7WN2M4RBCDEFGHK"


@pytest.mark.parametrize(
    ("uid", "words"),
    [
        (b"", "has 0 bytes instead of 16: an agent needs an id"),
        (b"x" * 15, "has 15 bytes instead of 16: send the bytes of a UUID"),
        (ULID, "has 26 bytes instead of 16, the text of a ULID"),
        (ULID.lower(), "the text of a ULID"),
        (b"U" * 26, "has 26 bytes instead of 16: send"),
        (b"01902f5a-c1d0-7c3e-8a4b-5c6d7e8f9a0b", "the text of a UUID"),
        (UID.hex().encode(), "has 32 bytes instead of 16, the text of a UUID"),
    ],
)
def test_a_uid_is_told_by_its_looks_and_how_to_mend_it(uid: bytes, words: str) -> None:
    assert words in sender.bad_uid(uid)


@pytest.mark.parametrize("identifying", [True, False])
def test_the_host_of_a_refused_message_is_found_in_both_sets(
    *, identifying: bool
) -> None:
    message = examples.heartbeat()
    examples.describe(message, "edge-17", identifying=identifying)
    assert sender.refused_host(message, Limits()) == "edge-17"


def test_a_message_that_says_too_much_is_not_searched_for_its_host() -> None:
    message = examples.heartbeat()
    for _ in range(Limits().attributes + 1):
        examples.describe(message, "edge-17")
    assert sender.refused_host(message, Limits()) == ""


def test_a_host_is_short_and_holds_no_controls() -> None:
    message = examples.heartbeat()
    examples.describe(message, "edge\x1b[31m\n17" + "x" * 1000)
    host = sender.refused_host(message, Limits())
    assert host.startswith("edge 17x")
    assert len(host) == sender.HOST_CHARACTERS
    description = AgentDescription({"host.name": "a\nb" * 1000}, {})
    assert sender.host(description).startswith("a ba b")
    assert len(sender.host(description)) == sender.HOST_CHARACTERS


def test_who_says_no_host_has_none() -> None:
    assert sender.refused_host(examples.heartbeat(), Limits()) == ""
    assert sender.host(None) == ""
    assert sender.host(AgentDescription({}, {})) == ""
