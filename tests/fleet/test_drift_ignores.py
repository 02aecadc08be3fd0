from datetime import UTC, date, datetime

from reconciler.fleet import drift_ignores
from reconciler.fleet.drift_ignores import DriftIgnore
from reconciler.fleet.syntax.pointers import Pattern

LOGS = Pattern(("service", "telemetry", "*"))
LAST_DAY = date(2027, 1, 31)


def seconds(year: int, month: int, day: int, hour: int = 0) -> float:
    return datetime(year, month, day, hour, tzinfo=UTC).timestamp()


def test_a_place_is_put_up_with_and_all_below_it() -> None:
    always = DriftIgnore(LOGS, "why")
    assert always.covers(("service", "telemetry", "logs", "level"), 0.0)
    assert always.covers(("service", "telemetry", "metrics"), 1e12)
    assert not always.covers(("service", "telemetry"), 0.0)
    assert not always.covers(("service", "pipelines", "logs"), 0.0)


def test_it_ends_with_its_last_day() -> None:
    until = DriftIgnore(LOGS, "why", LAST_DAY)
    path = ("service", "telemetry", "logs")
    assert until.covers(path, seconds(2027, 1, 31, 23))
    assert not until.covers(path, seconds(2027, 2, 1))


def test_the_next_end_is_known() -> None:
    several = [
        DriftIgnore(LOGS, "why"),
        DriftIgnore(LOGS, "why", LAST_DAY),
        DriftIgnore(LOGS, "why", date(2027, 3, 1)),
    ]
    assert drift_ignores.lapse(several, seconds(2027, 1, 1)) == seconds(2027, 2, 1)
    assert drift_ignores.lapse(several, seconds(2027, 2, 1)) == seconds(2027, 3, 2)
    assert drift_ignores.lapse(several, seconds(2028, 1, 1)) is None
