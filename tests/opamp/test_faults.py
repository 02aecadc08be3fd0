from structlog.testing import capture_logs

from reconciler.opamp.faults import LINES_PER_SECOND, SILENCE_SECONDS, FaultLog


def test_a_fault_of_a_peer_is_logged_once_a_minute_with_the_number_left_out() -> None:
    faults = FaultLog(now=0.0)
    with capture_logs() as lines:
        for second in range(3):
            faults.note("broken", peer="10.0.0.1", now=float(second), detail="why")
        faults.note("broken", peer="10.0.0.1", now=SILENCE_SECONDS)
    assert [(line["event"], line["left_out"]) for line in lines] == [
        ("broken", 0),
        ("broken", 2),
    ]
    assert lines[0]["peer"] == "10.0.0.1"
    assert lines[0]["detail"] == "why"


def test_a_host_is_named_where_it_is_known() -> None:
    faults = FaultLog(now=0.0)
    with capture_logs() as lines:
        faults.note("broken", peer="10.0.0.1", now=0.0, host="edge-17")
        faults.note("broken", peer="10.0.0.2", now=0.0)
    assert [line.get("host") for line in lines] == ["edge-17", None]


def test_other_faults_and_other_peers_are_logged_at_once() -> None:
    faults = FaultLog(now=0.0)
    with capture_logs() as lines:
        faults.note("broken", peer="10.0.0.1", now=0.0)
        faults.note("slow", peer="10.0.0.1", now=0.0)
        faults.note("broken", peer="10.0.0.2", now=0.0)
    assert len(lines) == 3


def test_a_crowd_of_peers_fills_neither_the_log_nor_the_memory() -> None:
    faults = FaultLog(now=0.0)
    with capture_logs() as lines:
        for number in range(10_000):
            faults.note("broken", peer=f"peer-{number}", now=number / 1000)
    assert len(lines) <= LINES_PER_SECOND * 11
    assert len(faults._repeated) <= 4096


def test_the_oldest_peer_is_forgotten_for_a_new_one() -> None:
    faults = FaultLog(now=0.0)
    with capture_logs() as lines:
        for number in range(5000):
            faults.note("broken", peer=f"peer-{number}", now=float(number))
    assert len(lines) == 5000
    assert len(faults._repeated) == 4096
