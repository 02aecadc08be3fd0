import pytest

from reconciler.errors import Where
from reconciler.fleet.kinds import config
from reconciler.fleet.nodes import plain
from tests.fleet.reader import Reader


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
