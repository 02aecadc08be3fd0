import pytest

from reconciler.errors import Where
from reconciler.fleet.rules import config
from reconciler.fleet.syntax.nodes import Scalar
from tests.fleet.trees import node_of, read

TREE = read(
    "receivers: {'otlp / a': {protocols: }, nop: }\n"
    "exporters: ${file:exporters.yaml}\n"
    "extensions: [zpages]\n"
    "service:\n"
    "  extensions: [zpages, '${env:EXTENSION}', 1, ' pprof ']\n"
    "  pipelines:\n"
    "    traces: {receivers: [otlp/a], processors: ['${env:P}'], exporters: [x]}\n"
    "    'logs / b': {receivers: [nop, '${env:R}'], exporters: y}\n"
    "    metrics: ${file:metrics.yaml}\n"
    "    profiles:\n",
    "c.yaml",
)


def test_components_are_found_by_their_ids_without_idle_spaces() -> None:
    found = config.read(TREE)
    assert [one.id for one in found.all()] == ["otlp/a", "nop"]
    otlp = found.components["receivers"]["otlp/a"]
    assert (otlp.kind, otlp.type, otlp.where) == (
        "receivers",
        "otlp",
        Where("c.yaml", 1, 13),
    )


def test_sections_that_the_agent_fills_in_are_opaque() -> None:
    assert config.read(TREE).opaque == {"exporters"}
    assert config.read(read("service: ${file:s}\n")).opaque == {"service.pipelines"}
    service = read("service: {pipelines: '${file:p}'}\n")
    assert config.read(service).opaque == {"service.pipelines"}


def test_pipelines_have_references_without_what_is_opaque() -> None:
    traces, logs, metrics, profiles = config.read(TREE).pipelines
    assert [one.id for one in (traces, logs)] == ["traces", "logs/b"]
    assert [one.signal for one in (logs, metrics, profiles)] == [
        "logs",
        "metrics",
        "profiles",
    ]
    assert [(side, [one.id for one in ids]) for side, ids in traces.sides()] == [
        ("receivers", ["otlp/a"]),
        ("processors", []),
        ("exporters", ["x"]),
    ]
    assert [one.id for one in logs.receivers] == ["nop"]
    assert logs.exporters == ()


def test_a_pipeline_is_open_ended_where_an_end_is_filled_in() -> None:
    pipelines = config.read(TREE).pipelines
    assert [one.opaque for one in pipelines] == [True, True, True, False]
    assert [one.open_ended for one in pipelines] == [False, True, True, False]


def test_extensions_that_the_service_names_are_texts() -> None:
    assert [one.id for one in config.read(TREE).extensions] == ["zpages", "pprof"]


def test_an_empty_config_has_nothing() -> None:
    found = config.read(read("{}"))
    assert (list(found.all()), found.pipelines, found.extensions) == ([], (), ())


@pytest.mark.parametrize(
    ("text", "trimmed"),
    [("otlp", "otlp"), (" otlp ", "otlp"), ("a / b", "a/b"), ("a/b / c", "a/b / c")],
)
def test_an_id_without_the_spaces_that_do_not_count(text: str, trimmed: str) -> None:
    assert config.trimmed(text) == trimmed


def test_what_stands_at_a_path() -> None:
    node = node_of({"a": {"b": [1]}})
    assert config.at(node, "a", "b") == node_of([1])
    assert config.at(node, "a", "c") is None
    assert config.at(node, "a", "b", "c") is None


@pytest.mark.parametrize(
    ("value", "opaque"),
    [
        ("${env:X}", True),
        ("a ${env:X} b", True),
        ({"a": ["${env:X}"]}, True),
        ("${X} $", True),
        ("$X", False),
        ("${env:X", False),
        ("a } ${env:X", False),
        (1, False),
        ({"${env:X}": 1}, False),
        ([], False),
    ],
)
def test_what_holds_something_that_the_agent_fills_in(
    value: object, *, opaque: bool
) -> None:
    assert config.has_opaque(node_of(value)) is opaque


def test_nothing_and_null_are_the_same() -> None:
    where = Where("c.yaml", 1, 1)
    assert config.is_null(Scalar(None, where))
    assert not config.is_null(Scalar("", where))
    assert config.is_null(config.child(read("{}"), "a"))
