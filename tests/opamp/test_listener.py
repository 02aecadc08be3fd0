from http import HTTPStatus

import pytest
from structlog.testing import capture_logs

from reconciler.opamp.admission import Denial
from reconciler.opamp.limits import Limits
from reconciler.opamp.listener import Listener
from reconciler.opamp.session import Session
from reconciler.state.actions import RefuseAgent
from reconciler.state.observed import POLLING, ConnectionId, Transport
from tests.opamp import examples
from tests.opamp.examples import UID
from tests.opamp.running import Running


@pytest.fixture
def running() -> Running:
    return Running()


def listener_of(running: Running, limits: Limits | None = None) -> Listener:
    return Listener(
        limits=limits or Limits(), report=running.report, closed=running.note_closed
    )


def session_of(listener: Listener) -> Session:
    return Session(Transport.HTTP, limits=listener.limits, offers=listener.offers)


def test_connections_over_the_limit_or_during_a_drain_are_not_admitted(
    running: Running,
) -> None:
    listener = listener_of(running, Limits(connections=1))
    assert listener.connected()
    assert listener.admit() is None
    assert listener.connected()
    assert listener.admit() is Denial.FULL
    listener.disconnected()
    assert listener.admit() is None
    listener.draining = True
    assert listener.admit() is Denial.DRAINING
    assert listener.counters["refused"] == 2


def test_those_over_the_pace_are_not_admitted(running: Running) -> None:
    listener = listener_of(running, Limits(handshakes_per_second=1))
    assert [listener.admit() for _ in range(2)] == [None, Denial.TOO_FAST]


def test_only_as_many_as_can_be_refused_in_time_may_wait(running: Running) -> None:
    limits = Limits(connections=2, handshakes_per_second=2, header_seconds=1.5)
    listener = listener_of(running, limits)
    assert [listener.connected() for _ in range(7)] == [True] * 5 + [False] * 2


def test_those_who_are_put_off_do_not_return_together(running: Running) -> None:
    listener = listener_of(running)
    waits = {listener.retry_after() for _ in range(500)}
    assert min(waits) >= 30
    assert max(waits) < 60
    assert len(waits) > 20


def test_an_understood_message_goes_to_the_controller_and_back(
    running: Running,
) -> None:
    listener = listener_of(running)
    session = session_of(listener)
    running.actions = [RefuseAgent(UID, "no")]
    received = session.receive(examples.heartbeat().SerializeToString())
    reply = listener.respond(session, received, peer="10.0.0.1")
    assert (reply.status, reply.close) == (HTTPStatus.OK, "no")
    [reported] = running.reported
    assert reported.connection == POLLING
    assert reported.transport is Transport.HTTP


def test_a_malformed_message_never_reaches_the_controller(running: Running) -> None:
    listener = listener_of(running)
    session = session_of(listener)
    with capture_logs() as lines:
        replies = [
            listener.respond(session, session.receive(data), peer="10.0.0.1")
            for data in (b"x", examples.empty_attributes(300), b"x")
        ]
    assert [reply.status for reply in replies] == [400, 200, 400]
    assert [reply.close is None for reply in replies] == [True, True, False]
    assert running.reported == []
    assert [line["event"] for line in lines] == ["malformed message"]


def test_a_failing_controller_puts_the_agent_off_and_is_logged(
    running: Running,
) -> None:
    listener = listener_of(running)
    session = session_of(listener)
    running.error = KeyError("a bug")
    received = session.receive(examples.heartbeat().SerializeToString())
    with capture_logs() as lines:
        reply = listener.respond(session, received, peer="10.0.0.1")
    assert reply.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert lines[0]["agent"] == "01902f5a-c1d0-7c3e-8a4b-5c6d7e8f9a0b"
    assert lines[0]["exc_info"]


def test_memory_of_unfinished_messages_is_given_back(running: Running) -> None:
    listener = listener_of(running, Limits(unfinished_bytes=100_000))
    assert listener.hold(90_000, held=90_000)
    assert not listener.hold(90_000, held=90_000)
    assert listener.hold(10, held=10)
    listener.hold(-90_000, held=0)
    assert listener.hold(-10, held=0)


def test_every_connection_has_a_number_of_its_own(running: Running) -> None:
    class Silent:
        def push(self, *_: object) -> bool:
            return False

        def close(self, *_: object, **__: object) -> None: ...

        def abort(self) -> None: ...

    listener = listener_of(running)
    for _ in range(2):
        listener.connected()
    numbers = [listener.opened(Silent()) for _ in range(2)]
    assert numbers == [ConnectionId(1), ConnectionId(2)]
    assert not listener.no_websockets.is_set()
    for number in numbers:
        listener.lost(number, (UID,))
    assert running.closed == [(number, (UID,)) for number in numbers]
    assert listener.no_websockets.is_set()
    assert listener.no_connections.is_set()
