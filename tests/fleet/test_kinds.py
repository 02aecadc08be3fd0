from dataclasses import dataclass

import pytest

from reconciler.errors import Where
from reconciler.fleet import kinds
from reconciler.fleet.documents import DriftMode, GroupPolicy
from reconciler.fleet.files import Files
from reconciler.fleet.findings import Report
from reconciler.fleet.kinds import Document
from reconciler.fleet.labels import Selector
from reconciler.fleet.nodes import plain
from tests.fleet.conftest import MakeSnapshot
from tests.fleet.trees import read

PLAIN = GroupPolicy()


@dataclass
class Reader:
    """Reads documents that may name the files of one snapshot."""

    files: Files
    report: Report

    def document(self, text: str) -> Document:
        return Document(read(text, "docs/fleet.yaml"), self.files, self.report)

    def spec(self, text: str) -> Document:
        return self.document(f"metadata: {{name: all}}\nspec: {text}\n")

    @property
    def messages(self) -> list[str]:
        return [found.message for found in self.report.findings]


@pytest.fixture
def reader(snapshot_of: MakeSnapshot) -> Reader:
    snapshot = snapshot_of(
        {
            "docs/a.yaml": "receivers: {otlp: }\n",
            "docs/b.yaml": "exporters: {debug: }\n",
            "docs/list.yaml": "- a\n",
            "docs/empty.yaml": "# nothing\n",
            "docs/null.yaml": "---\n",
            "docs/two.yaml": "a: 1\n---\nb: 1\n",
            "docs/broken.yaml": "a: [\n",
            "docs/typo.yaml": "recievers: {}\n",
        }
    )
    return Reader(Files(snapshot), Report())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spec: {}", "`metadata` is missing"),
        ("metadata: {}", "`metadata.name` is missing"),
        ("metadata: all", "`metadata` must be a mapping, not `all`"),
        ("metadata: {name: 1}", "`metadata.name` must be text, not `1`"),
        ("metadata: {name: All}", "`All` is not a name"),
        ("metadata: {name: -a}", "`-a` is not a name"),
        (f"metadata: {{name: {'a' * 64}}}", f"`{'a' * 64}` is not a name"),
        ("metadata: {name: a, labels: {}}", "unknown field `metadata.labels`"),
        ("metadata: {name: a, owner: []}", "`metadata.owner` must be text, not a list"),
        ("metadata: {name: a}\nspce: {}", "unknown field `spce`"),
    ],
)
def test_what_all_documents_share_is_checked(
    reader: Reader, text: str, message: str
) -> None:
    reader.document(text)
    assert message in reader.messages


def test_metadata_may_say_who_owns_it_and_why(reader: Reader) -> None:
    document = reader.document(
        "metadata: {name: a.b-1, owner: me, description: why, annotations: {x/y: z}}"
    )
    assert document.name == "a.b-1"
    assert reader.messages == []


def test_a_fleet_needs_no_spec(reader: Reader) -> None:
    assert kinds.fleet(reader.document("metadata: {name: acme}")) == ("fleet", PLAIN)
    assert reader.messages == []


def test_a_fleet_sets_the_status_context_and_every_default(reader: Reader) -> None:
    document = reader.spec(
        "{statuses: {context: acme/fleet}, defaults: {suspend: true, drift: report, "
        "requireAgents: true, soak: 1m, answerTimeout: 5s, applyTimeout: 1m30s}}"
    )
    policy = GroupPolicy(
        suspend=True,
        require_agents=True,
        drift=DriftMode.REPORT,
        soak=60,
        answer_timeout=5,
        apply_timeout=90,
    )
    assert kinds.fleet(document) == ("acme/fleet", policy)
    assert reader.messages == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "{statuses: {context: a b}}",
            (
                "`spec.statuses.context` must be words of letters and digits, "
                "joined by `/`, not `a b`"
            ),
        ),
        ("{statuses: {contxt: a}}", "unknown field `spec.statuses.contxt`"),
        ("{defaults: {priority: 1}}", "unknown field `spec.defaults.priority`"),
        (
            "{defaults: {answerTimeout: 0s}}",
            "`spec.defaults.answerTimeout` must be between 1s and 24h, not `0s`",
        ),
    ],
)
def test_a_fleet_is_checked(reader: Reader, spec: str, message: str) -> None:
    kinds.fleet(reader.spec(spec))
    assert reader.messages == [message]


def test_a_group_starts_from_the_defaults_of_the_fleet(reader: Reader) -> None:
    defaults = GroupPolicy(soak=3, drift=DriftMode.REPORT)
    group = kinds.agent_group(
        reader.spec("{selector: {}, priority: 5, soak: 7s, suspend: true}"), defaults
    )
    assert reader.messages == []
    assert group is not None
    assert (group.name, group.priority, group.selector) == ("all", 5, Selector())
    assert group.policy == GroupPolicy(soak=7, suspend=True, drift=DriftMode.REPORT)
    assert group.where == Where("docs/fleet.yaml", 1, 1)


def test_a_group_without_selector_is_none(reader: Reader) -> None:
    assert kinds.agent_group(reader.spec("{}"), PLAIN) is None
    assert reader.messages == ["`spec.selector` is missing"]


def test_the_default_group_cannot_be_written(reader: Reader) -> None:
    document = reader.document("metadata: {name: default}\nspec: {selector: {}}")
    kinds.agent_group(document, PLAIN)
    assert reader.messages == ["the group `default` is there by itself"]


def test_a_config_may_stand_in_its_document(reader: Reader) -> None:
    config = kinds.collector_config(
        reader.spec("{selector: {}, priority: -1, config: {receivers: {nop: }}}")
    )
    assert reader.messages == []
    assert config is not None
    assert (config.priority, config.entry, config.allow_empty) == (-1, "", False)
    assert plain(config.tree) == {"receivers": {"nop": None}}
    assert [fragment.content for fragment in config.fragments] == [None]


def test_a_config_may_stand_in_files_of_which_the_bytes_are_kept(
    reader: Reader,
) -> None:
    config = kinds.collector_config(
        reader.spec("{selector: {}, files: [a.yaml, b.yaml], allowEmpty: true}")
    )
    assert reader.messages == []
    assert config is not None
    assert config.allow_empty
    assert [fragment.content for fragment in config.fragments] == [
        b"receivers: {otlp: }\n",
        b"exporters: {debug: }\n",
    ]
    (where, _) = config.tree.items["exporters"]
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
    kinds.collector_config(reader.spec(spec))
    assert reader.messages == messages


def test_a_broken_file_is_told_at_its_own_place(reader: Reader) -> None:
    config = kinds.collector_config(
        reader.spec("{selector: {}, files: [a.yaml, broken.yaml]}")
    )
    assert config is None
    (found,) = reader.report.findings
    assert found.rule == "E001"
    assert found.where.path == "docs/broken.yaml"


def test_a_named_entry_holds_what_its_agent_wants(reader: Reader) -> None:
    config = kinds.collector_config(
        reader.spec("{selector: {}, entry: ns/name, config: {kind: Anything}}")
    )
    assert reader.messages == []
    assert config is not None
    assert config.entry == "ns/name"
