import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet.findings import Fault
from reconciler.fleet.syntax import yaml
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table, plain
from reconciler.fleet.syntax.yaml import Caps
from tests.fleet.trees import read


def value_of(text: str) -> Any:
    (document,) = yaml.compose(text.encode(), "a.yaml")
    return plain(document)


def fault_of(text: str, caps: Caps = yaml.CAPS) -> Fault:
    with pytest.raises(Fault) as caught:
        yaml.compose(text.encode(), "a.yaml", caps=caps)
    return caught.value


def test_every_key_and_value_knows_its_place() -> None:
    document = read("receivers:\n  otlp:  # in\n    ports: [1, 'two']\n", "a.yaml")
    at, receivers = document.items["receivers"]
    assert at == Where("a.yaml", 1, 1)
    assert isinstance(receivers, Table)
    at, otlp = receivers.items["otlp"]
    assert at == Where("a.yaml", 2, 3)
    assert isinstance(otlp, Table)
    assert otlp.items["ports"] == (
        Where("a.yaml", 3, 5),
        Sequence(
            (Scalar(1, Where("a.yaml", 3, 13)), Scalar("two", Where("a.yaml", 3, 16))),
            Where("a.yaml", 3, 12),
        ),
    )


def test_keys_keep_the_authors_order() -> None:
    assert list(value_of("{c: 1, a: 2, b: 3}")) == ["c", "a", "b"]


def test_quoted_text_is_text_and_plain_text_is_resolved() -> None:
    assert value_of("[1, '1', \"1\", yes, on]") == [1, "1", "1", "yes", "on"]
    assert value_of("a: |\n  1\nb: >-\n  2\n") == {"a": "1\n", "b": "2"}
    assert value_of("[!!str 1, ! 1, !!float 1, !!int '1']") == ["1", 1, 1.0, 1]


def test_a_value_left_out_is_null() -> None:
    assert value_of("a:\nb: ~\nc: ''\n") == {"a": None, "b": None, "c": ""}


def test_an_empty_file_holds_no_document() -> None:
    assert yaml.compose(b"", "a.yaml") == ()
    assert yaml.compose(b"# only a comment\n", "a.yaml") == ()


def test_several_documents_are_told_apart() -> None:
    documents = yaml.compose(b"a: 1\n---\n---\n- b\n", "a.yaml")
    assert [plain(document) for document in documents] == [{"a": 1}, None, ["b"]]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    (document,) = yaml.compose(b"\xef\xbb\xbfa: 1\r\nb:\r\n  - c\r\n", "a.yaml")
    assert plain(document) == {"a": 1, "b": ["c"]}


def test_an_alias_stands_for_its_anchor_and_keeps_the_anchors_place() -> None:
    document = read("a: &x {b: 1}\nc: *x\n", "a.yaml")
    assert plain(document) == {"a": {"b": 1}, "c": {"b": 1}}
    assert document.items["c"][1].where == Where("a.yaml", 1, 4)


def test_the_latest_anchor_of_a_name_counts() -> None:
    assert value_of("[&x 1, *x, &x 2, *x]") == [1, 1, 2, 2]
    assert value_of("a: &x {c: &x {}}\nb: *x\n")["b"] == {}


def test_anchors_end_with_their_document() -> None:
    assert "unknown anchor `x`" in fault_of("a: &x 1\n---\nb: *x\n").message


def test_a_merge_key_fills_in_what_the_mapping_lacks() -> None:
    text = "base: &b {x: 1, y: {z: 1}}\nall: {<<: *b, x: 2, w: 3}\n"
    assert value_of(text)["all"] == {"x": 2, "w": 3, "y": {"z": 1}}


def test_of_several_merged_mappings_the_first_wins() -> None:
    text = "all: {<<: [{x: 1}, {x: 2, y: 2}], z: 3}"
    assert value_of(text)["all"] == {"z": 3, "x": 1, "y": 2}


def test_a_quoted_merge_key_is_an_ordinary_key() -> None:
    assert value_of("'<<': 1") == {"<<": 1}


@pytest.mark.parametrize(
    "text",
    ["<<: 1", "<<: [1]", "<<: [[]]", "<<:", "a: &x [{}]\nb: {<<: *x}"],
)
def test_a_merge_key_takes_mappings_alone(text: str) -> None:
    assert "`<<` takes a mapping" in fault_of(text).message


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1),
        ("x:\n  - {a: 1, a: 1}\n", 2, 12),
        ("a: 1\n'a': 2\n", 2, 1),
        ("<<: {}\n<<: {}\n", 2, 1),
    ],
)
def test_a_key_given_twice_is_an_error_at_the_second(
    text: str, line: int, column: int
) -> None:
    fault = fault_of(text)
    assert fault.finding.rule == yaml.DUPLICATE_KEY
    assert fault.where == Where("a.yaml", line, column)
    assert "already given on line" in fault.message


@pytest.mark.parametrize(
    "key", ["1", "true", "~", "1.5", "2001-01-01", "[a]", "{a: b}", "!!int '1'"]
)
def test_a_key_that_is_not_text_is_an_error(key: str) -> None:
    fault = fault_of(f"x:\n  ? {key}\n  : 1\n")
    assert "key" in fault.message
    assert "not" in fault.message
    assert fault.where == Where("a.yaml", 2, 5)


def test_an_alias_is_no_key() -> None:
    assert "not an alias" in fault_of("a: &x b\n*x : 1\n").message


@pytest.mark.parametrize(
    "text", ["!!python/object:os.system x", "!mine {}", "!!binary aGk=", "!!set {a}"]
)
def test_a_tag_of_others_is_an_error(text: str) -> None:
    fault = fault_of(f"a: {text}")
    assert "cannot be used here" in fault.message
    assert fault.where == Where("a.yaml", 1, 4)


def test_a_tag_that_does_not_fit_its_value_is_an_error_without_the_value() -> None:
    fault = fault_of("token: !!int hunter2")
    assert fault.message == "this text cannot be read as `!!int`"
    assert "!!map" in fault_of("a: !!map [1]").message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1, 2", 1),
        ("a: b: c", 1),
        ("a:\n\t- b\n", 2),
        ("a: 'b\n", 1),
        ("a: 1\n b: 2\n", 2),
        ("a: @x", 1),
        ("%YAML 1.2\n---\na: 1\n", 1),
        ('a: "\\/"', 1),
        ('a: 1\nb: "x\\\\\\/y"', 2),
    ],
)
def test_what_the_collector_cannot_read_is_an_error_with_its_line(
    text: str, line: int
) -> None:
    fault = fault_of(text)
    assert fault.finding.rule == yaml.SYNTAX
    assert fault.finding.where.line == line
    assert fault.finding.where.column > 0


def test_an_escaped_backslash_before_a_slash_is_fine() -> None:
    assert value_of('["a\\\\/b", \'a\\/b\', "/"]') == ["a\\/b", "a\\/b", "/"]


def test_a_tab_gets_a_hint() -> None:
    hints = {fault_of("a:\n\t- b\n").hint, fault_of("a:\n  b: 1\n\tc: 2\n").hint}
    assert all(hint and "spaces" in hint for hint in hints)


@pytest.mark.parametrize(
    ("text", "caps", "named"),
    [
        ("a: 1234567890", Caps(size=5), "the cap is 5"),
        ("[[[[1]]]]", Caps(depth=3), "more than 3 levels"),
        ("[1, 2, 3, 4]", Caps(nodes=4), "more than 4 nodes"),
        ("[&a 1, *a, *a]", Caps(aliases=1), "more than 1 aliases"),
        ("[&a [1, 2], *a, *a]", Caps(nodes=9), "more than 9 nodes"),
        ("[&a [[1]], [[*a]]]", Caps(depth=4), "more than 4 levels"),
        ("[&a abc, *a]", Caps(text=5), "more than 5 characters"),
        ("[&a {abc: def}, *a]", Caps(text=11), "more than 11 characters"),
        ("<<: [{}, {}, {}]", Caps(merges=2), "more than 2 mappings in one `<<`"),
        ("a\n---\nb\n---\nc\n", Caps(documents=2), "more than 2 documents"),
    ],
)
def test_each_cap_is_named_by_its_error(text: str, caps: Caps, named: str) -> None:
    assert named in fault_of(text, caps).message


@pytest.mark.parametrize("cap", ["depth", "nodes", "text", "aliases"])
def test_a_cap_says_which_setting_raises_it(cap: str) -> None:
    caps = Caps(**{cap: 1})
    hint = fault_of("a: &a {b: [c]}\nd: {<<: [*a, *a]}\n", caps).hint or ""
    assert hint == f"split it, or raise the setting RECONCILER_LIMITS__{cap.upper()}"


def test_every_fault_of_a_file_is_told_and_only_syntax_ends_it() -> None:
    text = (
        "a: 1\na: 2\nb: !mine x\n1: c\n[d]: e\nf: *gone\n"
        'g: "\\/"\nh: {<<: 1}\na: 3\ni: [\n'
    )
    found = fault_of(text).findings
    assert [(one.rule, one.where.line) for one in found] == [
        ("E002", 2),
        *[("E001", line) for line in (3, 4, 5, 6, 7, 8)],
        ("E002", 9),
        ("E001", 11),
    ]


def test_three_keys_given_twice_are_three_findings() -> None:
    text = "a: 1\nb: {c: 1, c: 2}\na: {d: 1, d: 2}\n"
    found = fault_of(text).findings
    assert [str(one.where) for one in found] == [
        "a.yaml:2:11",
        "a.yaml:3:1",
        "a.yaml:3:11",
    ]


def test_faults_of_a_file_have_a_bounded_number() -> None:
    assert len(fault_of("a: 1\n" * 40_000).findings) == 1_000


@pytest.mark.parametrize(
    ("text", "caps"),
    [
        ("[[[1]]]", Caps(depth=3)),
        ("[1, 2, 3]", Caps(nodes=4)),
        ("[&a 1, *a]", Caps(aliases=1)),
        ("[&a [1, 2], *a, *a]", Caps(nodes=10)),
        ("[&a abc, *a]", Caps(text=6)),
        ("[&a {abc: def}, *a]", Caps(text=12)),
        ("[&a [[1]], [[*a]]]", Caps(depth=5)),
        ("a\n---\nb\n", Caps(documents=2)),
    ],
)
def test_just_below_a_cap_passes(text: str, caps: Caps) -> None:
    yaml.compose(text.encode(), "a.yaml", caps=caps)


ALIAS_BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n"
    for level in range(1, 12)
)
LONG_TEXT_BOMB = f"[&a {'x' * 500_000}{', *a' * 999}]"
MERGE_BOMB = "a0: &a0 {k: v}\n" + "".join(
    f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 12)}], k{level}: v}}\n"
    for level in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "cap"),
    [
        pytest.param(ALIAS_BOMB, "NODES", id="alias bomb"),
        pytest.param(MERGE_BOMB, "NODES", id="merge key bomb"),
        pytest.param(LONG_TEXT_BOMB, "TEXT", id="a long text a thousand times"),
        pytest.param("[" * 20_000, "DEPTH", id="20,000 lists deep"),
        pytest.param("{a: " * 20_000, "DEPTH", id="20,000 mappings deep"),
        pytest.param("- " * 20_000, "DEPTH", id="20,000 list items deep"),
        pytest.param("? " * 20_000, "DEPTH", id="20,000 keys deep"),
        pytest.param("x" * 10_000_000, "FILE_BYTES", id="10 MB"),
        pytest.param("- {}\n" * 200_000, "NODES", id="200,000 empty mappings"),
        pytest.param(f"[&a x{', *a' * 2_000}]", "ALIASES", id="2,000 aliases"),
        pytest.param(f"<<: [{'{}, ' * 40}]", "MERGES", id="40 merged mappings"),
        pytest.param("--- a\n" * 100_000, "DOCUMENTS", id="100,000 documents"),
    ],
)
def test_a_bomb_is_refused_at_once_by_the_name_of_its_cap(text: str, cap: str) -> None:
    started = time.process_time()
    fault = fault_of(text)
    assert time.process_time() - started < 2
    told = [one.hint or "" for one in fault.findings]
    assert any(hint.endswith(f"RECONCILER_LIMITS__{cap}") for hint in told)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: &a [*a]", id="an anchor in itself"),
        pytest.param("".join(map(chr, range(256))), id="binary"),
        pytest.param("a: 1\n" * 100_000, id="100,000 keys given twice"),
        pytest.param("- *a\n" * 100_000, id="100,000 unknown anchors"),
        pytest.param("- !a b\n" * 90_000, id="90,000 foreign tags"),
        pytest.param("1: 1\n" * 40_000, id="40,000 keys that are numbers"),
        pytest.param("? [a]\n" * 20_000, id="20,000 lists as keys"),
    ],
)
def test_hostile_input_is_refused_at_once(text: str) -> None:
    started = time.process_time()
    fault = fault_of(text)
    assert time.process_time() - started < 2
    assert len(fault.findings) <= 1_000


BOMBS = st.builds(
    lambda leaf, form, width, levels: (
        f"a0: &a0 {leaf}\n"
        + "".join(
            f"a{n}: &a{n} {form % ', '.join([f'*a{n - 1}'] * width)}\n"
            for n in range(1, levels)
        )
    ),
    st.sampled_from(["{k: v}", f"{{k: {'x' * 1_000}}}", "{k: [[[[1]]]]}"]),
    st.sampled_from(["{<<: [%s]}", "{a: [%s]}", "{<<: [%s], b: {c: d}}"]),
    st.integers(1, 40),
    st.integers(1, 60),
)


@settings(deadline=None, max_examples=40)
@given(BOMBS)
def test_any_bomb_is_read_within_the_caps_or_refused_by_one(text: str) -> None:
    started = time.process_time()
    hints = list[str]()
    try:
        documents = yaml.compose(text.encode(), "a.yaml")
    except Fault as fault:
        documents = ()
        hints += [one.hint or "" for one in fault.findings]
    assert time.process_time() - started < 2
    assert sum(map(size, documents)) <= yaml.CAPS.nodes
    assert all("RECONCILER_LIMITS__" in hint for hint in hints)


def size(node: Node) -> int:
    match node:
        case Scalar():
            return 1
        case Sequence(items):
            return 1 + sum(map(size, items))
        case Table(items):
            return 1 + sum(size(value) for _, value in items.values())


def test_a_shared_node_costs_no_copy() -> None:
    document = read("a: &x {b: 1}\nc: [*x, *x]\n")
    shared = document.items["a"][1]
    many = document.items["c"][1]
    assert isinstance(many, Sequence)
    assert all(item is shared for item in many.items)


@given(st.binary(max_size=60) | st.text("ab:-[]{}&*!<>|'\"#?%@, \n\t").map(str.encode))
def test_any_bytes_give_documents_or_a_fault_in_their_file(content: bytes) -> None:
    paths = set()
    try:
        paths = {one.where.path for one in yaml.compose(content, "a.yaml")}
    except Fault as fault:
        paths = {fault.finding.where.path}
    assert paths <= {"a.yaml"}


@pytest.mark.parametrize(
    "text", ["[a?b]", "{a: b?}", "{a?b: c}", "[http://a/?b=c]", "{a: [{b: c ? d}]}"]
)
def test_a_question_mark_in_brackets_needs_quotes(text: str) -> None:
    with pytest.raises(Fault, match=r"cannot hold a `\?` without quotes"):
        yaml.compose(f"a: {text}\n".encode(), "a.yaml")


@pytest.mark.parametrize("text", ["a?b", "['a?b']", '{"a?": "?b"}', "[a]\nb: c?d"])
def test_elsewhere_or_in_quotes_it_is_a_character_like_any_other(text: str) -> None:
    assert yaml.compose(f"a: {text}\n".encode(), "a.yaml")
