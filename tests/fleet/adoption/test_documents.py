import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.adoption import documents
from reconciler.fleet.adoption.documents import Collector, Names
from reconciler.fleet.documents import Kind
from reconciler.fleet.labels import parse_selector
from reconciler.fleet.reading import schemas


def test_a_document_is_tidy_and_says_why_it_is_there() -> None:
    text = documents.document(
        Kind.COLLECTOR_CONFIG,
        "base",
        {
            "selector": {"matchLabels": {"role": "gateway"}},
            "lists": [{"path": "/service/extensions", "merge": "append"}],
            "files": ["base.collector.yaml"],
            "config": Collector("receivers:\n  otlp: # here\n\n  nop:"),
        },
        "What all have in common.",
    )
    assert text == (
        "# What all have in common.\n"
        "apiVersion: reconciler/v1\n"
        "kind: CollectorConfig\n"
        "metadata:\n"
        "  name: base\n"
        "spec:\n"
        "  selector:\n"
        "    matchLabels:\n"
        "      role: gateway\n"
        "  lists:\n"
        "    - {path: /service/extensions, merge: append}\n"
        "  files: [base.collector.yaml]\n"
        "  config:\n"
        "    receivers:\n"
        "      otlp: # here\n"
        "\n"
        "      nop:\n"
    )


def test_a_document_that_says_nothing_has_no_spec() -> None:
    assert "spec" not in documents.document(Kind.FLEET, "acme", {})


def test_a_long_list_has_a_line_for_each_item() -> None:
    text = documents.document(Kind.CONFIG_TEST, "a", {"b": ["x" * 50, "y" * 50]})
    assert f"  b:\n    - {'x' * 50}\n    - {'y' * 50}\n" in text


def test_a_long_mapping_in_a_list_has_a_line_for_each_field() -> None:
    hosts = [f"host-{number:03}" for number in range(9)]
    spec = {"a": [{"key": "host.name", "values": hosts}, {"key": "role"}]}
    text = documents.document(Kind.CONFIG_TEST, "a", spec)
    assert "\n".join(text.splitlines()[5:]) == (
        "  a:\n"
        "    - key: host.name\n"
        "      values:\n"
        + "".join(f"        - {one}\n" for one in hosts)
        + "    - {key: role}"
    )


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1).filter(str.isprintable),
        st.text(st.characters(codec="utf-8")).filter(str.isprintable)
        | st.integers()
        | st.booleans(),
        max_size=5,
    )
)
def test_whatever_text_it_holds_is_read_as_that_text(
    values: dict[str, str | int | bool],
) -> None:
    spec = {"block": values, "flow": [values, *values.values()]}
    text = documents.document(Kind.VARIABLES, "a", spec)
    assert yaml.safe_load(text)["spec"] == {
        "block": values or {},
        "flow": [values, *values.values()],
    }


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("", {}),
        ("role=a", {"matchLabels": {"role": "a"}}),
        (
            "role in (b,a),!env",
            {
                "matchExpressions": [
                    {"key": "role", "operator": "In", "values": ["a", "b"]},
                    {"key": "env", "operator": "DoesNotExist"},
                ]
            },
        ),
    ],
)
def test_selectors_are_written_in_their_shortest_form(
    words: str, written: object
) -> None:
    assert documents.selector(parse_selector(words)) == written


def test_the_first_line_of_a_file_leads_to_the_schema() -> None:
    content = documents.file("layers/role/a.yaml", "a: 1\n", "b: 2\n").decode()
    assert content == (
        "# yaml-language-server: $schema=../../fleet.schema.json\na: 1\n---\nb: 2\n"
    )
    assert json.loads(documents.schema()) == schemas.every()


def test_names_are_given_once_and_are_always_names() -> None:
    names = Names()
    assert names.new("role", "Gateway (EU)") == "role-gateway-eu"
    assert names.new("role", "gateway/eu") == "role-gateway-eu-2"
    assert names.new("host", "***") == "host"
    assert names.new("***") == "unnamed"
    assert len(names.new("x" * 300)) < 63
