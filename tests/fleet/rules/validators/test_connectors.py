import pytest

from reconciler.fleet.rules.validators import connectors
from tests.fleet.rules.validators.views import told

ROUTE = "condition: 'true', pipelines: [logs/a]"


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        (f"table: [{{{ROUTE}}}]", []),
        (f"table: [{{{ROUTE}, context: span, action: copy}}]", []),
        ("table: '${file:table}'", []),
        ("", ["needs a `table` of routes"]),
        (
            "table: [{}]",
            [
                "`table.0` needs a `condition` or a `statement`",
                "`table.0` needs `pipelines` to route to",
            ],
        ),
        (
            f"table: [{{{ROUTE}, statement: route(), context: trace}}]",
            [
                "`table.0.statement` must not be set beside `condition`",
                (
                    "`table.0.context` must be one of resource, span, metric, "
                    "datapoint, log, request"
                ),
            ],
        ),
        (
            "table: [{statement: route(), context: request, pipelines: [logs/a]}]",
            ["`table.0` needs a `condition` for the context `request`"],
        ),
    ],
)
def test_what_the_routing_connector_refuses(settings: str, messages: list[str]) -> None:
    assert told(lambda it: connectors.of("routing", it), settings) == messages
    assert told(lambda it: connectors.of("forward", it), settings) == []


def test_it_routes_only_to_pipelines_that_receive_from_it() -> None:
    settings = "default_pipelines: ['logs / a', logs/c], table: [{pipelines: [logs/b]}]"
    assert told(lambda it: connectors.routes(it, {"logs/a"}), settings) == [
        "`it.default_pipelines` names `logs/c`, which is no pipeline that receives "
        "from it".replace("`it.", "`"),
        (
            "`table.0.pipelines` names `logs/b`, which is no pipeline that receives "
            "from it"
        ),
    ]
