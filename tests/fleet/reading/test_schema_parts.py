import pytest
from jsonschema import Draft202012Validator

from reconciler.fleet.reading import schema_parts as parts
from reconciler.fleet.reading.schema_parts import Schema


def takes(schema: Schema, value: object) -> bool:
    return Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        (parts.duration("x", "1s"), ["1s", "1m30s", ".5h"], ["0", 0, "1", "-1s", ""]),
        (parts.POLICY["soak"], ["0", 0, "10s"], ["x", 1, None, True]),
        (parts.pointers("x"), [[], ["/a/~0~1", "/a//*"]], [[""], ["a"], ["/~"], "/a"]),
        (parts.labels("x"), [{}, {"a": "b"}], [{"a": 1}, []]),
        (
            parts.SCOPE["properties"]["folder"],
            ["a", "a/b/", ".github/x"],
            ["", "/a", "../a", "a/./b", "a//b"],
        ),
    ],
)
def test_values_are_told_apart(
    schema: Schema, right: list[object], wrong: list[object]
) -> None:
    assert [value for value in right if not takes(schema, value)] == []
    assert [value for value in wrong if takes(schema, value)] == []


def test_a_mapping_takes_its_fields_and_no_others() -> None:
    schema = parts.mapping("x", {"a": parts.text("y")}, required=["a"])
    assert takes(schema, {"a": "b"})
    assert not takes(schema, {"a": "b", "c": "d"})
    assert not takes(schema, {})
