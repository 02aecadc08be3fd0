import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.rendering.render import ConfigEntry
from reconciler.state import contents
from reconciler.state.contents import Text, Unreadable

leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
names = st.text(max_size=4)
values = st.dictionaries(
    names,
    st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("a: 1", {"a": 1}),
        ("- a", ["a"]),
        ('{"a": "\\/x"}', {"a": "/x"}),
        (r'{"a": "\ud83d\ude00"}', {"a": "😀"}),
        ("{a: 1, b: [x]}", {"a": 1, "b": ["x"]}),
        ("a: 1\n---\nb: 2", {"a": 1}),
        ("{}", {}),
        ("hello", Text()),
        ("5", Text()),
    ],
)
def test_yaml_and_json_are_told_by_what_they_hold(body: str, found: object) -> None:
    assert contents.read(body.encode()) == found


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b"null", "is empty"),
        (b"\xff", "cannot be read: line 1: the file is not UTF-8"),
        (b'{"a": 1, "a": 2}', "cannot be read: line 1: the key … was already given"),
        (b'{"a": NaN, "a": 1}', "cannot be read: line 1: the key … was already given"),
        (rb'{"a": "\ud83d"}', "cannot be read: line 1: not YAML: "),
        (b"[" * 100 + b"]" * 100, "cannot be read: line 1: more than 64 levels"),
        (b"[" * 100_000, "cannot be read: line 1: more than 64 levels"),
        (b"x" * (1024 * 1024 + 1), "has 1,048,577 bytes; at most 1,048,576 are judged"),
    ],
)
def test_what_cannot_be_read_says_why_and_quotes_nothing(
    body: bytes, reason: str
) -> None:
    found = contents.read(body)
    assert isinstance(found, Unreadable)
    assert found.reason.startswith(reason)


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    contents.read(body)


@given(values)
def test_json_is_read_as_it_was_written(value: object) -> None:
    body = json.dumps(value).encode()
    assert contents.read(body) == json.loads(body)


@pytest.mark.parametrize(
    ("content_type", "body", "found"),
    [
        ("text/plain", "a: 1", Text()),
        ("text/yaml", "a: 1", {"a": 1}),
        ("application/x-yaml", "a: 1", {"a": 1}),
        ("application/json", '{"a": 1}', {"a": 1}),
        ("application/octet-stream", "a: [", Text()),
        ("text/plain", "a: [", Text()),
    ],
)
def test_what_we_gave_is_what_its_content_type_says(
    content_type: str, body: str, found: object
) -> None:
    assert contents.ours(ConfigEntry(body.encode(), content_type), None) == found


def test_yaml_of_ours_that_cannot_be_read_is_not_taken_for_text() -> None:
    found = contents.ours(ConfigEntry(b"a: [", "text/yaml"), None)
    assert isinstance(found, Unreadable)
