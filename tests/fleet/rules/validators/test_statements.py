import pytest

from reconciler.fleet.rules.validators import statements
from tests.fleet.rules.validators.views import told

BAD = "is wrong at character 1: more is expected"


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "trace_statements: ['set(span.name, \"a\")'], error_mode: Silent",
        "log_statements: [{context: LOG, statements: [drop()], conditions: [b == 1]}]",
        "metric_statements: '${file:statements}'",
        "metric_statements: [{statements: ['${env:STATEMENT}']}]",
        "profile_statements: ",
        "log_statements: [{context: log, statements: ['set(body, 1)']}]",
        "log_statements: [{context: '${env:C}', statements: ['set(body, 1)']}]",
    ],
)
def test_statements_that_a_transform_processor_takes(settings: str) -> None:
    assert told(statements.transform, settings) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("trace_statements: ['']", f"the OTTL in `trace_statements` {BAD}"),
        (
            "log_statements: [{context: span, statements: []}]",
            "`log_statements.0.context` must be one of resource, scope, log here",
        ),
        (
            "log_statements: [{statements: ['set(body, 1)']}]",
            (
                "the OTTL in `log_statements.0.statements` is wrong at character 5: "
                "`body` has no context"
            ),
        ),
        (
            "log_statements: [{statements: [drop(), '']}]",
            f"the OTTL in `log_statements.0.statements` {BAD}",
        ),
        (
            "log_statements: [{statements: [], conditions: ['']}]",
            f"the OTTL in `log_statements.0.conditions` {BAD}",
        ),
    ],
)
def test_statements_that_it_does_not_take(settings: str, message: str) -> None:
    assert told(statements.transform, settings) == [message]


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        ("traces: {span: ['name == \"a\"'], resource: []}", []),
        ("log_conditions: ['true', {context: log, conditions: ['true']}]", []),
        (
            "log_conditions: ['body == nil']",
            [
                (
                    "the OTTL in `log_conditions` is wrong at character 1: `body` has "
                    "no context"
                )
            ],
        ),
        ("traces: {span: [null]}", [f"the OTTL in `traces.span` {BAD}"]),
        ("traces: {span: ['']}", [f"the OTTL in `traces.span` {BAD}"]),
        ("logs: {log_record: ['']}", [f"the OTTL in `logs.log_record` {BAD}"]),
        ("metric_conditions: ['']", [f"the OTTL in `metric_conditions` {BAD}"]),
        (
            "metric_conditions: [{context: log}, {context: Resource}, {context: x}]",
            [
                (
                    "`metric_conditions.0.context` must be one of resource, scope, "
                    "metric, datapoint here"
                )
            ],
        ),
        (
            "metric_conditions: [{conditions: ['']}]",
            [f"the OTTL in `metric_conditions.0.conditions` {BAD}"],
        ),
    ],
)
def test_conditions_of_a_filter(settings: str, messages: list[str]) -> None:
    assert told(statements.filter_, settings) == messages


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ("statement: route() where true", 0),
        ("condition: 'attributes[\"a\"] == 1'", 0),
        ('context: request, condition: \'request["a"] == "b"\'', 0),
        ("statement: route( where true", 1),
        ("condition: 'a ='", 1),
    ],
)
def test_routes(settings: str, count: int) -> None:
    assert len(told(statements.route, settings)) == count
