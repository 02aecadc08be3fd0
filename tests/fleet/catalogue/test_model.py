from collections.abc import Mapping

import pytest

from reconciler.fleet.catalogue.components_output import KINDS, Distribution, Listed
from reconciler.fleet.catalogue.model import Catalogue, Component, Setting, Shape

SETTINGS = Setting(Shape.STRUCT, closed=True)
EXPORTER = Component(
    "exporters",
    "otlp_grpc",
    signals=frozenset({"traces", "logs", "profiles"}),
    aliases=frozenset({"otlp"}),
    module="example.org/otlp",
    settings=SETTINGS,
)
RENAMED = Component(
    "receivers", "hostmetrics", renamed="host_metrics", settings=SETTINGS
)
CONNECTOR = Component("connectors", "count", pairs=frozenset({("logs", "metrics")}))
REMOVED = Component("exporters", "logging", removed="removed in 0.111.0")
EXTENSION = Component("extensions", "zpages", signals=frozenset())


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(
        "1.2.3",
        Setting(Shape.STRUCT),
        {
            "receivers": {"hostmetrics": RENAMED, "host_metrics": RENAMED},
            "exporters": {"otlp_grpc": EXPORTER, "otlp": EXPORTER, "logging": REMOVED},
            "connectors": {"count": CONNECTOR},
            "extensions": {"zpages": EXTENSION},
        },
    )


def build(kind: str, listed: Mapping[str, Listed]) -> Distribution:
    none: Mapping[str, Listed] = {}
    components = dict.fromkeys(KINDS, none) | {kind: listed}
    return Distribution("otelcol-ours", "1.3.0", components)


def supports(*names: str) -> Listed:
    return Listed("example.org/ours v1", dict.fromkeys(names, "Beta"))


def test_a_component_is_found_by_every_name(catalogue: Catalogue) -> None:
    assert catalogue.find("exporters", "otlp") is EXPORTER
    assert catalogue.find("exporters", "logging") is REMOVED
    assert catalogue.find("receivers", "host_metrics") is RENAMED
    assert catalogue.types("exporters") == {"otlp_grpc", "otlp", "logging"}


def test_what_nobody_knows_is_not_found(catalogue: Catalogue) -> None:
    assert catalogue.find("exporters", "otpl") is None
    assert catalogue.find("exporter", "otlp") is None
    assert catalogue.types("processors") == frozenset()


def test_only_what_a_build_lists_exists_in_it(catalogue: Catalogue) -> None:
    ours = catalogue.of(build("exporters", {"otlp_grpc": supports("traces")}))
    assert ours.types("exporters") == {"otlp_grpc", "otlp"}
    assert ours.types("receivers") == frozenset()
    assert (ours.version, ours.release) == ("1.2.3", "1.3.0")


def test_a_build_says_the_signals_and_the_catalogue_the_settings(
    catalogue: Catalogue,
) -> None:
    ours = catalogue.of(
        build("exporters", {"otlp_grpc": supports("traces", "metrics")})
    )
    found = ours.find("exporters", "otlp")
    assert found is not None
    assert found.signals == frozenset({"traces", "metrics", "profiles"})
    assert found.settings is SETTINGS
    assert found.module == "example.org/ours v1"


def test_profiles_are_refused_only_by_what_is_known_to_refuse_them(
    catalogue: Catalogue,
) -> None:
    listed = {"logging": supports("logs"), "own": supports("logs")}
    unknown = catalogue.of(build("exporters", listed)).find("exporters", "own")
    assert unknown == Component(
        "exporters",
        "own",
        signals=frozenset({"logs", "profiles"}),
        module="example.org/ours v1",
    )
    known = Component("exporters", "own", signals=frozenset({"logs"}))
    taught = Catalogue("1.2.3", Setting(Shape.STRUCT), {"exporters": {"own": known}})
    found = taught.of(build("exporters", listed)).find("exporters", "own")
    assert found is not None
    assert found.signals == frozenset({"logs"})


def test_a_removed_component_that_a_build_lists_is_only_deprecated_there(
    catalogue: Catalogue,
) -> None:
    ours = catalogue.of(build("exporters", {"logging": supports("logs")}))
    found = ours.find("exporters", "logging")
    assert found is not None
    assert (found.deprecated, found.removed) == ("removed in 0.111.0", None)


def test_a_build_that_lists_an_old_name_has_no_other(catalogue: Catalogue) -> None:
    ours = catalogue.of(build("exporters", {"otlp": supports("traces")}))
    assert ours.types("exporters") == {"otlp"}
    found = ours.find("exporters", "otlp")
    assert found is not None
    assert (found.type, found.settings) == ("otlp", SETTINGS)
    assert not found.aliases


def test_a_build_that_lists_a_later_name_takes_the_old_one_too(
    catalogue: Catalogue,
) -> None:
    ours = catalogue.of(build("receivers", {"host_metrics": supports("metrics")}))
    found = ours.find("receivers", "hostmetrics")
    assert found is not None
    assert (found.type, found.renamed) == ("host_metrics", None)
    assert found.aliases == {"hostmetrics"}


def test_a_type_that_is_listed_is_never_overruled_by_an_alias(
    catalogue: Catalogue,
) -> None:
    listed = {"otlp_grpc": supports("traces"), "otlp": supports("logs")}
    ours = catalogue.of(build("exporters", listed))
    found = ours.find("exporters", "otlp")
    assert found is not None
    assert found.type == "otlp"


def test_the_pairs_of_a_connector_come_from_the_build(catalogue: Catalogue) -> None:
    listed = {"count": supports("traces-to-metrics"), "own": Listed()}
    ours = catalogue.of(build("connectors", listed))
    counting, own = ours.find("connectors", "count"), ours.find("connectors", "own")
    assert counting is not None
    assert counting.pairs == frozenset({("traces", "metrics")})
    assert own == Component("connectors", "own")


def test_a_build_that_does_not_say_leaves_signals_and_pairs_as_they_are_known(
    catalogue: Catalogue,
) -> None:
    exporter = catalogue.of(build("exporters", {"otlp_grpc": Listed()}))
    connector = catalogue.of(build("connectors", {"count": Listed()}))
    assert exporter.find("exporters", "otlp_grpc") == EXPORTER
    assert connector.find("connectors", "count") == CONNECTOR


def test_an_extension_takes_no_signals_whatever_its_stability(
    catalogue: Catalogue,
) -> None:
    ours = catalogue.of(build("extensions", {"zpages": supports("extension")}))
    found = ours.find("extensions", "zpages")
    assert found is not None
    assert found.signals == frozenset()
