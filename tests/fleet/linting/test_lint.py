from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding, Reach, Severity
from reconciler.fleet.linting import audience, lint
from reconciler.fleet.memory import Memory
from reconciler.fleet.population import KnownAgent
from reconciler.fleet.reading import parse
from reconciler.fleet.reading.files import Cache
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import Blocked
from reconciler.fleet.snapshot import Snapshot
from tests.fleet.conftest import MakeFleet, MakeSnapshot

FLEET = "apiVersion: reconciler/v1\nkind: Fleet\nmetadata: {name: acme}\n"
COMPLETE = (
    "receivers: {nop: }, exporters: {debug: }, "
    "service: {pipelines: {traces: {receivers: [nop], exporters: [debug]}}}"
)
PARTIAL = "receivers: {nop: }, exporters: {debug: }"
PIPELINE = "service: {pipelines: {traces: {receivers: [nop], exporters: [debug]}}}"
TO_NOTHING = "service: {pipelines: {traces: {exporters: [nop]}}}"
OPEN = "exporters: {debug: {password: hunter22}}"


def document(kind: str, name: str, selector: str, spec: str) -> str:
    return (
        f"---\napiVersion: reconciler/v1\nkind: {kind}\n"
        f"metadata: {{name: {name}}}\nspec:\n  selector: {selector}\n{spec}"
    )


def config(name: str, selector: str, body: str, priority: int = 0) -> str:
    spec = f"  priority: {priority}\n  config: {{{body}}}\n"
    return document("CollectorConfig", name, selector, spec)


def group(name: str, selector: str, priority: int = 0) -> str:
    return document("AgentGroup", name, selector, f"  priority: {priority}\n")


def labels(**values: str) -> str:
    pairs = ", ".join(f"{key}: {value}" for key, value in values.items())
    return f"{{matchLabels: {{{pairs}}}}}"


def sampling(value: int) -> str:
    return f"exporters: {{debug: {{sampling_initial: {value}}}}}"


def agent(name: str, **values: str) -> KnownAgent:
    return KnownAgent(name, values)


def text(found: tuple[Finding, ...]) -> list[str]:
    return [f"{one.severity} {one.rule} {one.message}" for one in found]


def lines(fleet: Fleet) -> list[str]:
    assert fleet.findings == ()
    return text(lint.check(fleet))


def test_a_fleet_without_documents_is_clean(fleet_of: MakeFleet) -> None:
    assert lines(fleet_of({"fleet.yaml": FLEET})) == []


def test_a_base_with_layers_that_fit_is_clean(fleet_of: MakeFleet) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE)
            + config("a", labels(role="a"), sampling(1), 1)
            + config("b", labels(role="b"), sampling(2), 1)
            + group("as", labels(role="a"))
            + group("bs", labels(role="b"))
        }
    )
    assert lines(fleet) == []


def test_a_conflict_is_found_where_one_agent_could_match_both(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE)
            + config("role", labels(role="a"), sampling(1), 1)
            + config("env", labels(env="b"), sampling(2), 1)
        }
    )
    (line,) = lines(fleet)
    assert line.startswith("error E070 `exporters.debug.sampling_initial` is set to")
    assert line.endswith(" (for agents with env=b, role=a)")


def test_configs_of_different_entries_do_not_conflict_and_only_one_is_judged(
    fleet_of: MakeFleet,
) -> None:
    other = config("crd", "{}", "receivers: 1").replace("spec:", "spec:\n  entry: ns/x")
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", COMPLETE) + other})
    assert lines(fleet) == []


def test_a_tie_of_groups_is_found_unless_a_third_settles_it(
    fleet_of: MakeFleet,
) -> None:
    tied = FLEET + group("roles", labels(role="a")) + group("envs", labels(env="b"))
    (line,) = lines(fleet_of({"fleet.yaml": tied}))
    assert line.startswith("error E072 groups `envs` and `roles` both take the agent")
    settled = tied + group("both", labels(role="a", env="b"), 1)
    assert lines(fleet_of({"fleet.yaml": settled})) == []


def test_a_fault_of_everybody_who_gets_a_document_needs_no_example(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE)
            + config("prod", labels(role="a", env="prod"), TO_NOTHING, 1)
        }
    )
    (line,) = lines(fleet)
    assert line.startswith("error E010 ")
    assert "for agents with" not in line


def test_a_fault_of_some_who_get_a_document_names_the_smallest_example(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", PARTIAL)
            + config("env", labels(env="prod"), sampling(1), 1)
            + config("role", labels(role="a"), PIPELINE, 1)
        }
    )
    assert lines(fleet) == [
        "warning E011 the config has no pipelines (for agents with no labels)"
    ]


def test_a_fault_is_told_once_and_not_for_every_combination(
    fleet_of: MakeFleet,
) -> None:
    broken = COMPLETE.replace("exporters: [debug]", "exporters: [nop]")
    layers = "".join(
        config(f"l{index}", labels(env=f"e{index}"), sampling(index), 1)
        for index in range(20)
    )
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", broken) + layers})
    assert [line.partition(" `")[0] for line in lines(fleet)] == ["error E010"]


def test_of_agents_with_a_part_of_the_documents_only_what_breaks_is_told(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE + ", processors: {batch: }")
            + config(
                "role",
                labels(role="a"),
                "service: {pipelines: {traces: {processors: [batch]}}}",
                1,
            )
        }
    )
    assert lines(fleet) == []
    known = (agent("one"), agent("two", role="a"))
    assert text(lint.check(fleet, population=known)) == [
        "warning W020 processor `batch` is in no pipeline (for agents with no labels)"
    ]


def test_what_breaks_a_known_agent_is_an_error_however_few_documents_it_gets(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", PARTIAL)
            + config("role", labels(role="a"), PIPELINE, 1)
        }
    )
    known = (agent("one"), agent("two", role="a"))
    (found,) = lint.check(fleet, population=known)
    assert (found.rule, found.severity) == ("E011", Severity.ERROR)
    assert found.reach == Reach(("default",), 1)


def test_a_fault_says_which_groups_and_how_many_agents_it_hits(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE)
            + config("a", labels(role="a"), TO_NOTHING, 1)
            + group("as", labels(role="a"))
            + group("prod-as", labels(role="a", env="prod"), 1)
            + group("bs", labels(role="b"))
        }
    )
    (found,) = lint.check(fleet)
    assert found.reach == Reach(("as", "prod-as"), None)
    known = (
        agent("one", role="a"),
        agent("two", role="a", env="prod"),
        agent("three", role="b"),
    )
    (found,) = lint.check(fleet, population=known)
    assert found.reach == Reach(("as", "prod-as"), 2)


NOP_ONLY = {"receivers": frozenset({"nop"}), "exporters": frozenset({"nop"})}


def test_agents_are_judged_by_the_components_that_they_report(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", COMPLETE)})
    full = {"receivers": frozenset({"nop"}), "exporters": frozenset({"debug"})}
    known = tuple(
        KnownAgent(f"gw-{number}", {}, components=NOP_ONLY) for number in range(4)
    )
    others = (KnownAgent("other", {}, components=full), agent("silent"))
    (found,) = lint.check(fleet, population=known + others)
    assert (found.rule, found.severity) == ("E017", Severity.ERROR)
    assert found.message.endswith("(on `gw-0`, `gw-1` and 2 more)")
    assert found.reach == Reach(("default",), 4)


def test_a_type_that_all_known_agents_report_is_fine_though_we_never_heard_of_it(
    fleet_of: MakeFleet,
) -> None:
    body = COMPLETE.replace("nop", "acmereceiver")
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", body)})
    assert [one.rule for one in lint.check(fleet)] == ["E017"]
    own = {"receivers": frozenset({"acmereceiver"}), "exporters": frozenset({"debug"})}
    known = (KnownAgent("one", {}, components=own),)
    assert lint.check(fleet, population=known) == ()


def test_a_distribution_pins_what_agents_have(fleet_of: MakeFleet) -> None:
    components = "receivers:\n  - name: nop\nexporters:\n  - name: nop\n"
    pinned = document(
        "Distribution", "core", labels(role="a"), "  components: components.yaml\n"
    )
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET + config("base", "{}", COMPLETE) + pinned,
            "components.yaml": components,
        }
    )
    (line,) = lines(fleet)
    assert line.startswith("error E017 ")
    assert line.endswith("(for agents with role=a)")


def test_documents_beside_a_broken_one_are_judged_all_the_same(
    fleet_of: MakeFleet,
) -> None:
    broken = config("broken", "{}", "receivers: {nop: }").replace(
        "  config", "  konfig"
    )
    fleet = fleet_of(
        {"fleet.yaml": FLEET + config("base", "{}", COMPLETE) + broken}
        | {"own.yaml": config("own", labels(role="a"), OPEN, 1)}
    )
    found = lint.check(fleet, population=(agent("one", role="a"),))
    assert {one.rule for one in found} >= {"E003", "E040"}
    assert [one.reach for one in found if one.rule == "E040"] == [
        Reach(("default",), 1)
    ]
    assert all(
        one.reach == Reach(("default",), 1) for one in found if one.rule == "E003"
    )


def test_nothing_is_said_to_be_missing_while_a_document_cannot_be_read(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET + config("base", labels(role="a"), TO_NOTHING),
            "other.yaml": "apiVersion: reconciler/v1\nkind: CollectorConfig\n",
        }
    )
    assert fleet.fatal
    assert lint.check(fleet) == fleet.findings


def test_a_fleet_that_lints_clean_always_renders(fleet_of: MakeFleet) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", labels(role="a"), COMPLETE)
            + config(
                "some",
                "{matchExpressions: [{key: env, operator: NotIn, values: [x, y]}, "
                "{key: role, operator: In, values: [a]}]}",
                sampling(1),
                1,
            )
        }
    )
    assert lint.check(fleet) == ()
    for role in (None, "a", "b"):
        for env in (None, "x", "z"):
            pairs = {"role": role, "env": env}
            one = {key: value for key, value in pairs.items() if value is not None}
            assert not isinstance(render.render(fleet, one), Blocked)


def many(bodies: list[str]) -> str:
    return "".join(
        config(f"l{key}-{value}", labels(**{f"k{key}": f"v{value}"}), bodies[key], 1)
        for key in range(6)
        for value in range(6)
    )


def test_more_combinations_than_can_be_looked_at_are_admitted(
    fleet_of: MakeFleet,
) -> None:
    layers = many([sampling(1)] * 6)
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", COMPLETE) + layers})
    found = lint.check(fleet)
    assert [(one.rule, one.severity) for one in found] == [("I073", Severity.INFO)]


def test_a_conflict_is_found_also_beyond_the_combinations_looked_at(
    fleet_of: MakeFleet,
) -> None:
    late = config("z1", labels(z="x"), "processors: {batch: {timeout: 1s}}", 9)
    later = config("z2", labels(y="x"), "processors: {batch: {timeout: 2s}}", 9)
    layers = many([sampling(1)] * 6) + late + later
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", COMPLETE) + layers})
    assert "E070" in {one.rule for one in lint.check(fleet)}


def test_known_agents_are_judged_whatever_the_selectors_allow(
    fleet_of: MakeFleet,
) -> None:
    last = config("last", labels(k0="v5", k5="v5", z="x"), TO_NOTHING, 9)
    layers = many([sampling(1)] * 6) + last
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", COMPLETE) + layers})
    known = (agent("one", k0="v5", k5="v5", z="x"),)
    found = lint.check(fleet, population=known)
    assert [one.reach for one in found if one.rule == "E010"] == [
        Reach(("default",), 1)
    ]


def test_what_reading_found_comes_first_hand_and_is_not_repeated(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of({"fleet.yaml": FLEET + "spec: {x: 1}\n"})
    assert [found.rule for found in fleet.findings] == ["E003"]
    assert lint.check(fleet) == fleet.findings


COMMENT = "# reconciler: ignore E040 until 2027-03-31: to be rotated\n"


@pytest.mark.parametrize(
    ("day", "rules"),
    [
        (None, []),
        (date(2027, 3, 31), []),
        (date(2027, 4, 1), ["W079", "E040"]),
    ],
    ids=str,
)
def test_a_comment_silences_a_fault_until_its_day(
    fleet_of: MakeFleet, day: date | None, rules: list[str]
) -> None:
    own = (
        "  config:\n    exporters:\n      otlp_grpc:\n        endpoint: a:4317\n"
        f"        headers:\n          {COMMENT}          token: abc\n"
        "    service:\n      pipelines:\n        traces:\n"
        "          exporters: [debug, otlp_grpc]\n  priority: 1\n"
    )
    base = config("base", "{}", COMPLETE)
    layer = document("CollectorConfig", "own", labels(role="a"), own)
    fleet = fleet_of({"fleet.yaml": FLEET + base + layer})
    found = lint.check(fleet, today=day)
    assert [one.rule for one in found] == rules
    assert not isinstance(render.render(fleet, {"role": "a"}), Blocked)


def test_a_comment_that_silences_nothing_is_told(fleet_of: MakeFleet) -> None:
    fleet = fleet_of({"fleet.yaml": FLEET + COMMENT + config("base", "{}", COMPLETE)})
    (found,) = lint.check(fleet)
    assert (found.rule, found.where.line) == ("W079", 4)


def test_traps_are_looked_for_where_the_source_is_at_hand(
    fleet_of: MakeFleet,
) -> None:
    source = (
        FLEET
        + config("base", "{}", COMPLETE)
        + config(
            "a",
            labels(role="a"),
            "processors: {resource: {attributes: "
            "[{key: a, value: on, action: insert}]}}, "
            "service: {pipelines: {traces: {processors: [resource]}}}",
            1,
        )
    )
    fleet = fleet_of({"fleet.yaml": source})
    assert lint.check(fleet) == ()
    (found,) = lint.check(fleet, sources={"fleet.yaml": source.encode()})
    assert found.rule == "W060"
    assert found.reach == Reach(("default",), None)


BODIES = (
    COMPLETE,
    PARTIAL,
    PIPELINE,
    TO_NOTHING,
    OPEN,
    sampling(1),
    sampling(2),
    "extensions: {opamp: }",
    "service: {pipelines: {}}",
)
SELECTORS = ("{}", labels(role="a"), labels(env="b"), labels(role="a", env="b"))
AGENTS = tuple(
    agent(f"{role}-{env}", **{k: v for k, v in pairs if v})
    for role in ("", "a", "z")
    for env in ("", "b")
    for pairs in [(("role", role), ("env", env))]
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(SELECTORS), st.sampled_from(BODIES), st.integers(0, 2)
        ),
        max_size=5,
    )
)
def test_lint_finds_an_error_exactly_where_a_known_agent_would_be_kept_back(
    fleet_of: MakeFleet, documents: list[tuple[str, str, int]]
) -> None:
    source = FLEET + "".join(
        config(f"c{number}", *document) for number, document in enumerate(documents)
    )
    fleet = fleet_of({"fleet.yaml": source})
    found = lint.check(fleet, population=AGENTS)
    errors = [one for one in found if one.severity is Severity.ERROR]
    hit = sum(isinstance(render.render(fleet, one.labels), Blocked) for one in AGENTS)
    counted = [one.reach.agents or 0 for one in errors if one.reach]
    assert max(counted, default=0) <= hit <= sum(counted)
    places = [(one.rule, one.where) for one in found]
    assert len(places) == len(set(places))


@given(st.permutations(BODIES[:6]))
def test_what_is_found_does_not_depend_on_the_order_of_files(
    fleet_of: MakeFleet, bodies: list[str]
) -> None:
    documents = {
        body: config(f"c{number}", SELECTORS[number % 4], body)
        for number, body in enumerate(BODIES[:6])
    }
    files = {f"{BODIES.index(body)}.yaml": documents[body] for body in bodies}
    fleet = fleet_of({"fleet.yaml": FLEET} | files)
    assert text(lint.check(fleet)) == text(
        lint.check(fleet_of({"fleet.yaml": FLEET} | dict(sorted(files.items()))))
    )


@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(SELECTORS), st.sampled_from(BODIES)), max_size=4
        ),
        min_size=2,
        max_size=3,
    )
)
def test_with_a_memory_of_other_revisions_the_same_is_found(
    snapshot_of: MakeSnapshot, revisions: list[list[tuple[str, str]]]
) -> None:
    cache, memory = Cache(), Memory()
    for documents in revisions:
        files = {
            f"c{number}.yaml": config(f"c{number}", *one, number % 2)
            for number, one in enumerate(documents)
        }
        snapshot = snapshot_of({"fleet.yaml": FLEET} | files)
        remembered = lint.check(
            parse.parse(snapshot, cache), population=AGENTS, memory=memory
        )
        assert remembered == lint.check(parse.parse(snapshot), population=AGENTS)


def test_where_a_variable_is_set_for_others_is_told_whatever_is_remembered(
    snapshot_of: MakeSnapshot,
) -> None:
    def revision(port: int) -> Snapshot:
        needs = "receivers: {nop: {port: {$var: port}}}"
        sets = document(
            "Variables", "v", labels(role="a"), f"  values: {{port: {port}}}\n"
        )
        return snapshot_of(
            {
                "fleet.yaml": FLEET + config("c", "{}", needs),
                "v.yaml": "# moved\n" * port + sets,
            }
        )

    cache, memory = Cache(), Memory()
    for port in (1, 3):
        found = lint.check(parse.parse(revision(port), cache), memory=memory)
        (missing,) = [one for one in found if one.rule == "E074"]
        assert missing.hint == f"for other agents it is set at v.yaml:{port + 7}:12"


def test_a_failing_test_of_a_fleet_is_among_what_is_found(
    fleet_of: MakeFleet,
) -> None:
    test = (
        "---\napiVersion: reconciler/v1\nkind: ConfigTest\nmetadata: {name: t}\n"
        "spec: {labels: {}, expect: {documents: []}}\n"
    )
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", COMPLETE) + test})
    assert [one.rule for one in lint.check(fleet)] == ["E078"]


def test_of_too_many_combinations_those_that_tests_describe_are_looked_at(
    fleet_of: MakeFleet,
) -> None:
    described = {f"k{key}": f"v{key}" for key in range(6)}
    pairs = ", ".join(f"{key}: {value}" for key, value in described.items())
    test = (
        "---\napiVersion: reconciler/v1\nkind: ConfigTest\nmetadata: {name: t}\n"
        f"spec: {{labels: {{{pairs}}}, expect: {{documents: []}}}}\n"
    )
    source = FLEET + config("base", "{}", COMPLETE) + many([sampling(1)] * 6) + test
    fleet = fleet_of({"fleet.yaml": source})
    known = audience.gather(fleet, ())
    assert not known.is_whole
    assert described in [dict(case.labels) for case in known.cases]
    assert len(known.cases) == audience.LEAST_LABEL_SETS
