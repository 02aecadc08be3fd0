import pytest

from reconciler.errors import Where
from reconciler.fleet.reading.kinds import config
from reconciler.fleet.syntax.nodes import plain
from tests.fleet.reader import Reader

NO_TYPE = "`spec.contentType` must be a content type such as `application/json`"


def test_a_config_may_stand_in_its_document(reader: Reader) -> None:
    made = config.read(
        reader.spec("{selector: {}, priority: -1, config: {receivers: {nop: }}}")
    )
    assert reader.messages == []
    assert made is not None
    assert (made.priority, made.entry, made.allow_empty) == (-1, "", False)
    assert plain(made.tree) == {"receivers": {"nop": None}}
    assert [fragment.content for fragment in made.fragments] == [None]


def test_a_config_may_stand_in_files_of_which_the_bytes_are_kept(
    reader: Reader,
) -> None:
    made = config.read(
        reader.spec("{selector: {}, files: [a.yaml, b.yaml], allowEmpty: true}")
    )
    assert reader.messages == []
    assert made is not None
    assert made.allow_empty
    assert [fragment.content for fragment in made.fragments] == [
        b"receivers: {otlp: }\n",
        b"exporters: {debug: }\n",
    ]
    (where, _) = made.tree.items["exporters"]
    assert where == Where("docs/b.yaml", 1, 1)


@pytest.mark.parametrize(
    ("spec", "messages"),
    [
        ("{selector: {}}", ["exactly one of `spec.files` and `spec.config` is needed"]),
        (
            "{selector: {}, files: [a.yaml], config: {}}",
            ["exactly one of `spec.files` and `spec.config` is needed"],
        ),
        ("{selector: {}, config: }", ["`spec.config` must be a mapping, not empty"]),
        (
            "{selector: {}, files: []}",
            ["`spec.files` must be a list of 1 to 50 files, not a list"],
        ),
        ("{selector: {}, files: [gone.yaml]}", ["there is no file `docs/gone.yaml`"]),
        (
            "{selector: {}, files: [list.yaml]}",
            ["a file of Collector config is one mapping; this is a list"],
        ),
        (
            "{selector: {}, files: [empty.yaml]}",
            ["a file of Collector config is one mapping; this is empty"],
        ),
        (
            "{selector: {}, files: [null.yaml]}",
            ["a file of Collector config is one mapping; this is empty"],
        ),
        (
            "{selector: {}, files: [two.yaml]}",
            ["a file of Collector config is one mapping; this is 2 documents"],
        ),
        ("{selector: {}, files: [typo.yaml]}", ["unknown section `recievers`"]),
        (
            "{selector: {}, files: [gone.yaml, ../x.yaml]}",
            [
                "there is no file `docs/gone.yaml`",
                "`../x.yaml` climbs out of the document's folder",
            ],
        ),
    ],
)
def test_a_config_is_checked(reader: Reader, spec: str, messages: list[str]) -> None:
    config.read(reader.spec(spec))
    assert reader.messages == messages


def test_a_broken_file_is_told_at_its_own_place(reader: Reader) -> None:
    made = config.read(reader.spec("{selector: {}, files: [a.yaml, broken.yaml]}"))
    assert made is None
    (found,) = reader.report.findings
    assert found.rule == "E001"
    assert found.where.path == "docs/broken.yaml"


def test_a_named_entry_holds_what_its_agent_wants(reader: Reader) -> None:
    made = config.read(
        reader.spec("{selector: {}, entry: ns/name, config: {kind: Anything}}")
    )
    assert reader.messages == []
    assert made is not None
    assert made.entry == "ns/name"


def test_a_config_may_remove_and_be_held_to_a_scope(reader: Reader) -> None:
    made = config.read(
        reader.spec(
            "{selector: {}, config: {exporters: {otlp: }}, "
            "remove: [/exporters/debug], scope: [/exporters, /service/pipelines/*]}"
        )
    )
    assert reader.messages == []
    assert made is not None
    assert [str(removal.path) for removal in made.remove] == ["/exporters/debug"]
    assert [str(pattern) for pattern in made.scope or ()] == [
        "/exporters",
        "/service/pipelines/*",
    ]


def test_a_config_knows_the_variables_it_uses(reader: Reader) -> None:
    made = config.read(
        reader.spec(
            "{selector: {}, config: {receivers: {otlp: {a: {$var: one}}}, "
            "exporters: {otlp: {endpoint: {$join: [x, {$var: two}]}}}}}"
        )
    )
    assert reader.messages == []
    assert made is not None
    assert made.variables == {"one", "two"}


def test_a_variable_may_stand_for_a_whole_section(reader: Reader) -> None:
    spec = "{receivers: {$var: all}, service: {extensions: {$var: some}}}"
    made = config.read(reader.spec(f"{{selector: {{}}, config: {spec}}}"))
    assert reader.messages == []
    assert made is not None


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "remove: [exporters]",
            (
                "`exporters` in `spec.remove` is not a JSON Pointer: "
                "a JSON Pointer starts with `/`"
            ),
        ),
        (
            "remove: ['']",
            "`` in `spec.remove` is not a JSON Pointer: the root is not one place",
        ),
        ("remove: [1]", "`spec.remove[0]` must be text, not `1`"),
        (
            f"scope: [{', '.join(['/a'] * 101)}]",
            "`spec.scope` must be a list of at most 100 paths, not a list",
        ),
        ("scope: [/exporters]", "`/receivers/otlp` is outside the scope of `all`"),
    ],
)
def test_paths_of_a_config_are_checked(reader: Reader, spec: str, message: str) -> None:
    config.read(
        reader.spec(f"{{selector: {{}}, config: {{receivers: {{otlp: }}}}, {spec}}}")
    )
    assert message in reader.messages


@pytest.mark.parametrize(
    ("spec", "content_type"),
    [
        ("files: [a.json]", "application/json"),
        ("files: [a.yaml, b.yaml]", "text/yaml"),
        ("files: [a.conf]", "text/plain"),
        ("files: [a.json, a.yaml], contentType: application/yaml", "application/yaml"),
        ("files: [a.yaml], contentType: text/x-acme", "text/x-acme"),
        ("config: {a: 1}, contentType: text/json", "text/json"),
        ("config: {a: 1}", None),
    ],
)
def test_a_named_entry_has_the_type_that_it_says_or_that_its_files_are_called_by(
    reader: Reader, spec: str, content_type: str | None
) -> None:
    made = config.read(reader.spec(f"{{selector: {{}}, entry: ns/a, {spec}}}"))
    assert reader.messages == []
    assert made is not None
    assert made.content_type == content_type
    is_text = content_type in {"text/plain", "text/x-acme"}
    assert (made.text is not None, bool(made.mappings)) == (is_text, not is_text)


def test_the_files_of_a_collector_are_yaml_whatever_they_are_called(
    reader: Reader,
) -> None:
    made = config.read(reader.spec("{selector: {}, files: [a.conf]}"))
    assert made is None
    assert reader.messages == [
        "a file of Collector config is one mapping; this is text"
    ]


@pytest.mark.parametrize(
    ("spec", "messages"),
    [
        (
            "config: {}, contentType: text/yaml",
            ["`spec.contentType` is for a config of a named entry"],
        ),
        (
            "config: {}, entry: '', contentType: text/yaml",
            ["`spec.contentType` is for a config of a named entry"],
        ),
        *(
            (
                f"files: [a.json], entry: x, contentType: {wrong}",
                [f"{NO_TYPE}, not `{wrong}`"],
            )
            for wrong in ("json", "Text/Plain", "a/b/c", "text/plain; charset=utf-8")
        ),
        (
            "files: [a.json], entry: x, contentType: 1",
            ["`spec.contentType` must be text, not `1`"],
        ),
        (
            "files: [a.json, a.yaml], entry: x",
            ["the files are of several types: application/json, text/yaml"],
        ),
        (
            "files: [a.conf, b.conf], entry: x",
            ["`spec.files` must be one file, as text is not merged, not a list"],
        ),
        (
            "config: {a: 1}, entry: x, contentType: text/plain",
            ["`spec.config` is for mappings, and this content is text"],
        ),
        (
            "files: [a.conf], entry: x, lists: [], remove: [], scope: []",
            [
                f"`spec.{key}` is for mappings, and this content is text"
                for key in ("lists", "remove", "scope")
            ]
            + ["`/` is outside the scope of `all`"],
        ),
        (
            "files: [list.json], entry: x",
            ["JSON of an entry is one mapping; this is a list"],
        ),
        (
            "files: [broken.json], entry: x",
            ["not JSON: a key in double quotes is expected"],
        ),
        (
            "files: [a.conf], entry: x, contentType: application/json",
            ["not JSON: a value is expected"],
        ),
    ],
)
def test_what_an_entry_holds_is_checked(
    reader: Reader, spec: str, messages: list[str]
) -> None:
    config.read(reader.spec(f"{{selector: {{}}, {spec}}}"))
    assert sorted(reader.messages) == sorted(messages)
