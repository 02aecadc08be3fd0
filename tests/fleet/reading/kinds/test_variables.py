import pytest

from reconciler.errors import Where
from reconciler.fleet.reading.kinds import variables
from reconciler.fleet.syntax.nodes import plain
from tests.fleet.reader import Reader


def test_values_may_have_any_shape(reader: Reader) -> None:
    made = variables.read(
        reader.spec(
            "{selector: {}, priority: 3, values: "
            '{endpoint: "${env:HOST}:4317", batch.size: 8192, _a-b: {c: [true, null]}}}'
        )
    )
    assert reader.messages == []
    assert made is not None
    assert (made.name, made.priority) == ("all", 3)
    assert {name: plain(value) for name, (_, value) in made.values.items()} == {
        "endpoint": "${env:HOST}:4317",
        "batch.size": 8192,
        "_a-b": {"c": [True, None]},
    }
    where, value = made.values["batch.size"]
    assert where == Where("docs/fleet.yaml", 2, 74)
    assert value.where == Where("docs/fleet.yaml", 2, 86)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{selector: {}}", "`spec.values` is missing"),
        ("{values: {a: 1}}", "`spec.selector` is missing"),
        ("{selector: {}, values: []}", "`spec.values` must be a mapping, not a list"),
        ("{selector: {}, values: {1a: 1}}", "`1a` is not the name of a variable"),
        ("{selector: {}, values: {'a b': 1}}", "`a b` is not the name of a variable"),
        (
            f"{{selector: {{}}, values: {{{'a' * 101}: 1}}}}",
            f"`{'a' * 80}` is not the name of a variable",
        ),
        (
            "{selector: {}, values: {a: {b: [{$var: c}]}}}",
            "the value of `a` uses a variable",
        ),
        (
            "{selector: {}, values: {a: {$join: [x, y]}}}",
            "the value of `a` uses a variable",
        ),
        ("{selector: {}, values: {}, valeus: {}}", "unknown field `spec.valeus`"),
    ],
)
def test_variables_are_checked(reader: Reader, spec: str, message: str) -> None:
    variables.read(reader.spec(spec))
    assert reader.messages == [message]
