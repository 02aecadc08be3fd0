import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.state import leaves
from reconciler.state.leaves import Dialect

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text().filter(lambda text: "$$" not in text)
    | st.text("0123456789.eE+-smhkKMiBn/", max_size=8)
)


@given(scalars)
def test_a_value_equals_itself(value: object) -> None:
    assert leaves.equal(value, value)


@given(scalars, scalars)
def test_any_two_values_are_compared_and_it_does_not_matter_in_which_order(
    one: object, other: object
) -> None:
    assert leaves.equal(one, other) is leaves.equal(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (10**400, 10**400 + 1),
        (1, True),
        (0, False),
        ("", None),
        ("1m", "1ms"),
        ("10 apples", "10"),
        ("1e5s", "100000s"),
        ("-1s", "1s"),
        ("4MiB", "4MB"),
    ],
)
def test_values_that_only_look_alike_differ(one: object, other: object) -> None:
    assert not leaves.equal(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5h", "1h30m"),
        ("100µs", "100us"),
        ("1KiB", "1024b"),
        ("1 MiB", 1048576),
        ("1e3", 1000.0),
        (10, "10ns"),
    ],
)
def test_durations_sizes_and_numbers_have_many_spellings(
    one: object, other: object
) -> None:
    assert leaves.equal(one, other)


@given(st.integers(0, 10**6), st.sampled_from(["ns", "us", "ms", "s", "m", "h"]))
def test_a_duration_equals_its_nanoseconds(number: int, unit: str) -> None:
    nanoseconds = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}
    scale = nanoseconds.get(unit) or {"m": 60, "h": 3600}[unit] * 10**9
    assert leaves.equal(f"{number}{unit}", number * scale)


RESOURCE, OTHER = Dialect.RESOURCE, Dialect.OTHER


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1000m", 1),
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1k", "1000"),
        ("128974848", "123Mi"),
    ],
)
def test_an_api_server_writes_quantities_its_own_way(
    one: object, other: object
) -> None:
    assert leaves.equal(one, other, RESOURCE)
    assert not leaves.equal(one, other, OTHER)
    assert not leaves.equal(one, other)


@pytest.mark.parametrize("dialect", [RESOURCE, OTHER])
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("60s", "1m0s", True),
        (100, "100", True),
        (True, "true", True),
        ("Some/Path", "some/path", False),
        ("https://host/", "https://host", False),
        ("$$5", "$5", False),
        ("https://me:one@host", "https://me:two@host", False),
        ("null", None, False),
        ("[]", [], False),
    ],
)
def test_only_a_collector_takes_texts_for_the_same_that_are_spelled_differently(
    one: object, other: object, dialect: Dialect, *, same: bool
) -> None:
    assert leaves.equal(one, other, dialect) is same


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (10**12, 10**12 + 1),
        (str(10**12), 10**12 + 1),
        ("none", None),
        ("['a']", ["a"]),
    ],
)
def test_what_is_nearly_the_same_differs(
    one: object, other: object, dialect: Dialect
) -> None:
    assert not leaves.equal(one, other, dialect)


def test_a_long_text_takes_no_longer_than_its_length() -> None:
    # A megabyte of digits took hours to be read as a duration.
    assert not leaves.equal("10s", "1" * 1_000_000)


def test_nothing_is_expanded_in_a_resource() -> None:
    assert not leaves.is_unverifiable("${env:HOST}", "other", RESOURCE)
    assert leaves.is_unverifiable("${env:HOST}", "other", OTHER)


def test_what_is_hidden_by_the_agent_or_expanded_there_cannot_be_verified() -> None:
    assert leaves.is_unverifiable("anything", "[REDACTED]")
    assert leaves.is_unverifiable("x-${env:HOST}", "x-host")
    assert not leaves.is_unverifiable("$HOME", "/root")
    assert not leaves.is_unverifiable({"a": "${env:X}"}, "text")


@pytest.mark.parametrize(
    "path",
    [
        "/exporters/otlp/headers",
        "/exporters/otlp/headers/x-team",
        "/extensions/basicauth/client_auth/password",
        "/receivers/x/api-key",
        "/exporters/x/Authorization",
        "/exporters/x/private_key_file",
        "/spec/env/0/value",
    ],
)
def test_a_value_below_a_secret_key_is_hidden(path: str) -> None:
    assert leaves.shown(path, "hunter2", 80) == "(hidden)"
    assert leaves.shown(path, {"a": ["hunter2"]}, 80) == "(hidden)"


def test_secrets_inside_a_value_are_hidden_too() -> None:
    value = {
        "tls": {"insecure": True, "key_pem": None},
        "headers": {"x-team": "hunter2"},
        "token": "hunter2",
        "urls": ["https://me:hunter2@host/path", "https://host/a@b"],
        "pairs": [{"name": "authorization", "value": "hunter2"}],
    }
    assert leaves.shown("/x", value, 400) == (
        "{tls: {insecure: true, key_pem: null}, headers: (hidden), token: (hidden), "
        "urls: [https://(hidden)@host/path, https://host/a@b], "
        "pairs: [{name: authorization, value: (hidden)}]}"
    )


def test_a_value_is_shown_as_it_is_written_and_cut_where_it_is_long() -> None:
    assert leaves.shown("/x", "Some/Text/", 80) == "Some/Text/"
    assert leaves.shown("/x", False, 80) == "false"  # noqa: FBT003 - the value shown
    assert leaves.shown("/x", None, 80) == ""
    assert leaves.shown("/x", "a" * 100, 10) == "a" * 9 + "…"
