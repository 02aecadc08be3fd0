import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.syntax import scalars
from reconciler.fleet.syntax.nodes import Timestamp


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        *((word, None) for word in ("", "~", "null", "Null", "NULL")),
        ("0", 0),
        ("-0", 0),
        ("+12", 12),
        ("012", 10),
        ("-012", -10),
        ("0o14", 12),
        ("0O14", 12),
        ("0b101", 5),
        ("0x1F", 31),
        ("-0X1f", -31),
        ("1_000", 1000),
        ("1__0_", 10),
        ("0x_f", 15),
        ("0b-1", -1),
        ("0o+7", 7),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", 2**64 - 1),
        ("0xFFFFFFFFFFFFFFFF", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("+9223372036854775808", 2.0**63),
        ("08", 8.0),
        ("1e3", 1000.0),
        ("1.", 1.0),
        (".5", 0.5),
        (".5_0", 0.5),
        ("-.5", -0.5),
        ("1_0.5", 10.5),
        (".inf", math.inf),
        ("+.Inf", math.inf),
        ("-.INF", -math.inf),
        ("1e-400", 0.0),
    ],
)
def test_a_plain_scalar_is_read_as_the_collector_reads_it(
    text: str, value: Any
) -> None:
    found = scalars.resolve(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "no", "on", "off", "y", "N", "tRUE", "nULL", "nan", "inf", "+inf"),
        *("22:22", "1:2:3", "127.0.0.1", "127.0.0.1:4317", "10s", "1,000", "1 2"),
        *(
            "0x",
            "0b2",
            "0o8",
            "0b-2",
            "0xg",
            "0x1p3",
            "1e",
            "1e400",
            "-1e400",
            "+",
            "-",
        ),
        *(
            ".",
            "..",
            "._5",
            ".5__0",
            ".5e",
            "_1",
            "0x1FFFFFFFFFFFFFFFF",
            "0b" + "1" * 70,
        ),
        *("${env:X}", "$$", "=", "1.2.3", "-_", "0777777777777777777777777x"),
    ],
)
def test_what_only_other_parsers_take_for_a_value_stays_text(text: str) -> None:
    assert type(scalars.resolve(text)) is str
    assert scalars.resolve(text) == text


def test_not_a_number_is_read() -> None:
    found = scalars.resolve(".NaN")
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    "text",
    [
        *("2001-01-01", "2001-1-1", "2000-02-29", "0000-01-01"),
        *("2001-12-14T21:59:43Z", "2001-12-14t21:59:43.10-05:00", "2001-1-1T1:1:1,5Z"),
        *("2001-12-14 21:59:43.10", "2001-12-14  1:9:3", "2001-1-1T1:1:1+24:60"),
    ],
)
def test_a_date_is_a_time_and_keeps_the_authors_text(text: str) -> None:
    found = scalars.resolve(text)
    assert type(found) is Timestamp
    assert found == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2001-13-01",
            "2001-02-30",
            "1900-02-29",
            "2001-0-1",
            "2001-1-0",
            "20010-01-01",
        ),
        *("2001-01-01T00:00:00", "2001-01-01 00:00:00Z", "2001-01-01T24:00:00Z"),
        *("2001-01-01T23:60:00Z", "2001-01-01T23:59:60Z", "2001-1-1T1:1:1+25:00"),
        *("2001-1-1T1:1:1z", "2001-1-1T1:1:1.Z", "2001-01-01_"),
    ],
)
def test_what_is_no_date_in_the_calendar_is_no_time(text: str) -> None:
    assert type(scalars.resolve(text)) is str


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("str", "12", "12"),
        ("str", "", ""),
        ("int", "0x10", 16),
        ("float", "1", 1.0),
        ("float", "1.5", 1.5),
        ("bool", "true", True),
        ("null", "~", None),
        ("timestamp", "2001-01-01", Timestamp("2001-01-01")),
    ],
)
def test_a_tag_asks_for_a_type(tag: str, text: str, value: Any) -> None:
    found = scalars.resolve_tagged(tag, text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("int", "hunter2"),
        ("int", "1.5"),
        ("int", "true"),
        ("bool", "yes"),
        ("null", "x"),
        ("timestamp", "1"),
        ("float", "18446744073709551615"),
    ],
)
def test_a_tag_that_does_not_fit_is_an_error_without_the_text(
    tag: str, text: str
) -> None:
    with pytest.raises(ValueError, match=f"^this text cannot be read as `!!{tag}`$"):
        scalars.resolve_tagged(tag, text)


@given(st.text("0123456789_+-.eExXbBoOTtZ: naif~", max_size=12))
def test_every_text_has_a_value_and_none_is_too_long_to_read(text: str) -> None:
    found = scalars.resolve(text)
    assert type(found) in {str, int, float, bool, type(None), Timestamp}
    scalars.resolve(text * 2_000)
