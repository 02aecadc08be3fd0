import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.opamp import scrub
from tests.opamp.running import cpu_seconds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dial http://me:pa@ss@host:4317/x", "dial http://***@host:4317/x"),
        ("postgres://a:b@h/db?x=y", "postgres://***@h/db?x=y"),
        ("password=hunter2, next", "password=***, next"),
        ("db_password_file: /run/x", "db_password_file: ***"),
        ("token: abc def", "token: *** def"),
        ('{"api_key": "x y", "a": 1}', '{"api_key": ***, "a": 1}'),
        ("client-secret='a b'", "client-secret=***"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ('"authorization": "Basic abc"', '"authorization": "***"'),
        ("sent Bearer eyJhbGci12345 x", "sent Bearer *** x"),
        ("key AKIAABCDEFGHIJKLMNOP!", "key ***!"),
        ("ghp_0123456789abcdefghij01", "***"),
        ("a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END x", "a *** x"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, words: str) -> None:
    assert scrub.words(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "authorization failed: no such user",
        "basic authentication failed",
        "invalid secret",
        'error decoding \'exporters\': unknown type: "otpl" for id: "otpl"',
        "listen tcp 127.0.0.1:4317: bind: address already in use",
        "mail me@example.com about http://host/x",
    ],
)
def test_ordinary_errors_stay_as_they_are(text: str) -> None:
    assert scrub.words(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07a", "a"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("one\r\ntwo\tthree", "one two three"),
        ("a\x00b\x7fc\x9bd", "a b c d"),
        ("user\u202egpj.exe", "user gpj.exe"),
        ("a\u2028b\u200bc", "a b c"),
        ("  ", ""),
    ],
)
def test_controls_of_terminals_and_of_text_direction_are_gone(
    text: str, words: str
) -> None:
    assert scrub.words(text) == words


def test_long_texts_are_cut_where_no_secret_can_be_halved() -> None:
    text = "a " * 1900 + "password=" + "x" * 400
    assert scrub.words(text).endswith("…")
    assert len(scrub.words(text)) == scrub.TEXT_LIMIT
    halved = "\x1b[0m" * 999 + "b token=" + "x" * 400
    assert scrub.words(halved) == "b"


@given(st.text(max_size=300))
def test_any_text_becomes_one_line_and_stays_so(text: str) -> None:
    words = scrub.words(text)
    assert words == scrub.words(words)
    assert words.isprintable() or not words.isascii()
    assert "\n" not in words
    assert "\x1b" not in words


@pytest.mark.parametrize(
    "text",
    [
        "passwordpassword" * 20_000,
        'token="' * 50_000,
        "a://" * 50_000,
        "-----BEGIN PRIVATE KEY-----" * 10_000,
        "\x1b]" * 100_000,
        "eyJ" + "a" * 100_000,
        "bearer " * 50_000,
    ],
    ids=lambda text: text[:12].strip(),
)
def test_no_text_takes_long(text: str) -> None:
    assert cpu_seconds(lambda: scrub.words(text)) < 0.1
