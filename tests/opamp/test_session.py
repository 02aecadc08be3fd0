import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.opamp.convert import Offers
from reconciler.opamp.limits import Limits
from reconciler.opamp.pb.opamp_pb2 import (
    AgentToServer,
    ServerErrorResponseType_BadRequest,
    ServerErrorResponseType_Unavailable,
    ServerToAgent,
)
from reconciler.opamp.session import (
    MALFORMED_IN_A_ROW,
    Malformed,
    Received,
    Session,
    Understood,
)
from reconciler.state.actions import AskComponents, AskFullState, RefuseAgent
from reconciler.state.observed import Capability, Transport
from tests.opamp import examples
from tests.opamp.examples import OTHER_UID, UID

OURS = 0x27


def websocket(limits: Limits | None = None) -> Session:
    return Session(Transport.WEBSOCKET, limits=limits or Limits(), offers=Offers())


def polling() -> Session:
    return Session(Transport.HTTP, limits=Limits(), offers=Offers())


def understood(received: Received) -> Understood:
    assert isinstance(received, Understood)
    return received


def malformed(received: Received) -> Malformed:
    assert isinstance(received, Malformed)
    return received


def say(session: Session, message: AgentToServer) -> Understood:
    return understood(session.receive(examples.framed(message)))


def test_obligation_01_a_message_with_nothing_to_do_is_acknowledged() -> None:
    session = websocket()
    say(session, examples.heartbeat())
    session.answer(UID, ())
    assert session.answer(UID, ()).data == b"\x00\x0a\x10" + UID


def test_obligation_02_answers_and_pushes_bear_the_uid_of_their_agent() -> None:
    session = websocket()
    for uid in (UID, OTHER_UID):
        say(session, examples.heartbeat(uid))
        assert examples.unframed(session.answer(uid, ()).data).instance_uid == uid
    pushed = session.answer(OTHER_UID, [AskComponents(OTHER_UID)])
    assert examples.unframed(pushed.data).instance_uid == OTHER_UID


def test_obligation_03_a_good_answer_has_no_error_and_an_error_nothing_else() -> None:
    session = websocket()
    say(session, examples.heartbeat())
    good = session.answer(UID, [AskFullState(UID)])
    assert not examples.unframed(good.data).HasField("error_response")
    refused = session.answer(UID, [AskFullState(UID), RefuseAgent(UID, "go away")])
    message = examples.unframed(refused.data)
    assert refused.refused == "go away"
    assert {field.name for field, _ in message.ListFields()} == {
        "instance_uid",
        "error_response",
    }


def test_obligation_04_each_agent_learns_our_capabilities_once_a_websocket() -> None:
    session = websocket()
    for uid in (UID, OTHER_UID):
        say(session, examples.heartbeat(uid))
        first, second = session.answer(uid, ()), session.answer(uid, ())
        assert examples.unframed(first.data).capabilities == OURS
        assert examples.unframed(second.data).capabilities == 0


def test_obligation_04_an_error_does_not_count_as_having_told_capabilities() -> None:
    session = websocket()
    say(session, examples.heartbeat())
    session.answer(UID, [RefuseAgent(UID, "no")])
    assert examples.unframed(session.answer(UID, ()).data).capabilities == OURS


def test_obligation_04_over_http_every_answer_tells_our_capabilities() -> None:
    for _ in range(2):
        session = polling()
        received = understood(session.receive(examples.heartbeat().SerializeToString()))
        assert not received.first
        answer = ServerToAgent.FromString(session.answer(UID, ()).data)
        assert answer == ServerToAgent(instance_uid=UID, capabilities=OURS)


def test_obligation_06_a_duplicate_is_understood_and_answered_again() -> None:
    session, message = websocket(), examples.heartbeat(number=5)
    assert [say(session, message).report for _ in range(2)] == [
        say(session, message).report
    ] * 2
    assert session.answer(UID, ()).data


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "header"),
        (b"\x01" + examples.heartbeat().SerializeToString(), "header"),
        (b"\x00hello", "not an AgentToServer"),
        (b"\x00", "0 bytes instead of 16"),
        (b"\x00\x0a\x03abc", "3 bytes instead of 16"),
    ],
)
def test_obligation_07_undecodable_bytes_are_answered_with_bad_request(
    message: bytes, reason: str
) -> None:
    answer = examples.unframed(malformed(websocket().receive(message)).answer)
    assert answer.error_response.type == ServerErrorResponseType_BadRequest
    assert reason in answer.error_response.error_message
    assert not answer.instance_uid


def test_obligation_07_a_text_message_is_answered_with_bad_request() -> None:
    answer = examples.unframed(websocket().receive_text().answer)
    assert answer.error_response.type == ServerErrorResponseType_BadRequest
    assert answer.error_response.error_message == "OpAMP messages are binary"


def test_obligation_07_a_sender_that_is_known_is_addressed_in_the_error() -> None:
    data = examples.empty_attributes(300)
    received = malformed(websocket().receive(b"\x00" + data))
    answer = examples.unframed(received.answer)
    assert received.uid == answer.instance_uid == UID
    assert answer.error_response.error_message == "more than 256 attributes"


def test_a_connection_has_a_host_while_only_one_was_named() -> None:
    session = websocket()
    say(session, examples.heartbeat())
    assert session.host == ""
    say(session, examples.describe(examples.heartbeat(), "edge-17"))
    bare = malformed(session.receive(b"\x00\x0a\x03abc"))
    assert bare.host == session.host == "edge-17"
    other = examples.describe(examples.heartbeat(b"short"), "edge-18")
    assert malformed(session.receive(examples.framed(other))).host == "edge-18"
    assert say(session, examples.heartbeat()).host == session.host == ""
    again = say(session, examples.describe(examples.heartbeat(), "edge-17"))
    assert (again.host, session.host) == ("edge-17", "")


def test_one_agent_too_many_is_refused_with_its_host() -> None:
    session = websocket(Limits(agents_per_connection=1))
    say(session, examples.heartbeat())
    late = examples.describe(examples.heartbeat(OTHER_UID), "edge-17")
    assert malformed(session.receive(examples.framed(late))).host == "edge-17"


def test_obligation_07_a_peer_that_never_makes_sense_is_to_be_closed() -> None:
    session = websocket()
    closes = [malformed(session.receive(b"x")).close for _ in range(4)]
    assert closes == [False] * (MALFORMED_IN_A_ROW - 1) + [True, True]


def test_a_good_message_in_between_forgives_the_bad_ones() -> None:
    session = websocket()
    for _ in range(5):
        assert not malformed(session.receive(b"x")).close
        assert not session.receive_text().close
        say(session, examples.heartbeat())


def test_obligation_11_the_newest_capabilities_are_those_that_are_told() -> None:
    session, message = websocket(), examples.heartbeat()
    say(session, message)
    message.capabilities = 0x3
    assert say(session, message).report.capabilities == Capability(3)


def test_obligation_18_agents_of_one_connection_are_kept_apart_by_uid() -> None:
    session = websocket()
    firsts = [
        say(session, examples.heartbeat(uid)).first
        for uid in (UID, OTHER_UID, UID, OTHER_UID)
    ]
    assert firsts == [True, True, False, False]
    assert session.agents == (UID, OTHER_UID)


def test_the_number_of_agents_on_one_connection_is_bounded() -> None:
    session = websocket(Limits(agents_per_connection=1))
    say(session, examples.heartbeat())
    received = malformed(
        session.receive(examples.framed(examples.heartbeat(OTHER_UID)))
    )
    assert received.uid == OTHER_UID
    say(session, examples.heartbeat())


def test_who_says_good_bye_is_answered_and_no_longer_there() -> None:
    session = websocket()
    say(session, examples.heartbeat())
    bye = examples.heartbeat()
    bye.agent_disconnect.SetInParent()
    assert say(session, bye).report.disconnect
    assert session.agents == ()
    assert not session.knows(UID)
    assert examples.unframed(session.answer(UID, ()).data).instance_uid == UID
    assert say(session, examples.heartbeat()).first


def test_good_bye_alone_does_not_enter_an_agent() -> None:
    session, bye = websocket(), examples.heartbeat()
    bye.agent_disconnect.SetInParent()
    assert say(session, bye).first
    assert session.agents == ()


def test_obligation_08_an_offer_over_the_limit_is_left_out_and_recorded() -> None:
    session = websocket(Limits(message_bytes=1000))
    say(session, examples.heartbeat())
    offer = examples.offer(examples.rendered(b"x" * 1000))
    answer = session.answer(UID, [offer, AskComponents(UID)])
    message = examples.unframed(answer.data)
    assert answer.oversized > 1000
    assert message.flags == 2
    assert not message.HasField("remote_config")


def test_an_offer_of_just_the_limit_is_sent_whole() -> None:
    actions = [examples.offer(examples.rendered(b"x" * 1000))]
    size = len(websocket().answer(UID, actions).data)
    assert websocket(Limits(message_bytes=size)).answer(UID, actions).oversized == 0
    smaller = websocket(Limits(message_bytes=size - 1)).answer(UID, actions)
    assert smaller.oversized == size


def test_obligation_55_an_agent_is_put_off_with_unavailable() -> None:
    message = examples.unframed(websocket().unavailable(UID, retry_after=30.0))
    assert message.instance_uid == UID
    assert message.error_response.type == ServerErrorResponseType_Unavailable


def test_obligation_59_without_a_bit_nothing_is_added_by_the_session_itself() -> None:
    session = websocket()
    say(session, AgentToServer(instance_uid=UID))
    session.answer(UID, ())
    assert examples.unframed(session.answer(UID, ()).data) == ServerToAgent(
        instance_uid=UID
    )


def test_obligation_60_a_message_of_tomorrow_is_understood() -> None:
    tomorrow = b"\xc2\x3e\x04\x0a\x02hi"
    received = websocket().receive(examples.framed(examples.heartbeat()) + tomorrow)
    assert understood(received).report.is_bare


def valid_messages() -> list[bytes]:
    messages = [examples.heartbeat(), *examples.filled(AgentToServer)]
    for message in messages:
        assert isinstance(message, AgentToServer)
        message.instance_uid = UID
    return [b"\x00" + message.SerializeToString() for message in messages]


VALID = valid_messages()


@given(st.binary(max_size=200))
def test_random_bytes_never_raise(data: bytes) -> None:
    session = websocket()
    for message in (data, b"\x00" + data, b"\x00\x0a\x10" + UID + data):
        received = session.receive(message)
        if isinstance(received, Malformed):
            assert examples.unframed(received.answer).HasField("error_response")


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(("flip", "cut", "drop", "double"))):
            case "flip":
                data[place] = draw(st.integers(0, 255))
            case "cut":
                del data[max(place, 1) :]
            case "drop" if len(data) > 1:
                del data[place]
            case _:
                data[place:place] = data[place : place + 20]
    return bytes(data)


@given(mutated())
def test_mutated_messages_never_raise_and_are_always_answered(data: bytes) -> None:
    session = websocket()
    match session.receive(data):
        case Understood(report=report):
            assert session.answer(report.instance_uid, ()).data
        case Malformed(answer=answer):
            assert examples.unframed(answer).HasField("error_response")


@pytest.mark.parametrize("message", VALID, ids=len)
def test_a_message_cut_anywhere_never_raises(message: bytes) -> None:
    session = websocket()
    for end in range(len(message)):
        session.receive(message[:end])
