import pytest

from reconciler.errors import Where
from reconciler.fleet.documents import ConfigTest
from reconciler.fleet.reading.kinds import config_test
from reconciler.fleet.syntax.nodes import plain
from tests.fleet.reader import Reader


def read(reader: Reader, spec: str) -> ConfigTest | None:
    return config_test.read(reader.spec(spec))


def test_a_test_says_what_an_agent_must_get(reader: Reader) -> None:
    made = read(
        reader,
        "{labels: {role: gateway}, entry: a/b, expect: {group: gateways, "
        "documents: [base, gateway], values: {/a/b~1c: {d: 1}, '': }, "
        "absent: [/exporters/debug], findings: [E014]}}",
    )
    assert reader.messages == []
    assert made is not None
    assert (made.name, made.labels, made.entry) == ("all", {"role": "gateway"}, "a/b")
    assert made.group == (Where("docs/fleet.yaml", 2, 54), "gateways")
    assert made.documents is not None
    assert made.documents[1] == ("base", "gateway")
    assert [(path, plain(one.value)) for path, one in made.values] == [
        (("a", "b/c"), {"d": 1}),
        ((), None),
    ]
    assert [path for path, _ in made.absent] == [("exporters", "debug")]
    assert made.findings is not None
    assert made.findings[1] == ("E014",)


def test_what_is_not_expected_is_not_looked_at(reader: Reader) -> None:
    made = read(reader, "{labels: {}, expect: {documents: []}}")
    assert made is not None
    assert (made.group, made.values, made.absent, made.findings) == (None, (), (), None)
    assert made.documents is not None
    assert made.documents[1] == ()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{labels: {}}", "`spec.expect` is missing"),
        ("{expect: {group: a}}", "`spec.labels` is missing"),
        ("{labels: {}, expect: {}}", "this expects nothing"),
        ("{labels: {}, expect: []}", "`spec.expect` must be a mapping, not a list"),
        (
            "{labels: {a: 1}, expect: {group: a}}",
            "`spec.labels.a` must be text, not `1`",
        ),
        (
            "{labels: {}, expect: {values: {a/b: 1}}}",
            "`a/b` is not a JSON Pointer: a JSON Pointer starts with `/`",
        ),
        (
            "{labels: {}, expect: {absent: [/a~2]}}",
            (
                "`/a~2` is not a JSON Pointer: "
                "`~` is written `~0`, and `/` inside a key `~1`"
            ),
        ),
        ("{labels: {}, expect: {gruop: a}}", "unknown field `spec.expect.gruop`"),
        (
            "{labels: {}, expect: {findings: E014}}",
            "`spec.expect.findings` must be a list, not `E014`",
        ),
    ],
)
def test_a_test_is_checked(reader: Reader, spec: str, message: str) -> None:
    read(reader, spec)
    assert reader.messages == [message]
