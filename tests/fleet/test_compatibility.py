import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet import compatibility
from reconciler.fleet.compatibility import KINDS
from reconciler.fleet.syntax import yaml
from reconciler.fleet.syntax.nodes import Node

TYPES = st.sampled_from(["otlp", "otlphttp", "otlp_http", "kafka", "debug", "ours"])
SECTION = st.frozensets(TYPES)


def entries(text: str) -> dict[str, Node]:
    return {"": yaml.compose(text.encode(), "c.yaml")[0]}


def missing(text: str, **build: set[str]) -> list[str]:
    sets = {kind: frozenset(types) for kind, types in build.items()}
    found = compatibility.missing(entries(text), sets)
    return [f"{one.name} {one.where}" for one in found]


def test_each_type_is_told_once_at_its_first_place() -> None:
    text = "exporters:\n  kafka/a: {}\n  kafka / b: {}\nreceivers:\n  x: {}\n"
    assert missing(text, exporters={"debug"}, receivers=set()) == [
        "exporter kafka c.yaml:2:3",
        "receiver x c.yaml:5:3",
    ]


def test_a_type_of_another_section_does_not_count() -> None:
    assert missing("exporters: {kafka: }", exporters=set(), receivers={"kafka"}) == [
        "exporter kafka c.yaml:1:13"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "exporters: {debug: }",
        "receivers: {kafka: }",
        "exporters: [kafka]",
        "exporters: '${env:EXPORTERS}'",
        "exporters: {'${env:TYPE}': }",
        "[]",
    ],
)
def test_nothing_is_said_of_what_is_there_unlisted_or_unknown(text: str) -> None:
    assert missing(text, exporters={"debug"}) == []


def test_entries_beside_the_config_are_not_looked_at() -> None:
    tree = entries("exporters: {kafka: }")[""]
    assert compatibility.missing({"other": tree}, {"exporters": frozenset()}) == ()


@pytest.mark.parametrize("names", [("otlphttp", "otlp_http"), ("otlp", "otlp_grpc")])
def test_every_name_of_a_component_is_the_component(names: tuple[str, str]) -> None:
    for written, has in (names, names[::-1]):
        assert missing(f"exporters: {{{written}: }}", exporters={has}) == []


@given(st.dictionaries(st.sampled_from(KINDS), SECTION), st.data())
def test_a_build_lacks_nothing_of_its_own(
    build: dict[str, frozenset[str]], data: st.DataObject
) -> None:
    text = "".join(
        f"{kind}: {{{', '.join(f'{one}: {{}}' for one in sorted(types))}}}\n"
        for kind, types in build.items()
    )
    written = entries(text or "{}")
    assert compatibility.missing(written, build) == ()
    more = {kind: types | data.draw(SECTION) for kind, types in build.items()}
    assert compatibility.missing(written, more) == ()
