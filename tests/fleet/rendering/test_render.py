import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet.documents import DEFAULT_GROUP, Fleet
from reconciler.fleet.linting import lint
from reconciler.fleet.reading import parse
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import Blocked, Merged, RenderedConfig, Unmatched
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.fleet.syntax import yaml
from reconciler.fleet.syntax.nodes import Table, plain, same
from reconciler.ids import CommitSha, Revision
from tests.fleet import fleets

FLEET = "apiVersion: reconciler/v1\nkind: Fleet\nmetadata: {name: acme}\n"
BASE = """\
receivers: {nop: }
exporters: {nop: }
service:
  pipelines:
    traces: {receivers: [nop], exporters: [nop]}
"""


def config(name: str, spec: str) -> str:
    return (
        "apiVersion: reconciler/v1\nkind: CollectorConfig\n"
        f"metadata: {{name: {name}}}\nspec:\n  {spec}\n"
    )


def group(name: str, spec: str) -> str:
    return config(name, spec).replace("CollectorConfig", "AgentGroup")


def fleet_of(files: dict[str, str], commit: str = "a" * 40) -> Fleet:
    sources = {
        path: SourceFile(path, blob_id(content.encode()), content.encode())
        for path, content in (files | {"fleet.yaml": FLEET}).items()
    }
    fleet = parse.parse(Snapshot(Revision("main", CommitSha(commit)), sources))
    assert fleet.findings == ()
    return fleet


def rendered(fleet: Fleet, labels: Mapping[str, str] | None = None) -> RenderedConfig:
    outcome = render.render(fleet, labels or {})
    assert isinstance(outcome, RenderedConfig)
    return outcome


def blocked(fleet: Fleet, labels: Mapping[str, str] | None = None) -> list[str]:
    outcome = render.render(fleet, labels or {})
    assert isinstance(outcome, Blocked)
    return [str(found) for found in outcome.findings]


WITH_BASE = {
    "base.yaml": config("base", "{selector: {}, files: [nop.yaml]}"),
    "nop.yaml": BASE,
}


def test_an_agent_that_nothing_selects_is_unmatched() -> None:
    one = config("gateway", "{selector: {matchLabels: {role: gateway}}, config: {}}")
    assert render.render(fleet_of({"a.yaml": one}), {"role": "edge"}) == Unmatched()


def test_a_single_file_is_delivered_as_its_author_wrote_it() -> None:
    body = "# why\r\n" + BASE.replace("\n", "\r\n")
    result = rendered(fleet_of(WITH_BASE | {"nop.yaml": body}))
    assert result.entries[""].body == body.encode()
    assert result.entries[""].content_type == "text/yaml"
    assert result.documents == ("base",)


def test_merged_documents_are_written_anew_and_mean_the_same() -> None:
    layer = config(
        "layer", "{selector: {}, priority: 1, config: {exporters: {nop: {a: on}}}}"
    )
    result = rendered(fleet_of(WITH_BASE | {"layer.yaml": layer}))
    assert result.documents == ("base", "layer")
    (document,) = yaml.compose(result.entries[""].body, "out.yaml")
    assert plain(document) == plain(result.nodes[""])
    assert plain(document)["exporters"] == {"nop": {"a": "on"}}


def test_what_is_merged_is_what_is_written_down() -> None:
    layer = config("layer", "{selector: {}, config: {exporters: {nop: }}}")
    fleet = fleet_of(WITH_BASE | {"layer.yaml": layer})
    merged, written = render.merge(fleet, {}), rendered(fleet)
    assert isinstance(merged, Merged)
    assert (merged.nodes, merged.documents) == (written.nodes, written.documents)
    assert [one.name for one in merged.configs[""]] == ["base", "layer"]


def test_every_leaf_knows_the_line_it_came_from() -> None:
    layer = config(
        "layer", "{selector: {}, priority: 1, config: {exporters: {nop: {a: b}}}}"
    )
    tree: Any = rendered(fleet_of(WITH_BASE | {"layer.yaml": layer})).nodes[""]
    places = {}

    def walk(table: Table, path: str) -> None:
        for key, (_, value) in table.items.items():
            if isinstance(value, Table):
                walk(value, f"{path}/{key}")
            else:
                places[f"{path}/{key}"] = value.where

    walk(tree, "")
    assert places["/exporters/nop/a"] == Where("layer.yaml", 5, 61)
    assert places["/service/pipelines/traces/receivers"] == Where("nop.yaml", 5, 25)


def test_higher_priority_wins_whatever_the_names_and_files() -> None:
    layers = {
        "a.yaml": config(
            "z", "{selector: {}, priority: 1, config: {exporters: {nop: {v: 1}}}}"
        ),
        "z.yaml": config(
            "a", "{selector: {}, priority: 2, config: {exporters: {nop: {v: 2}}}}"
        ),
    }
    result = rendered(fleet_of(WITH_BASE | layers))
    assert result.documents == ("base", "z", "a")
    assert plain(result.nodes[""])["exporters"]["nop"] == {"v": 2}


EQUALS = {
    "one.yaml": config(
        "one", "{selector: {}, priority: 1, config: {exporters: {nop: {v: 1}}}}"
    ),
    "two.yaml": config(
        "two", "{selector: {}, priority: 1, config: {exporters: {nop: {v: 2}}}}"
    ),
}


def test_equals_that_disagree_block_and_both_lines_are_named() -> None:
    (found,) = blocked(fleet_of(WITH_BASE | EQUALS))
    assert found == (
        "two.yaml:5:58: error E070: `exporters.nop.v` is set to different values at "
        "one.yaml:5:58 and two.yaml:5:58, by documents of equal priority"
    )


def test_a_conflict_stands_even_where_a_higher_document_has_the_last_word() -> None:
    last = config(
        "last", "{selector: {}, priority: 9, config: {exporters: {nop: {v: 3}}}}"
    )
    assert len(blocked(fleet_of(WITH_BASE | EQUALS | {"last.yaml": last}))) == 1


def test_equals_that_agree_or_do_not_meet_are_merged() -> None:
    agreeing = {
        path: text.replace("v: 2", "v: 1, w: 2") for path, text in EQUALS.items()
    }
    result = rendered(fleet_of(WITH_BASE | agreeing))
    assert plain(result.nodes[""])["exporters"]["nop"] == {"v": 1, "w": 2}


@given(st.permutations(["low", "one", "two", "high"]), st.data())
def test_neither_order_nor_place_of_documents_matters(
    names: list[str], data: st.DataObject
) -> None:
    specs = {
        "low": "{selector: {}, config: {receivers: {nop: }, exporters: {nop: {v: 1}}}}",
        "one": "{selector: {}, priority: 5, config: {exporters: {nop: {v: 2}}}}",
        "two": "{selector: {}, priority: 5, config: {exporters: {nop: {w: 2}}}}",
        "high": "{selector: {}, priority: 9, config: {service: {pipelines: {logs: "
        "{receivers: [nop], exporters: [nop]}}}}}",
    }
    usual = rendered(
        fleet_of({f"{name}.yaml": config(name, specs[name]) for name in specs})
    )
    paths = data.draw(
        st.lists(st.sampled_from(["a", "b", "c", "d/e"]), min_size=4, max_size=4)
    )
    files: dict[str, str] = {}
    for name, path in zip(names, paths, strict=True):
        text = files.get(f"{path}.yaml", "")
        files[f"{path}.yaml"] = f"{text}---\n{config(name, specs[name])}"
    shuffled = rendered(fleet_of(files))
    assert shuffled.hash == usual.hash
    assert shuffled.entries == usual.entries
    assert shuffled.documents == usual.documents


def test_a_commit_that_changes_no_meaning_keeps_the_hash() -> None:
    before = rendered(fleet_of(WITH_BASE))
    body = "# moved\n" + BASE.replace("{nop: }", "{'nop': null}")
    after = rendered(fleet_of(WITH_BASE | {"nop.yaml": body}, commit="b" * 40))
    assert after.hash == before.hash
    assert after.entries != before.entries


def test_an_empty_config_is_blocked() -> None:
    (found,) = blocked(
        fleet_of({"a.yaml": config("none", "{selector: {}, config: {}}")})
    )
    assert "a.yaml:1:1: error E051" in found
    assert "from none is empty" in found


def test_an_empty_config_that_is_allowed_is_sent() -> None:
    spec = "{selector: {}, config: {}, allowEmpty: true}"
    result = rendered(fleet_of({"a.yaml": config("none", spec)}))
    assert result.entries[""].body == b"{}\n"


def test_a_broken_reference_reaches_no_agent() -> None:
    broken = BASE.replace("exporters: [nop]", "exporters: [debug]")
    (found,) = blocked(fleet_of(WITH_BASE | {"nop.yaml": broken}))
    assert "nop.yaml:5:44: error E010" in found


def test_a_reference_may_be_kept_by_another_layer() -> None:
    broken = BASE.replace("exporters: [nop]", "exporters: [debug]")
    layer = config(
        "layer", "{selector: {}, priority: 1, config: {exporters: {debug: }}}"
    )
    result = rendered(fleet_of(WITH_BASE | {"nop.yaml": broken, "layer.yaml": layer}))
    assert result.documents == ("base", "layer")


VALUES = config("values", "{selector: {}, values: {verbosity: detailed}}").replace(
    "CollectorConfig", "Variables"
)


def test_a_file_with_a_variable_is_written_anew() -> None:
    body = BASE + "extensions: {zpages: {v: {$var: verbosity}}} # why\n"
    result = rendered(fleet_of(WITH_BASE | {"nop.yaml": body, "values.yaml": VALUES}))
    assert b"$var" not in result.entries[""].body
    assert b"why" not in result.entries[""].body
    assert plain(result.nodes[""])["extensions"] == {"zpages": {"v": "detailed"}}


def test_a_file_alone_has_nothing_to_remove_or_to_add_to() -> None:
    spec = (
        "{selector: {}, files: [nop.yaml], remove: [/exporters/*], "
        "lists: [{path: /service/pipelines/*/receivers, merge: append}]}"
    )
    result = rendered(fleet_of(WITH_BASE | {"base.yaml": config("base", spec)}))
    assert result.entries[""].body == BASE.encode()
    assert same(result.nodes[""], rendered(fleet_of(WITH_BASE)).nodes[""])
    assert result.hash == rendered(fleet_of(WITH_BASE)).hash


def test_what_was_removed_or_added_to_is_written_anew() -> None:
    for spec in (
        "remove: [/service/pipelines/logs], config: {}",
        (
            "config: {service: {pipelines: {traces: {receivers: [nop/2]}}}, "
            "receivers: {nop/2: }}, "
            "lists: [{path: /service/pipelines/*/receivers, merge: append}]"
        ),
    ):
        layer = config("layer", f"{{selector: {{}}, priority: 1, {spec}}}")
        result = rendered(fleet_of(WITH_BASE | {"layer.yaml": layer}))
        (document,) = yaml.compose(result.entries[""].body, "out.yaml")
        assert plain(document) == plain(result.nodes[""])
        assert result.entries[""].body != BASE.encode()


def test_a_variable_that_is_not_set_blocks_those_who_need_it() -> None:
    user = config(
        "user",
        "{selector: {matchLabels: {role: edge}}, priority: 1, "
        "config: {extensions: {zpages: {v: {$var: verbosity}}}}}",
    )
    values = VALUES.replace("{selector: {}", "{selector: {matchLabels: {env: prod}}")
    fleet = fleet_of(WITH_BASE | {"user.yaml": user, "values.yaml": values})
    assert rendered(fleet).documents == ("base",)
    assert rendered(fleet, {"role": "edge", "env": "prod"}).documents[-1] == "user"
    (found,) = blocked(fleet, {"role": "edge"})
    assert found.startswith("user.yaml:5:97: error E074: no Variables document sets")


def test_equal_subtrees_are_shared_between_agents() -> None:
    layer = config(
        "layer",
        "{selector: {matchLabels: {role: edge}}, priority: 1, "
        "config: {exporters: {nop: {v: 1}}}}",
    )
    fleet = fleet_of(WITH_BASE | {"layer.yaml": layer})
    one, other = rendered(fleet).nodes[""], rendered(fleet, {"role": "edge"}).nodes[""]
    assert isinstance(one, Table)
    assert isinstance(other, Table)
    assert one.items["service"][1] is other.items["service"][1]
    assert one is rendered(fleet, {"role": "gateway"}).nodes[""]


DISTRIBUTION = (
    config("acme", "{selector: {matchLabels: {build: acme}}, components: list.yaml}")
).replace("CollectorConfig", "Distribution")
COMPONENTS = """buildinfo: {command: otelcol-acme, version: 1.0.0}
receivers: [{name: nop, stability: {traces: Beta}}]
exporters: [{name: nop, stability: {traces: Beta}}]
"""


def test_the_catalogue_speaks_where_a_distribution_says_what_is_run() -> None:
    body = BASE + "extensions: {zpages: }\n"
    pinned = {"acme.yaml": DISTRIBUTION, "list.yaml": COMPONENTS, "nop.yaml": body}
    fleet = fleet_of(WITH_BASE | pinned)
    assert rendered(fleet, {"build": "other"}).documents == ("base",)
    (found,) = blocked(fleet, {"build": "acme"})
    assert "nop.yaml:6:14: error E017" in found
    assert render.distribution_of(fleet, {}) is None


def test_the_distribution_of_highest_priority_counts_then_the_first_name() -> None:
    files = {"list.yaml": COMPONENTS}
    for name, priority in (("b", 0), ("c", 1), ("a", 0), ("d", 1)):
        spec = f"{{selector: {{}}, priority: {priority}, components: list.yaml}}"
        document = config(name, spec).replace("CollectorConfig", "Distribution")
        files[f"{name}.yaml"] = document
    chosen = render.distribution_of(fleet_of(WITH_BASE | files), {})
    assert chosen is not None
    assert chosen.name == "c"
    assert render.catalogue_of(chosen) is render.catalogue_of(chosen)


def test_a_comment_may_let_a_broken_reference_through() -> None:
    comment = "# reconciler: ignore E010 until 2030-01-01: merged on the host\n"
    broken = BASE.replace("exporters: [nop]}", f"exporters: [debug]}} {comment}")
    result = rendered(fleet_of(WITH_BASE | {"nop.yaml": broken}))
    assert result.documents == ("base",)


def test_named_entries_are_merged_apart_and_held_to_no_rules_of_a_collector() -> None:
    others = {
        "crd.yaml": config(
            "crd", "{selector: {}, entry: ns/a, config: {kind: X, v: 1}}"
        ),
        "more.yaml": config(
            "more", "{selector: {}, entry: ns/a, priority: 1, config: {v: 2}}"
        ),
    }
    result = rendered(fleet_of(WITH_BASE | others))
    assert list(result.entries) == ["", "ns/a"]
    assert result.entries["ns/a"].body == b"kind: X\nv: 2\n"
    assert result.entries[""].body == BASE.encode()
    assert result.hash != rendered(fleet_of(WITH_BASE)).hash


@given(
    fleets.fleets(),
    st.fixed_dictionaries(
        {},
        optional={
            "role": st.sampled_from(["edge", "x", "y"]),
            "env": st.just("prod"),
        },
    ),
)
def test_a_fleet_that_lints_clean_always_resolves(
    documents: list[fleets.Document], agent: dict[str, str]
) -> None:
    fleet = fleets.fleet_of(fleets.files_of(*documents))
    if not any(found.rule.startswith("E") for found in lint.check(fleet)):
        assert not isinstance(render.render(fleet, agent), Blocked)


GROUPS = {
    "gateways": group("gateways", "{selector: {matchLabels: {role: gateway}}}"),
    "prod": group("prod", "{selector: {matchLabels: {env: prod}}}"),
    "canaries": group(
        "canaries", "{selector: {matchLabels: {canary: 'y'}}, priority: 5}"
    ),
}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"role": "gateway"}, "gateways"),
        ({"env": "prod"}, "prod"),
        ({"role": "gateway", "env": "prod", "canary": "y"}, "canaries"),
        ({"role": "edge"}, DEFAULT_GROUP),
    ],
)
def test_an_agent_is_in_the_group_of_highest_priority(
    labels: dict[str, str], expected: str
) -> None:
    fleet = fleet_of({"groups.yaml": "---\n".join(GROUPS.values())})
    assert render.group_of(fleet, labels) == expected


def test_a_tie_between_groups_blocks_in_every_order() -> None:
    outcomes = []
    for names in itertools.permutations(GROUPS):
        text = "---\n".join(GROUPS[name] for name in names)
        fleet = fleet_of({"groups.yaml": text})
        outcome = render.group_of(fleet, {"role": "gateway", "env": "prod"})
        assert isinstance(outcome, Blocked)
        outcomes.append([found.message.split(";")[0] for found in outcome.findings])
    message = "groups `gateways` and `prod` both take the agent with priority 0"
    assert outcomes == [[message]] * 6
