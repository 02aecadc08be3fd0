import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.syntax.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("0s", 0.0),
        ("10s", 10.0),
        ("1m30s", 90.0),
        ("1h", 3600.0),
        ("1.5h", 5400.0),
        ("250ms", 0.25),
        (".5s", 0.5),
        ("1us", 1e-6),
        ("1µs", 1e-6),
        ("2h45m", 9900.0),
    ],
)
def test_a_go_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "s",
        "10 s",
        "-1s",
        "+1s",
        "1d",
        "1S",
        "1m30",
        "1e3s",
        "1_0s",
        "٣s",
        ".",
    ],
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@given(st.text("0123456789.hmsnuµ", max_size=200))
def test_a_duration_is_never_negative_and_never_hangs(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert seconds >= 0
