import pytest

from reconciler.errors import Where
from reconciler.fleet import semver
from reconciler.fleet.findings import Report
from reconciler.fleet.labels import Operator, Requirement, Selector
from reconciler.fleet.reading import selectors
from reconciler.fleet.syntax.fields import Fields
from tests.fleet.trees import read


def outcome(text: str) -> tuple[Selector | None, Report]:
    report = Report()
    spec = Fields(read(text, "a.yaml"), "spec", known=("selector",), report=report)
    return selectors.read(spec, report).selector, report


def reach(text: str) -> Selector | None:
    spec = Fields(read(text, "a.yaml"), "spec", known=("selector",), report=Report())
    found = selectors.read(spec, Report())
    assert found.selector is None or found.selector == found.reach
    return found.reach


def messages(text: str) -> list[str]:
    selector, report = outcome(text)
    assert selector is None
    return [found.message for found in report.findings]


@pytest.mark.parametrize(
    "text", ["selector: {}", "selector: {matchLabels: {}, matchExpressions: []}"]
)
def test_an_empty_selector_selects_everyone(text: str) -> None:
    selector, report = outcome(text)
    assert selector == Selector()
    assert report.findings == ()


def test_labels_and_expressions_are_joined() -> None:
    selector, report = outcome(
        "selector:\n"
        "  matchLabels: {role: gateway, deployment.environment.name: prod}\n"
        "  matchExpressions:\n"
        "    - {key: region, operator: In, values: [eu, us]}\n"
        "    - {key: zone, operator: NotIn, values: [a]}\n"
        "    - {key: canary, operator: DoesNotExist}\n"
        "    - {key: host.name, operator: Exists, values: []}\n"
    )
    assert report.findings == ()
    assert selector == Selector(
        (
            Requirement("role", Operator.IN, frozenset({"gateway"})),
            Requirement(
                "deployment.environment.name", Operator.IN, frozenset({"prod"})
            ),
            Requirement("region", Operator.IN, frozenset({"eu", "us"})),
            Requirement("zone", Operator.NOT_IN, frozenset({"a"})),
            Requirement("canary", Operator.DOES_NOT_EXIST),
            Requirement("host.name", Operator.EXISTS),
        )
    )


def test_a_missing_selector_is_an_error_that_shows_the_empty_one() -> None:
    _, report = outcome("{}")
    (found,) = report.findings
    assert found.message == "`spec.selector` is missing"
    assert found.hint == "write `selector: {}` to select every agent"


def test_a_selector_without_content_is_an_error() -> None:
    assert messages("selector:\n") == ["`spec.selector` must be a mapping, not empty"]


def test_a_label_value_must_be_text() -> None:
    selector, report = outcome("selector: {matchLabels: {canary: true}}")
    assert selector is None
    (found,) = report.findings
    assert found.message == "the label `canary` must be text, not `true`"
    assert found.where == Where("a.yaml", 1, 34)
    assert found.hint == "put it in quotes"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("{operator: Exists}", "`spec.selector.matchExpressions[0].key` is missing"),
        ("{key: a}", "`spec.selector.matchExpressions[0].operator` is missing"),
        (
            "{key: a, operator: Matches, values: [b]}",
            (
                "`spec.selector.matchExpressions[0].operator` must be one of "
                "In, NotIn, Exists, DoesNotExist, SemverIn, not `Matches`"
            ),
        ),
        ("{key: a, operator: In}", "`In` takes at least one value"),
        ("{key: a, operator: NotIn, values: []}", "`NotIn` takes at least one value"),
        ("{key: a, operator: Exists, values: [b]}", "`Exists` takes no values"),
        ("{key: a, operator: SemverIn}", "`SemverIn` takes at least one value"),
        (
            "{key: a, operator: SemverIn, values: [^1, '>x']}",
            "`>x` is not a range of versions: cannot read `>x`",
        ),
        ("{key: 'a b', operator: Exists}", "`a b` is not a label key"),
        ("{key: '', operator: Exists}", "`` is not a label key"),
        (
            "a in (b)",
            "`spec.selector.matchExpressions[0]` must be a mapping, not `a in (b)`",
        ),
        (
            "{key: a, operator: In, values: [1]}",
            "`spec.selector.matchExpressions[0].values[0]` must be text, not `1`",
        ),
        (
            "{key: a, operator: Exists, value: b}",
            "unknown field `spec.selector.matchExpressions[0].value`",
        ),
    ],
)
def test_a_faulty_expression_is_named(expression: str, message: str) -> None:
    found = messages(f"selector:\n  matchExpressions:\n    - {expression}\n")
    assert message in found


def test_all_faults_of_a_selector_are_told_at_once() -> None:
    text = "selector:\n  matchLabel: {}\n  matchLabels: {a: 1, b: 2}\n"
    assert len(messages(text)) == 3


def test_a_selector_has_a_bounded_size() -> None:
    labels = ", ".join(f"k{index}: v" for index in range(51))
    assert messages(f"selector: {{matchLabels: {{{labels}}}}}") == [
        "more than 50 requirements in one selector"
    ]


def test_ranges_of_versions_are_read_once_and_a_bad_one_is_told_at_its_place() -> None:
    text = (
        "selector: {{matchExpressions: [{{key: service.version, operator: SemverIn, "
        "values: ['>=0.149.0 <0.160.0', {}]}}]}}"
    )
    selector, report = outcome(text.format("^1"))
    assert report.findings == ()
    assert selector == Selector(
        (
            Requirement(
                "service.version",
                Operator.SEMVER_IN,
                ranges=(semver.parse(">=0.149.0 <0.160.0"), semver.parse("^1")),
            ),
        )
    )
    selector, report = outcome(text.format("'^1 <1'"))
    assert selector is None
    (found,) = report.findings
    assert (found.rule, found.where) == ("E006", Where("a.yaml", 1, 105))
    assert found.message == "`^1 <1` is a range that no version is in"


def test_a_requirement_has_a_bounded_number_of_ranges() -> None:
    ranges = ", ".join(f"^{n}" for n in range(21))
    expression = f"{{key: v, operator: SemverIn, values: [{ranges}]}}"
    assert messages(f"selector: {{matchExpressions: [{expression}]}}") == [
        "more than 20 ranges in one requirement"
    ]


def test_trusted_names_labels_that_an_agent_cannot_give_itself() -> None:
    selector, report = outcome("selector: {matchLabels: {a: b}, trusted: [a]}")
    assert report.findings == ()
    assert selector is not None
    assert selector.trusted == {"a"}
    assert not selector.matches({"a": "b"}, claimed={"a"})


def test_trusting_a_label_that_nobody_asks_for_is_an_error() -> None:
    selector, report = outcome("selector: {matchLabels: {role: b}, trusted: [rolle]}")
    assert selector is None
    (found,) = report.findings
    assert found.rule == "E006"
    assert found.message == "no requirement of this selector asks for the label `rolle`"
    assert found.where == Where("a.yaml", 1, 46)


ROLE = Requirement("role", Operator.IN, frozenset({"gateway"}))


@pytest.mark.parametrize(
    "more",
    [
        "canary: true",
        "'a b': c",
        "}, matchExpressions: [{key: env, operator: Inn, values: [prod]}",
        "}, matchExpressions: [{key: env, operator: In, values: [prod, 1]}",
        "}, matchExpressions: [env",
        "}, matchexpressions: {",
    ],
)
def test_a_selector_with_a_fault_reaches_no_further_than_what_is_sound(
    more: str,
) -> None:
    text = "selector: {matchLabels: {role: gateway, " + more
    text += "]}" if "[" in more else "}}"
    assert messages(text)
    assert reach(text) == Selector((ROLE,))


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "selector: all",
        "selector: {matchlabels: {role: gateway}}",
        "selector: {matchLabels: {role: 1}}",
        "selector: {matchLabels: {role: gateway}, trusted: [rolle]}",
        "selector: {matchLabels: {role: gateway}, trusted: role}",
    ],
)
def test_whom_a_selector_reaches_nobody_can_say_without_anything_sound(
    text: str,
) -> None:
    assert messages(text)
    assert reach(text) is None


def test_a_label_of_a_faulty_requirement_may_be_trusted() -> None:
    text = "selector: {matchLabels: {a: 1, role: gateway}, trusted: [a, role]}"
    assert messages(text) == ["the label `a` must be text, not `1`"]
    assert reach(text) == Selector((ROLE,), frozenset({"a", "role"}))
