import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.syntax import masking, nodes
from tests.fleet import trees


@pytest.mark.parametrize(
    ("value", "path", "text"),
    [
        ("10s", ("processors", "batch", "timeout"), "10s"),
        (["otlp", "otlp/b"], (), "[otlp, otlp/b]"),
        ({"a": 1, "b": None, "c": True}, (), "{a: 1, b: null, c: true}"),
        ({}, (), "{}"),
        ("HUNTER2", ("exporters", "otlp", "api_key"), "(hidden)"),
        ({"x-team": "HUNTER2"}, ("exporters", "otlp", "headers"), "{x-team: (hidden)}"),
        ([{"name": "x", "value": "HUNTER2"}], ("headers",), None),
        ("https://me:HUNTER2@host/", ("endpoint",), "https://(hidden)@host/"),
        ("${env:TOKEN}", ("token",), "${env:TOKEN}"),
        ("true", (), '"true"'),
        ("a: b", (), '"a: b"'),
        ("", (), '""'),
        ("0.0.0.0:4317", (), "0.0.0.0:4317"),
        ("2", (), '"2"'),
        ("\u202eevil", (), '"\\u202eevil"'),
        ("a\nb", (), '"a\\nb"'),
        ("grün", (), "grün"),
    ],
)
def test_values_are_shown_on_one_line_without_secrets(
    value: object, path: tuple[str, ...], text: str | None
) -> None:
    found = masking.shown(trees.node_of(value), path)
    assert "HUNTER2" not in found
    assert found == text or text is None


def test_long_values_are_cut() -> None:
    text = masking.shown(trees.node_of("x" * 1_000))
    assert len(text) == masking.SHOWN
    assert text.endswith("…")


@given(st.text("ABCDEFGH", min_size=9), trees.values())
def test_nothing_below_a_secret_key_gets_through(secret: str, beside: object) -> None:
    value = {"password": [secret, {"x": secret}], "beside": beside}
    masked = masking.masked(trees.node_of(value))
    assert secret not in str(nodes.plain(masked)["password"])
    assert secret not in masking.shown(trees.node_of(secret), ("a", "Token", "b"))


@given(trees.values())
def test_a_shown_value_is_one_printable_line(value: object) -> None:
    assert masking.shown(trees.node_of(value)).isprintable()
