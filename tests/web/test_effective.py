"""Effective configs, masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.rendering.render import ConfigEntry
from reconciler.state.observed import EffectiveConfig
from reconciler.web import effective


def shown(body: str) -> str:
    config = EffectiveConfig({"": ConfigEntry(body.encode(), "text/yaml")})
    [entry] = effective.readable(config)["entries"]
    assert entry["unreadable"] is None
    return str(entry["text"])


@pytest.mark.parametrize(
    "body",
    [
        "exporters: {otlp: {token: HUNTER2}}",
        "exporters:\n  otlp:\n    api_key: |\n      HUNTER2\n      HUNTER2\n",
        "exporters: {otlp: {headers: {x-team: HUNTER2}}}",
        "exporters: {otlp: {headers: [{name: x-team, value: HUNTER2}]}}",
        "a: [{name: authorization, value: HUNTER2}]",
        "extensions: {basicauth: {client_auth: {password: HUNTER2}}}",
        "a: {secrets: [HUNTER2, {b: HUNTER2}]}",
        "a: https://HUNTER2@host/path",
        "a: https://user:HUNTER2@host/path",
        'token: "HUNTER2 ${env:TOKEN}"',
        'token: "${env:TOKEN:-HUNTER2}"',
    ],
)
def test_secrets_are_hidden_however_they_are_written(body: str) -> None:
    config = EffectiveConfig({"": ConfigEntry(body.encode(), "text/yaml")})
    assert "HUNTER2" not in str(effective.readable(config))


@pytest.mark.parametrize(
    "body",
    [
        "receivers:\n  otlp:\n    protocols:\n      grpc: {}\n",
        "token: ${env:TOKEN}\n",
        'authorization: "Bearer ${env:TOKEN}"\n',
        "endpoint: https://host/path\n",
        "token: null\n",
        "names:\n  - name: gateway\n",
    ],
)
def test_what_is_no_secret_is_shown_as_it_is(body: str) -> None:
    assert shown(body) == body


@given(st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=9))
def test_no_value_of_a_secret_key_gets_through(secret: str) -> None:
    assert secret not in shown(f'password: "{secret}"\n')


@pytest.mark.parametrize(
    "body", [b"a: [", b"a: 1\na: 2", b"\xff\xfe", b"token: \x00", b"[" * 100_000]
)
def test_what_cannot_be_read_is_not_shown_at_all(body: bytes) -> None:
    config = EffectiveConfig({"x": ConfigEntry(body, "text/yaml")})
    [entry] = effective.readable(config)["entries"]
    assert entry["text"] is None
    assert entry["unreadable"]


def test_why_it_cannot_be_read_quotes_nothing() -> None:
    body = b"hunter2: 1\nhunter2: 2\n"
    config = EffectiveConfig({"x": ConfigEntry(body, "text/yaml")})
    [entry] = effective.readable(config)["entries"]
    assert entry["unreadable"] == "line 2: the key … was already given on line 1"


def test_several_documents_stay_several() -> None:
    assert shown("a: 1\n---\nb: 2\n") == "a: 1\n---\nb: 2\n"
