import json
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.fleet.catalogue import bundled
from reconciler.fleet.catalogue.components_output import KINDS
from reconciler.fleet.catalogue.model import Catalogue, Component, Setting, Shape

CATALOGUE = bundled.bundled()
SIGNALS = {"traces", "metrics", "logs", "profiles"}
REFUSALS = {
    "null",
    "bool",
    "number",
    "float",
    "negative",
    "text",
    "quoted-number",
    "quoted-bool",
    "timestamp",
    "list",
    "map",
    "malformed",
}
TINY: dict[str, Any] = {
    "version": "1.2.3",
    "service": "service",
    "shared": {
        "service": {"shape": "struct", "closed": True, "fields": {"level": "text"}},
        "text": {"shape": "string", "rejects": ["list"], "choices": ["a", "b"]},
        "hidden": {"shape": "string", "secret": True},
        "list": {"shape": "list", "item": "hidden"},
        "struct": {
            "shape": "struct",
            "fields": {"one": "list", "other": "text"},
            "variants": {"x": "service"},
            "gone": {"old": "use one"},
        },
    },
    "receivers": {
        "new": {"aliases": ["older"], "renamed": "newer", "signals": ["logs"]}
    },
    "processors": {
        "p": {
            "settings": "struct",
            "deprecated": "use q",
            "module": "m",
            "needs": [["one", "other"]],
        }
    },
    "exporters": {"gone": {"removed": "removed in 1.0.0"}},
    "connectors": {"c": {"pairs": [["logs", "metrics"]]}},
    "extensions": {},
}


def components() -> Iterator[Component]:
    for kind in KINDS:
        for name in sorted(CATALOGUE.types(kind)):
            found = CATALOGUE.find(kind, name)
            assert found is not None, f"{kind}/{name}"
            yield found


def settings(top: Setting) -> Iterator[Setting]:
    yield top
    below = [*top.fields.values(), *top.variants.values()]
    for setting in below if top.item is None else [*below, top.item]:
        yield from settings(setting)


def every_setting() -> Iterator[Setting]:
    tops = [one.settings for one in components() if one.settings is not None]
    for top in [CATALOGUE.service, *tops]:
        yield from settings(top)


@pytest.fixture
def tiny() -> Catalogue:
    return bundled.load(json.dumps(TINY).encode())


def find(catalogue: Catalogue, kind: str, type_: str) -> Component:
    found = catalogue.find(kind, type_)
    assert found is not None
    return found


def setting(path: str) -> Setting:
    kind, type_, *keys = path.split(".")
    top = find(CATALOGUE, kind, type_).settings
    assert top is not None
    for key in keys:
        inner = top.item if key == "[]" else top.fields[key]
        assert inner is not None
        top = inner
    return top


def test_a_component_is_read_with_all_its_names(tiny: Catalogue) -> None:
    assert tiny.types("receivers") == {"new", "older", "newer"}
    one = find(tiny, "receivers", "older")
    assert one == Component(
        "receivers",
        "new",
        signals=frozenset({"logs"}),
        aliases=frozenset({"older"}),
        renamed="newer",
    )
    assert find(tiny, "receivers", "newer") is one


def test_a_setting_is_read_with_what_is_inside(tiny: Catalogue) -> None:
    processor = find(tiny, "processors", "p")
    assert (processor.deprecated, processor.module) == ("use q", "m")
    assert processor.needs == (frozenset({"one", "other"}),)
    top = processor.settings
    assert top is not None
    assert top.fields["one"].item == Setting(Shape.STRING, secret=True)
    assert top.fields["other"].rejects == {"list"}
    assert top.fields["other"].choices == {"a", "b"}
    assert top.variants == {"x": tiny.service}
    assert top.gone == {"old": "use one"}
    assert tiny.service.closed


def test_what_is_written_once_is_built_once(tiny: Catalogue) -> None:
    top = find(tiny, "processors", "p").settings
    assert top is not None
    assert top.fields["other"] is tiny.service.fields["level"]


def test_pairs_and_removals_are_read(tiny: Catalogue) -> None:
    assert find(tiny, "connectors", "c").pairs == frozenset({("logs", "metrics")})
    assert find(tiny, "exporters", "gone").removed == "removed in 1.0.0"
    assert find(tiny, "exporters", "gone").settings is None


def test_the_bundled_catalogue_is_read_once() -> None:
    assert bundled.bundled() is CATALOGUE


def test_every_kind_has_components() -> None:
    least = {
        "receivers": 110,
        "processors": 35,
        "exporters": 60,
        "connectors": 12,
        "extensions": 35,
    }
    assert {kind: len(CATALOGUE.types(kind)) >= n for kind, n in least.items()} == (
        dict.fromkeys(KINDS, True)
    )


def test_every_name_leads_to_a_component_that_has_it() -> None:
    for kind in KINDS:
        for name in CATALOGUE.types(kind):
            one = find(CATALOGUE, kind, name)
            assert one.kind == kind
            assert name in {one.type, *one.aliases, one.renamed}


def test_every_component_that_lives_says_what_it_can_be_used_for() -> None:
    for one in components():
        known = one.pairs if one.kind == "connectors" else one.signals
        assert (known is None) == bool(one.removed and one.kind != "extensions")


def test_signals_are_signals_and_only_pipelines_have_them() -> None:
    for one in components():
        if one.kind == "connectors":
            assert one.signals is None
            assert all(set(pair) <= SIGNALS for pair in one.pairs or ())
        else:
            assert one.pairs is None
            assert (one.signals or set()) <= SIGNALS
            assert one.kind != "extensions" or not one.signals


def test_what_was_removed_says_since_when_and_has_nothing_else() -> None:
    gone = [one for one in components() if one.removed]
    assert len(gone) > 30
    for one in gone:
        assert "removed" in str(one.removed)
        assert one == Component(
            one.kind, one.type, signals=one.signals, removed=one.removed
        )


def test_settings_hold_together() -> None:
    for one in every_setting():
        is_struct = one.shape is Shape.STRUCT
        assert is_struct or not (one.fields or one.closed or one.variants or one.gone)
        assert one.item is None or one.shape in {Shape.LIST, Shape.MAP}
        assert one.rejects <= REFUSALS
        assert not (one.shape is Shape.ANY and one.rejects)
        assert not one.gone.keys() & one.fields.keys()


def test_only_keys_that_are_known_are_needed() -> None:
    needy = [one for one in components() if one.needs]
    assert needy
    for one in needy:
        assert one.settings is not None
        assert all(keys and keys <= one.settings.fields.keys() for keys in one.needs)


def test_no_setting_refuses_the_very_thing_it_takes() -> None:
    taken = {
        Shape.BOOL: "bool",
        Shape.INT: "number",
        Shape.FLOAT: "float",
        Shape.STRING: "text",
        Shape.LIST: "list",
        Shape.MAP: "map",
        Shape.STRUCT: "map",
    }
    for one in every_setting():
        assert taken.get(one.shape) not in one.rejects


@pytest.mark.parametrize(
    ("path", "shape", "refused"),
    [
        ("processors.batch.timeout", Shape.DURATION, {"malformed", "list"}),
        ("processors.batch.send_batch_size", Shape.INT, {"quoted-number", "negative"}),
        ("exporters.otlp.tls.insecure", Shape.BOOL, {"quoted-bool", "text", "number"}),
        ("exporters.otlp.headers.[]", Shape.STRING, {"number", "bool"}),
        ("receivers.hostmetrics.scrapers", Shape.STRUCT, {"list"}),
        ("processors.transform.error_mode", Shape.STRING, {"null", "number"}),
        ("receivers.prometheus.config.scrape_configs", Shape.LIST, {"map", "text"}),
        ("processors.tail_sampling.policies.[].latency", Shape.STRUCT, {"number"}),
    ],
)
def test_what_the_collector_refuses_is_known(
    path: str, shape: Shape, refused: set[str]
) -> None:
    found = setting(path)
    assert found.shape is shape
    assert refused <= found.rejects


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("processors.batch.timeout", "number"),
        ("exporters.otlp.headers", "list"),
        ("receivers.filelog.include", "text"),
        ("processors.probabilistic_sampler.sampling_percentage", "number"),
    ],
)
def test_what_the_collector_takes_by_surprise_is_not_refused(
    path: str, taken: str
) -> None:
    assert taken not in setting(path).rejects


@pytest.mark.parametrize(
    "path",
    [
        "exporters.otlp.headers.[]",
        "exporters.clickhouse.password",
        "extensions.bearertokenauth.token",
        "receivers.prometheus.config.scrape_configs.[].basic_auth.password",
    ],
)
def test_secrets_are_known(path: str) -> None:
    assert setting(path).secret


def test_a_key_that_is_gone_says_what_to_do() -> None:
    telemetry = CATALOGUE.service.fields["telemetry"]
    assert "readers" in telemetry.fields["metrics"].gone["address"]
    assert "GOMEMLIMIT" in setting("processors.memory_limiter").gone["ballast_size_mib"]


def test_a_setting_that_ages_says_what_to_use() -> None:
    found = setting("processors.filter.traces")
    assert found.deprecated == "since 0.146.0 use `trace_conditions`"


def test_the_service_is_known_but_for_its_pipelines() -> None:
    assert CATALOGUE.service.closed
    assert CATALOGUE.service.fields["pipelines"] == Setting(Shape.ANY)
    assert CATALOGUE.service.fields["telemetry"].closed


def test_operators_differ_by_their_type() -> None:
    operator = setting("receivers.filelog.operators.[]")
    assert "regex" in operator.variants["regex_parser"].fields
    assert "regex" not in operator.variants["json_parser"].fields


def test_words_are_choices_where_no_others_are_taken() -> None:
    modes = {"ignore", "silent", "propagate"}
    assert setting("processors.transform.error_mode").choices == modes
    assert not setting("exporters.otlp.endpoint").choices
