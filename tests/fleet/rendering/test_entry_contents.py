import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet.documents import Fleet
from reconciler.fleet.linting import lint
from reconciler.fleet.rendering import provenance, render
from reconciler.fleet.rendering.provenance import Act
from reconciler.fleet.rendering.render import Blocked, ConfigEntry, RenderedConfig
from reconciler.fleet.syntax import hashing, json_values, masking, yaml
from reconciler.fleet.syntax.nodes import Scalar, Text, plain
from tests.fleet import fleets
from tests.fleet.fleets import ENTRY, Document, config

HERE = Where("a.conf", 1, 1)


def of_files(name: str, *files: str, **spec: object) -> Document:
    """A `CollectorConfig` of a named entry that stands in files."""
    found = fleets.document("CollectorConfig", name, entry=ENTRY, **spec)
    found["spec"]["files"] = list(files)
    return found


def fleet(files: Mapping[str, str], *documents: Document) -> Fleet:
    found = fleets.fleet_of(fleets.files_of(*documents) | dict(files))
    assert found.findings == ()
    return found


def rendered(found: Fleet) -> RenderedConfig:
    outcome = render.render(found, {})
    assert isinstance(outcome, RenderedConfig)
    return outcome


def entry(found: Fleet) -> ConfigEntry:
    return rendered(found).entries[ENTRY]


def refused(found: Fleet) -> list[str]:
    outcome = render.render(found, {})
    assert isinstance(outcome, Blocked)
    told = [str(one) for one in outcome.findings]
    places = {(one.rule, one.where) for one in lint.check(found)}
    assert places >= {(one.rule, one.where) for one in outcome.findings}
    return told


@pytest.mark.parametrize(
    ("file", "body", "content_type"),
    [
        ("a.json", '{"a":  1}', "application/json"),
        ("a.yaml", "a: 1 # why\n", "text/yaml"),
        ("a.conf", "a = 1\r\n\x1b[0m", "text/plain"),
        ("a.properties", "\ufeffa=1", "text/plain"),
        ("a.toml", "[a]\nb = [1,", "text/plain"),
    ],
)
def test_one_file_is_sent_as_it_is_with_the_type_of_its_name(
    file: str, body: str, content_type: str
) -> None:
    found = fleet({file: body}, of_files("one", file))
    assert entry(found) == ConfigEntry(body.encode(), content_type)
    assert lint.check(found) == ()


def test_a_document_may_say_another_type_than_its_name() -> None:
    said = of_files("one", "a.conf", contentType="application/vnd.acme+json")
    body = '{"a": 1}'
    made = entry(fleet({"a.conf": body}, said))
    assert made == ConfigEntry(body.encode(), "application/vnd.acme+json")
    inline = config("one", config={"a": 1}, contentType="application/json")
    assert entry(fleet({}, inline)) == ConfigEntry(
        b'{\n  "a": 1\n}\n', "application/json"
    )


def test_documents_of_one_json_entry_are_merged_as_those_of_yaml_are() -> None:
    low = '{"a": {"b": 1, "c": [1, 2]}, "url": "http:\\/\\/x", "é": "\\ud83d\\ude80"}'
    found = fleet(
        {"low.json": low},
        of_files("low", "low.json"),
        config(
            "high",
            priority=1,
            config={"a": {"b": {"$var": "b"}, "c": [3]}},
            lists=[{"path": "/a/c", "merge": "append"}],
        ),
        fleets.variables("values", values={"b": True}),
    )
    made = entry(found)
    assert made.content_type == "application/json"
    assert json.loads(made.body) == {
        "a": {"b": True, "c": [1, 2, 3]},
        "url": "http://x",
        "é": "🚀",
    }
    blamed = provenance.blame(found, {}, entry=ENTRY)
    assert blamed["a", "c", "2"].document == "high"
    assert str(blamed["a", "c", "0"].where) == "low.json:1:22"


def test_equals_that_disagree_in_json_are_told_with_both_places() -> None:
    found = fleet(
        {"a.json": '{"x": 1}', "b.json": '{\n "x": 2}'},
        of_files("a", "a.json"),
        of_files("b", "b.json"),
    )
    (told,) = refused(found)
    assert "E070" in told
    assert "a.json:1:2 and b.json:2:2" in told


def test_two_documents_never_share_text() -> None:
    found = fleet(
        {"a.conf": "x", "b.conf": "x"},
        of_files("a", "a.conf"),
        of_files("b", "b.conf", priority=9),
    )
    (told,) = refused(found)
    assert told == (
        f"collectorconfig-b.yaml:1:1: error E070: the entry `{ENTRY}` is text, which "
        "is not merged; collectorconfig-a.yaml:1:1 and collectorconfig-b.yaml:1:1 set "
        "it"
    )
    inline = config("c", config={"a": 1})
    (told,) = refused(fleet({"a.conf": "x"}, of_files("a", "a.conf"), inline))
    assert "collectorconfig-a.yaml:1:1 and collectorconfig-c.yaml:1:1 set it" in told


def test_documents_of_one_entry_have_one_type() -> None:
    found = fleet(
        {"a.json": "{}", "b.yaml": "a: 1"},
        of_files("a", "a.json"),
        of_files("b", "b.yaml", priority=1),
    )
    (told,) = refused(found)
    assert told == (
        f"collectorconfig-b.yaml:1:1: error E070: the entry `{ENTRY}` is "
        "application/json at collectorconfig-a.yaml:1:1 and text/yaml at "
        "collectorconfig-b.yaml:1:1"
    )


def test_nothing_is_not_sent_unless_that_is_meant() -> None:
    for file, body in (("a.json", "{}"), ("a.conf", "")):
        (told,) = refused(fleet({file: body}, of_files("one", file)))
        assert "E051" in told
        meant = fleet({file: body}, of_files("one", file, allowEmpty=True))
        assert entry(meant).body == body.encode()


def test_a_number_that_json_has_not_keeps_the_config_back() -> None:
    found = fleet(
        {},
        config("one", config={"a": {"$var": "v"}}, contentType="application/json"),
        fleets.variables("values", values={"v": 1}),
    )
    assert json.loads(entry(found).body) == {"a": 1}
    files = fleets.files_of(config("one", contentType="application/json"))
    text = files["collectorconfig-one.yaml"].replace(
        '"config": {}', '"config": {a: .inf}'
    )
    (told,) = refused(fleets.fleet_of(files | {"collectorconfig-one.yaml": text}))
    assert "E004: JSON has no `.inf` and no `.nan`" in told


def test_the_hash_is_of_entry_type_and_value_and_that_of_yaml_is_as_it_was() -> None:
    inline = config("one", config={"a": [1, "x"]})
    tree = rendered(fleet({}, inline)).nodes[ENTRY]
    before = hashing.config_hash({ENTRY: ("text/yaml", tree)})
    assert rendered(fleet({}, inline)).hash == before
    assert before.hex() == (
        "1dc60b611b86693cd7a5657a7ca6189b4c2c00cd611902d2c0726158ea2d77b0"
    )
    as_file = fleet({"a.yaml": "a: [1, x] # why\n"}, of_files("one", "a.yaml"))
    assert rendered(as_file).hash == before
    as_json = fleet({"a.json": '{"a": [1, "x"]}'}, of_files("one", "a.json"))
    spaced = fleet({"a.json": '{"a":[1,"x"] }\n'}, of_files("one", "a.json"))
    assert rendered(as_json).hash == rendered(spaced).hash != before


@given(st.text(min_size=1), st.text(min_size=1))
def test_text_is_hashed_to_the_byte(one: str, other: str) -> None:
    digests = [
        hashing.config_hash({ENTRY: ("text/plain", Scalar(Text(text), HERE))})
        for text in (one, other)
    ]
    assert (digests[0] == digests[1]) == (one.encode() == other.encode())


def test_text_tells_who_wrote_it_and_is_never_shown() -> None:
    found = fleet({"a.conf": "password=hunter2\n"}, of_files("one", "a.conf"))
    node = rendered(found).nodes[ENTRY]
    assert plain(node) == "password=hunter2\n"
    assert masking.shown(node) == "17 bytes of text"
    ((path, step),) = provenance.blame(found, {}, entry=ENTRY).items()
    assert (path, step.act, str(step.where)) == ((), Act.SET, "a.conf:1:1")
    assert provenance.trace(found, {}, (), entry=ENTRY) == (step,)
    assert provenance.trace(found, {}, ("a",), entry=ENTRY) == ()
    assert step.value is not None
    assert masking.shown(step.value) == "17 bytes of text"


_MAPPINGS = st.dictionaries(
    st.text(st.characters(codec="ascii", categories=["L"]), min_size=1),
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.text(st.characters(codec="ascii"), max_size=3),
    min_size=1,
    max_size=4,
)


@given(_MAPPINGS, _MAPPINGS)
def test_what_is_merged_as_json_is_what_is_merged_as_yaml(
    low: dict[str, object], high: dict[str, object]
) -> None:
    bodies = []
    for content_type in ("application/json", "text/yaml"):
        found = fleet(
            {},
            config("low", config=low, contentType=content_type),
            config("high", config=high, priority=1, contentType=content_type),
        )
        bodies.append(entry(found).body)
    (as_json,) = json_values.compose(bodies[0], "a.json")
    (as_yaml,) = yaml.compose(bodies[1], "a.yaml")
    assert plain(as_json) == plain(as_yaml) == low | high
