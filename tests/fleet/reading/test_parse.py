import time
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.documents import Fleet, GroupPolicy
from reconciler.fleet.findings import Severity
from reconciler.fleet.inventory import Index
from reconciler.fleet.linting import lint
from reconciler.fleet.reading import parse
from reconciler.fleet.reading.files import Cache
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import RenderedConfig, Unmatched
from reconciler.fleet.snapshot import RefusedFile
from reconciler.fleet.syntax.yaml import Caps
from tests.fleet.conftest import MakeFleet, MakeSnapshot

COLLECTOR = """\
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "127.0.0.1:0"}  # any free port
exporters:
  debug:
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [debug]}
"""

FLEET = """\
apiVersion: reconciler/v1
kind: Fleet
metadata: {name: acme}
"""

CONFIG = """\
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: everyone}
spec:
  selector: {}
  files: [collector.yaml]
"""

GROUP = """\
apiVersion: reconciler/v1
kind: AgentGroup
metadata: {name: gateways}
spec:
  selector: {matchLabels: {role: gateway}}
"""

GOOD = {"fleet.yaml": f"{FLEET}---\n{CONFIG}", "collector.yaml": COLLECTOR}


def lines(fleet: Fleet) -> list[str]:
    return [str(found) for found in fleet.findings]


def test_a_repository_of_two_documents_is_enough(fleet_of: MakeFleet) -> None:
    fleet = fleet_of(GOOD)
    assert fleet.findings == ()
    assert (fleet.name, fleet.status_prefix) == ("acme", "fleet")
    rendered = render.render(fleet, {"host.name": "edge-17"})
    assert isinstance(rendered, RenderedConfig)
    assert rendered.entries[""].body == COLLECTOR.encode()
    assert rendered.documents == ("everyone",)


def test_documents_are_found_by_kind_in_any_folder_and_file(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "x/y/z.yml": f"---\n{GROUP}---\n{FLEET}---\n",
            "notes.txt": GROUP,
            "teams/a/any.yaml": CONFIG,
            "teams/a/collector.yaml": COLLECTOR,
        }
    )
    assert fleet.findings == ()
    assert list(fleet.groups) == ["gateways"]
    assert list(fleet.configs) == ["everyone"]


def test_groups_start_from_the_defaults_of_the_fleet(fleet_of: MakeFleet) -> None:
    defaults = "spec: {defaults: {soak: 1s}}\n"
    fleet = fleet_of(GOOD | {"a.yaml": GROUP, "fleet.yaml": FLEET + defaults})
    (group,) = fleet.groups.values()
    assert group.policy == fleet.policy == GroupPolicy(soak=1)


def test_configs_stand_in_order_of_priority_and_name(fleet_of: MakeFleet) -> None:
    names = {"b": 0, "a": 0, "c": -5, "d": 10}
    configs = {
        f"{name}.yaml": (
            f"apiVersion: reconciler/v1\nkind: CollectorConfig\n"
            f"metadata: {{name: {name}}}\n"
            f"spec: {{selector: {{}}, priority: {priority}, config: {{}}}}\n"
        )
        for name, priority in names.items()
    }
    fleet = fleet_of(configs | {"fleet.yaml": FLEET})
    assert list(fleet.configs) == ["c", "a", "b", "d"]


def test_an_empty_repository_is_an_error_and_never_an_empty_fleet(
    fleet_of: MakeFleet,
) -> None:
    (found,) = fleet_of({}).findings
    assert (found.rule, found.severity) == ("E008", Severity.ERROR)
    assert found.hint is not None
    assert "an empty repository never means an empty fleet" in found.hint


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"fleet.yaml": CONFIG}, "fleet.yaml: error E005: no document of kind Fleet"),
        (
            {"other.yaml": FLEET},
            (
                "other.yaml:1:1: error E005: a second Fleet; the first stands at "
                "fleet.yaml:1:1"
            ),
        ),
        (
            {"other.yaml": CONFIG},
            (
                "other.yaml:1:1: error E005: the name `everyone` is taken at "
                "fleet.yaml:5:1"
            ),
        ),
        (
            {"a.yaml": GROUP.replace("AgentGroup", "AgentGrup")},
            "a.yaml:2:7: error E005: unknown kind `AgentGrup`",
        ),
        (
            {"a.yaml": GROUP.replace("reconciler/v1", "reconciler/v2")},
            "a.yaml:1:13: error E005: unknown apiVersion `reconciler/v2`",
        ),
        (
            {"a.yaml": GROUP.replace("reconciler/v1", "reconcilr/v1")},
            "a.yaml:1:13: error E005: unknown apiVersion `reconcilr/v1`",
        ),
        (
            {"a.yaml": GROUP.removeprefix("apiVersion: reconciler/v1\n")},
            "a.yaml:1:1: error E005: no apiVersion",
        ),
        (
            {"a.yaml": GROUP.replace("kind: AgentGroup\n", "")},
            "a.yaml:1:1: error E005: `kind` is missing",
        ),
        (
            {"a.yaml": GROUP.replace("selector", "selecter")},
            "a.yaml:5:3: error E003: unknown field `spec.selecter`",
        ),
        (
            {"a.yaml": GROUP + "  soak: 10\n"},
            "a.yaml:6:9: error E004: `spec.soak` must be a duration, not `10`",
        ),
        (
            {"collector.yaml": COLLECTOR.replace("exporters:", "exportrs:", 1)},
            "collector.yaml:5:1: error E003: unknown section `exportrs`",
        ),
        (
            {"a.yaml": GROUP + "  soak: {\n"},
            (
                "a.yaml:7:1: error E001: not YAML: while parsing a flow node "
                "did not find expected node content"
            ),
        ),
    ],
)
def test_a_fault_is_told_with_its_place(
    fleet_of: MakeFleet, changes: dict[str, str], expected: str
) -> None:
    assert expected in lines(fleet_of(GOOD | changes))


def test_no_fault_hides_another(fleet_of: MakeFleet) -> None:
    fleet = fleet_of(
        {
            "a.yaml": GROUP.replace("spec", "spce"),
            "b.yaml": "kind: Fleet\napiVersion: reconciler/v1\nmetadata: [\n",
            "c.yaml": CONFIG,
            "d.yaml": FLEET + "spec: {statuses: {context: 1}, defaults: {soak: 1}}\n",
        }
    )
    assert [(found.rule, str(found.where)) for found in fleet.findings] == [
        ("E006", "a.yaml:1:1"),
        ("E003", "a.yaml:4:1"),
        ("E001", "b.yaml:4:1"),
        ("E007", "c.yaml:6:11"),
        ("E004", "d.yaml:4:28"),
        ("E004", "d.yaml:4:49"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "apiVersion: apps/v1\nkind: Deployment\n",
        "apiVersion: agones.dev/v1\nkind: Fleet\nspec: {replicas: 2}\n",
        "kind: {{ template }}\n",
        "kind: [\n",
        "- kind\n",
        "kind\n",
        "a: &a [*a]  # kind\n",
        "receivers: {}\n",
        "\x00kind",
    ],
)
def test_the_yaml_of_others_is_none_of_our_business(
    fleet_of: MakeFleet, content: str
) -> None:
    assert fleet_of(GOOD | {"other.yaml": content}).findings == ()


def test_characters_that_nobody_sees_are_named_in_files_of_the_fleet(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        GOOD
        | {
            "collector.yaml": f"{COLLECTOR}  telemetry: {{resource: {{a: b\u00a0}}}}\n",
            "groups.yaml": GROUP.replace("gateway}", "gate\u200bway}"),
            "deploy/chart.yaml": "a: b\u00a0\n",
            "broken.yaml": f"{GROUP}metadata:\u3000\n  name: x\n",
        }
    )
    found = [str(one) for one in fleet.findings]
    assert [one.partition(",")[0] for one in found] == [
        found[0].partition(",")[0],
        "collector.yaml:10:30: warning W063: U+00A0",
        "groups.yaml:5:38: warning W063: U+200B",
    ]
    assert found[0].startswith("broken.yaml:6:10: error E001: not YAML: ")
    assert "U+3000, an ideographic space, stands in column 10" in found[0]


def test_a_field_with_a_character_that_nobody_sees_is_shown_with_it(
    fleet_of: MakeFleet,
) -> None:
    group = GROUP.replace("  selector", "  soak\u00a0: 1s\n  selector")
    found = [str(one) for one in fleet_of(GOOD | {"groups.yaml": group}).findings]
    assert found[0] == (
        "groups.yaml:5:3: error E003: unknown field `spec.soak<U+00A0>`"
    )
    assert found[1].startswith("groups.yaml:5:7: warning W063: U+00A0, a no-break")


def test_a_document_in_another_encoding_is_an_error(fleet_of: MakeFleet) -> None:
    (found,) = fleet_of(GOOD | {"a.yaml": GROUP.encode("utf-16")}).findings
    assert found.message == "the file is not UTF-8 but UTF-16"


def test_a_refused_file_is_a_warning_unless_a_document_names_it(
    snapshot_of: MakeSnapshot,
) -> None:
    refused = {
        path: RefusedFile(path, "a symlink", "commit the file itself")
        for path in ("collector.yaml", "README.md")
    }
    snapshot = snapshot_of({"fleet.yaml": GOOD["fleet.yaml"]}, refused=refused)
    fleet = parse.parse(snapshot)
    assert [(one.rule, str(one.where)) for one in fleet.findings] == [
        ("W009", "README.md"),
        ("E007", "fleet.yaml:10:11"),
    ]
    assert all(one.hint == "commit the file itself" for one in fleet.findings)


def test_a_cache_changes_nothing_but_the_time(snapshot_of: MakeSnapshot) -> None:
    cache = Cache()
    for content in (GOOD, GOOD, GOOD | {"a.yaml": "kind: [ # reconciler/v1"}, GOOD):
        snapshot = snapshot_of(content)
        assert parse.parse(snapshot, cache) == parse.parse(snapshot)


VARIANTS: dict[str, tuple[str | None, ...]] = {
    "fleet.yaml": (
        FLEET,
        FLEET + "spec: {defaults: {soak: 1s}}\n",
        FLEET + "spec: {scopes: [{folder: team, paths: [/exporters]}]}\n",
    ),
    "all.yaml": (CONFIG, CONFIG.replace("everyone", "all"), None),
    "collector.yaml": (COLLECTOR, "receivers: {}\n", "receivers: [\n", None),
    "group.yaml": (GROUP, GROUP + "  soak: x\n"),
    "team/a.yaml": (GROUP.replace("gateways", "team"), CONFIG, None),
    "team/collector.yaml": (COLLECTOR, None),
    ".fleetignore": ("group.yaml\n", "collector.yaml\n", "[\n", None),
}


@settings(deadline=None, max_examples=80)
@given(
    st.lists(
        st.fixed_dictionaries(
            {path: st.sampled_from(texts) for path, texts in VARIANTS.items()}
        ),
        min_size=2,
        max_size=5,
    ),
    st.sampled_from([1_000, 80, 60, 40]),
)
def test_whatever_changes_a_cache_changes_nothing(
    snapshot_of: MakeSnapshot, history: list[dict[str, str | None]], most: int
) -> None:
    cache, caps = Cache(), Caps(total_nodes=most)
    for contents in history:
        files = {path: text for path, text in contents.items() if text is not None}
        snapshot = snapshot_of(files)
        cached = parse.parse(snapshot, cache, caps=caps)
        assert cached == parse.parse(snapshot, caps=caps)


def test_a_cache_reads_only_what_changed_and_keeps_only_what_is_there(
    snapshot_of: MakeSnapshot,
) -> None:
    cache = Cache()
    first = parse.parse(snapshot_of(GOOD | {"a.yaml": GROUP}), cache)
    again = parse.parse(snapshot_of(GOOD), cache)
    assert again.configs["everyone"] is first.configs["everyone"]
    assert len(cache.read) == 1
    changed = GOOD | {"collector.yaml": f"# why\n{COLLECTOR}"}
    third = parse.parse(snapshot_of(changed), cache)
    assert third.configs["everyone"] is not first.configs["everyone"]


PIECES = st.sampled_from(
    [
        *(
            "apiVersion: reconciler/v1\n",
            "kind: Fleet\n",
            "kind: AgentGroup\n",
            "---\n",
        ),
        *("kind: CollectorConfig\n", "metadata: {name: a}\n", "metadata:\n", "spec:\n"),
        *("  selector: {}\n", "  files: [a.yaml, b.yaml]\n", "  config: {a: 1}\n"),
        *(
            "  priority: x\n",
            "  selector:\n    matchLabels: {a: 1}\n",
            "- 1\n",
            "[",
            "&a ",
        ),
        *("kind: Inventory\n", "kind: Variables\n", "kind: ConfigTest\n"),
        "  entries: [{match: {attributes: {a: b}}, labels: {a: c}}]\n",
        *("  values: {a: 1}\n", "  config: {a: {$var: a}}\n", "  scope: [/a]\n"),
        "  scopes: [{folder: c, paths: [/a/*]}]\n",
        *("  guard: {share: 1%}\n", "  expect: {values: {/a: 1}}\n", "  labels: {}\n"),
        "  driftIgnore: [{path: /a, reason: b, until: 2027-01-01}]\n",
        "  selector: {matchLabels: {a: b}, trusted: [a]}\n",
        "# reconciler: ignore E003 until 2030-01-01: b\n",
        *("*a", "  soak: 1h\n", "  drift: report\n", "\x00", "\ufeff", "'", "{", ": "),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["a.yaml", "b.yaml", "c/d.yml", ".fleetignore"]),
        st.lists(PIECES, max_size=8).map("".join) | st.binary(max_size=20),
        max_size=3,
    )
)
def test_no_repository_makes_it_raise(
    fleet_of: MakeFleet, content: Mapping[str, str | bytes]
) -> None:
    fleet = fleet_of(content)
    assert findings.errors(fleet.findings) or fleet.name == "a"
    for agent in ({}, {"a": "b"}):
        render.render(fleet, agent)
        Index(fleet.inventories).of(agent)
    assert list(fleet.findings) == sorted(
        fleet.findings, key=lambda found: (found.where, found.rule)
    )


def hostile() -> dict[str, str]:
    names = ", ".join(f"gone{index}.yaml" for index in range(50))
    naming = CONFIG.replace("collector.yaml", names)
    unknown = "".join(f"x{index}: 1\n" for index in range(50_000))
    sections = ", ".join(f"x{index}: 1" for index in range(40_000))
    return {
        "10 MB": FLEET + "#" * 10_000_000,
        "alias bomb": FLEET
        + "a0: &a0 [x]\n"
        + "".join(
            f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n"
            for level in range(1, 12)
        ),
        "20,000 deep": FLEET + "spec: " + "[" * 20_000,
        "50,000 unknown fields": FLEET + unknown,
        "40,000 unknown sections": CONFIG.replace(
            "files: [collector.yaml]", f"config: {{{sections}}}"
        ),
        "12,000 missing files": "---\n".join([naming] * 240),
        "100,000 documents": "--- a\n" * 100_000 + "# kind reconciler/\n",
        "one key of a megabyte": FLEET + "x" * 1_000_000 + ": 1\n",
    }


@pytest.mark.parametrize("case", hostile())
def test_hostile_repositories_are_refused_quickly(
    fleet_of: MakeFleet, case: str
) -> None:
    started = time.process_time()
    fleet = fleet_of(GOOD | {"hostile.yaml": hostile()[case]})
    assert time.process_time() - started < 3
    assert findings.errors(fleet.findings)
    assert sum(len(str(found)) for found in fleet.findings) < 1_000_000


def test_a_root_that_cannot_be_read_is_not_told_to_be_missing(
    fleet_of: MakeFleet,
) -> None:
    (found,) = fleet_of({"fleet.yaml": FLEET + "spec: [\n"}).fatal
    assert found.rule == "E001"


def test_a_finding_of_a_whole_repository_stands_at_its_root(
    fleet_of: MakeFleet,
) -> None:
    (found,) = fleet_of({"README.md": "hello"}).findings
    assert found.where == Where("fleet.yaml")


def test_the_deepest_files_that_a_setting_may_allow_are_walked_to_the_end(
    snapshot_of: MakeSnapshot,
) -> None:
    deep = "".join(f"&a{n} {{k: " for n in range(120)) + "1" + "}" * 120
    config = CONFIG.replace("files: [collector.yaml]", f"config: {{exporters: {deep}}}")
    twin = config.replace("everyone", "twin")
    snapshot = snapshot_of({"fleet.yaml": FLEET, "a.yaml": config, "b.yaml": twin})
    fleet = parse.parse(snapshot, caps=Caps(depth=128))
    assert set(fleet.configs) == {"everyone", "twin"}
    assert not isinstance(render.render(fleet, {}), Unmatched)
    assert lint.check(fleet)
