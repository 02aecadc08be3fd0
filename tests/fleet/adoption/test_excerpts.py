from hypothesis import given

from reconciler.fleet.adoption import adoption, excerpts
from reconciler.fleet.adoption.excerpts import Source
from reconciler.fleet.syntax import nodes, yaml
from reconciler.fleet.syntax.nodes import Table
from tests.fleet.adoption.inputs import host
from tests.fleet.trees import read, tables

FILE = """\
# Of this host.

receivers:
  # Everybody sends here.
  otlp: # since 2021
    protocols:
      grpc:
        endpoint: '0.0.0.0:4317' # all interfaces

# Keep it small.
processors:
  batch: {timeout: 5s}
  # How much memory there is.
  memory_limiter:
    limit_mib: 512
    # A trailing word.

exporters:
  debug:
"""


def source(text: str = FILE, name: str = "web-01") -> Source:
    adopted = host(name, text)
    return Source(adopted, adopted.tree)


def test_a_part_is_cut_with_its_comments_and_no_others() -> None:
    assert source().cut(("receivers", "otlp")) == (
        "# Everybody sends here.\n"
        "otlp: # since 2021\n"
        "  protocols:\n"
        "    grpc:\n"
        "      endpoint: '0.0.0.0:4317' # all interfaces"
    )
    assert source().cut(("processors", "memory_limiter")) == (
        "# How much memory there is.\n"
        "memory_limiter:\n"
        "  limit_mib: 512\n"
        "  # A trailing word."
    )


def test_a_comment_that_a_blank_line_parts_from_a_key_is_about_the_file() -> None:
    cut = source().cut(("receivers",))
    assert cut
    assert cut.startswith("receivers:\n")


def test_what_stands_in_the_middle_of_a_line_cannot_be_cut() -> None:
    assert source().cut(("processors", "batch", "timeout")) is None
    assert source().cut(("exporters", "nowhere")) is None


def test_what_the_text_does_not_say_by_itself_cannot_be_cut() -> None:
    text = "receivers: {a: &x {b: 1}}\nexporters:\n  c: *x\n"
    assert source(text).cut(("exporters", "c")) is None


def test_a_variable_takes_the_place_of_its_value_and_leaves_the_comment() -> None:
    adopted = host("web-01", FILE)
    lifted = read(FILE.replace("'0.0.0.0:4317'", "{$var: otlp_endpoint}"))
    cut = Source(adopted, lifted).cut(("receivers", "otlp"))
    assert cut
    assert cut.endswith("endpoint: {$var: otlp_endpoint} # all interfaces")


def test_variables_take_the_place_of_values_inside_brackets() -> None:
    text = "receivers:\n  a: {x: 'N, # N', y: [two, N], z: 3, same: [4, 5]} # why\n"
    hosts = [host(f"h{n}", text.replace("N", f"n{n}")) for n in range(5)]
    made = adoption.adopt(hosts, name="acme")
    assert made.files["base/base.collector.yaml"].decode() == (
        "receivers:\n"
        "  a: {x: {$var: a_x}, y: [two, {$var: a_y}], z: 3, same: [4, 5]} # why\n"
    )


def test_a_layer_is_written_in_the_words_of_its_inputs() -> None:
    layer = read(
        "receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}\n"
        "processors: {batch: {timeout: 10s}}\n"
    )
    assert excerpts.write(layer, [source()]) == (
        "receivers:\n"
        "  # Everybody sends here.\n"
        "  otlp: # since 2021\n"
        "    protocols:\n"
        "      grpc:\n"
        "        endpoint: '0.0.0.0:4317' # all interfaces\n"
        "processors:\n"
        "  batch:\n"
        '    timeout: "10s"\n'
    )


def test_a_comment_above_that_few_hosts_have_stays_behind() -> None:
    texts = [f"# {name}\nexporters:\n  debug:\n" for name in ("a", "b", "c")]
    sources = [source(text, f"h{number}") for number, text in enumerate(texts)]
    assert excerpts.write(read("exporters: {debug: }"), sources) == (
        "exporters:\n  debug:\n"
    )


@given(tables())
def test_whatever_a_layer_says_is_what_is_written(tree: Table) -> None:
    for text in (excerpts.write(tree, []), excerpts.dumped(tree)):
        (again,) = yaml.compose(text.encode(), "layer.yaml")
        assert nodes.same(again, tree)


def test_a_use_of_a_variable_stands_on_one_line() -> None:
    tree = read("a: {b: {$var: c}, d: 1}")
    assert excerpts.dumped(tree) == "a:\n  b: {$var: c}\n  d: 1\n"


def test_text_that_looks_like_the_use_of_a_variable_is_left_alone() -> None:
    tree = read('a: "b:\\n  $var: c\\nd"')
    (again,) = yaml.compose(excerpts.dumped(tree).encode(), "layer.yaml")
    assert nodes.same(again, tree)


def test_sections_of_a_file_stand_apart() -> None:
    text = "a:\n  b: 1\n# c\nc: 1\nd:\n  e: 1\n"
    spaced = excerpts.spaced(text, read(text))
    assert spaced == "a:\n  b: 1\n\n# c\nc: 1\n\nd:\n  e: 1\n"


def test_a_blank_line_that_would_become_part_of_a_text_is_not_put() -> None:
    text = "a: |+\n  b\nc: 1\n"
    assert excerpts.spaced(text, read(text)) == text
