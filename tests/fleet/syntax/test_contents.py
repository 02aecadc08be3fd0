import pytest

from reconciler.errors import Where
from reconciler.fleet.findings import Fault
from reconciler.fleet.syntax import contents
from reconciler.fleet.syntax.contents import Form
from reconciler.fleet.syntax.nodes import Scalar, Table, Text
from reconciler.fleet.syntax.yaml import Caps

HERE = Where("a", 1, 1)


@pytest.mark.parametrize(
    "good", ["text/plain", "application/vnd.acme+json", "text/x-yaml", "a/b"]
)
def test_a_content_type_is_type_and_subtype(good: str) -> None:
    assert contents.is_content_type(good)


@pytest.mark.parametrize(
    "odd",
    [
        *("", "json", "text/", "/plain", "text/plain/x", "text plain", "text/*"),
        *("Text/Plain", "text/plain; charset=utf-8", "text/plain\n", "téxt/plain"),
        f"text/{'x' * 200}",
    ],
)
def test_anything_else_is_none(odd: str) -> None:
    assert not contents.is_content_type(odd)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.json", "application/json"),
        ("b/a.JSON", "application/json"),
        ("a.yaml", "text/yaml"),
        ("a.collector.yml", "text/yaml"),
        ("a.txt", "text/plain"),
        ("a.conf", "text/plain"),
        ("a.json.d/toml", "text/plain"),
        ("yaml", "text/plain"),
        (".json", "text/plain"),
    ],
)
def test_the_name_of_a_file_tells_its_type(name: str, content_type: str) -> None:
    assert contents.by_name(name) == content_type


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("text/yaml", Form.YAML),
        ("application/yaml", Form.YAML),
        ("text/x-yaml", Form.YAML),
        ("application/vnd.acme+yaml", Form.YAML),
        ("application/json", Form.JSON),
        ("text/json", Form.JSON),
        ("application/ld+json", Form.JSON),
        ("application/x-ndjson", Form.TEXT),
        ("application/toml", Form.TEXT),
        ("text/plain", Form.TEXT),
    ],
)
def test_a_content_type_tells_how_to_read(content_type: str, form: Form) -> None:
    assert contents.form_of(content_type) is form


def test_text_is_kept_to_the_byte() -> None:
    raw = "\ufeffa\r\n\x1b[0m é".encode()
    (node,) = contents.text(raw, "a.txt")
    assert node == Scalar(Text(raw.decode()), Where("a.txt", 1, 1))
    assert isinstance(node, Scalar)
    assert isinstance(node.value, Text)


@pytest.mark.parametrize("raw", [b"\xff", b"x" * 11])
def test_text_is_utf_8_and_within_the_cap(raw: bytes) -> None:
    with pytest.raises(Fault):
        contents.text(raw, "a.txt", caps=Caps(size=10))


def test_a_tree_is_written_as_its_type_says() -> None:
    tree = Table({"a": (HERE, Scalar(value=True, where=HERE))}, HERE)
    assert contents.write(tree, "text/yaml") == b"a: true\n"
    assert contents.write(tree, "application/json") == b'{\n  "a": true\n}\n'
