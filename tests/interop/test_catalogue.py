import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.fleet.catalogue import bundled
from reconciler.fleet.catalogue.components_output import KINDS
from reconciler.fleet.catalogue.model import Component, Setting, Shape
from tests.interop import catalogue, distribution
from tests.interop.distribution import Question

pytestmark = [
    pytest.mark.interop,
    pytest.mark.xdist_group("interop-distribution"),
    pytest.mark.timeout(300),
]
FACTS = catalogue.facts()
MOST_QUESTIONS = 600
PIPELINE = {"receivers": ["nop"], "exporters": ["nop"]}
WRONG: dict[str, Any] = {
    "null": None,
    "bool": True,
    "number": 7,
    "float": 1.5,
    "negative": -7,
    "text": "some words",
    "quoted-number": "7",
    "quoted-bool": "true",
    "malformed": "often",
    "list": ["some words"],
    "map": {"no_such_setting": "some words"},
}


@pytest.fixture(scope="module")
def told(distribution_binary: Path) -> dict[str, Any]:
    return distribution.schema(distribution_binary)


def test_the_bundled_catalogue_is_what_the_collector_says(
    told: dict[str, Any],
) -> None:
    assert catalogue.make(told, FACTS) == catalogue.TARGET.read_text()


def refusals() -> Iterator[tuple[str, str, Any]]:
    """Places, as `kind/type/key/...`, with a value that is refused there."""
    known = bundled.bundled()
    for kind in KINDS:
        for name in sorted(known.types(kind)):
            component = known.find(kind, name)
            assert component is not None
            if component.type == name and component.settings is not None:
                yield from _refusals(component.settings, f"{kind}/{name}")
    telemetry = known.service.fields["telemetry"]
    yield from _refusals(telemetry, "service/telemetry")


def _refusals(setting: Setting, path: str) -> Iterator[tuple[str, str, Any]]:
    # A list is asked for whole: its items may need keys of their own to be read.
    for word in sorted(setting.rejects & WRONG.keys()):
        yield path, word, WRONG[word]
    if setting.choices:
        yield path, "choice", "some words"
    if setting.closed:
        yield f"{path}/no_such_setting", "key", 7
    if setting.shape is Shape.STRUCT:
        for key in sorted(setting.fields):
            yield from _refusals(setting.fields[key], f"{path}/{key}")


def config(path: str, value: Any) -> str:
    for key in reversed(path.split("/")):
        value = {key: value}
    whole: dict[str, Any] = {
        "receivers": {"nop": None},
        "exporters": {"nop": None},
        "service": {"pipelines": {"traces": PIPELINE}},
    }
    for section, content in value.items():
        whole[section] = whole.get(section, {}) | content
    return json.dumps(whole)


def test_what_is_said_to_be_refused_is_refused_in_whole_configs(
    distribution_binary: Path,
) -> None:
    asked = list(refusals())
    chosen = asked[:: len(asked) // MOST_QUESTIONS]
    questions = [Question(config(path, value)) for path, _, value in chosen]
    verdicts = distribution.validate(distribution_binary, questions)
    taken = [
        (path, word)
        for (path, word, _), verdict in zip(chosen, verdicts, strict=True)
        if "cannot unmarshal the configuration" not in verdict.error
    ]
    assert taken == []


GOOD: dict[str, Any] = {
    "actions": [{"key": "a", "action": "delete"}],
    "attributes": [{"key": "a", "action": "delete"}],
    "check_interval": "1s",
    "config": {"scrape_configs": [{"job_name": "one"}]},
    "endpoint": "http://127.0.0.1:9000",
    "filename": "token",
    "limit_mib": 100,
    "limit_percentage": 50,
    "metrics": ["one"],
    "protocols": {"grpc": None},
    "scrapers": {"cpu": None},
    "server": {"ws": {"endpoint": "ws://127.0.0.1/v1/opamp"}},
    "table": [{"condition": "true", "pipelines": ["traces"]}],
    "target_allocator": {
        "endpoint": "http://127.0.0.1",
        "interval": "30s",
        "collector_id": "one",
    },
    "token": "one",
    "tokens": ["one"],
}


def needy() -> Iterator[Component]:
    known = bundled.bundled()
    for where in FACTS["needs"]:
        component = known.find(*where.split("."))
        assert component is not None
        yield component


def with_settings(component: Component, settings: dict[str, Any]) -> Question:
    return Question(config(f"{component.kind}/{component.type}", settings))


def good(key: str) -> Any:
    return GOOD["endpoint" if key.endswith("_endpoint") else key]


def test_one_of_each_needed_keys_is_enough(distribution_binary: Path) -> None:
    asked = [
        with_settings(component, {key: good(key) for key in keys})
        for component in needy()
        for keys in itertools.product(*component.needs)
    ]
    verdicts = distribution.validate(distribution_binary, asked)
    assert [verdict.error for verdict in verdicts] == [""] * len(asked)


def test_no_other_key_replaces_those_that_are_needed(distribution_binary: Path) -> None:
    asked = []
    for component in needy():
        assert component.settings is not None
        for missing in component.needs:
            rest = {
                key: good(key) for keys in component.needs for key in keys - missing
            }
            asked.append(with_settings(component, rest))
            for key in component.settings.fields.keys() - rest.keys() - missing:
                asked += [
                    with_settings(component, rest | {key: value})
                    for value in (True, 7, "7s", "one", [], ["one"], {}, {"a": "one"})
                ]
    verdicts = distribution.validate(distribution_binary, asked)
    assert [
        question.config
        for question, verdict in zip(asked, verdicts, strict=True)
        if verdict.ok
    ] == []


def test_whatever_cannot_be_empty_is_known_to_need_something(
    distribution_binary: Path, told: dict[str, Any]
) -> None:
    places = [(one["kind"], one["type"]) for one in told["components"]]
    asked = [Question(config(f"{kind}/{type_}", None)) for kind, type_ in places]
    verdicts = distribution.validate(distribution_binary, asked)
    refused = {
        f"{kind}.{type_}"
        for (kind, type_), verdict in zip(places, verdicts, strict=True)
        if not verdict.ok
    }
    # Whether its folder exists is a matter of the host.
    assert refused - {"extensions.file_storage"} == FACTS["needs"].keys()


def test_facts_are_not_about_what_the_collector_itself_tells(
    told: dict[str, Any],
) -> None:
    built = {(one["kind"], one["type"]) for one in told["components"]}
    for kind in KINDS:
        for name, fact in FACTS[kind].items():
            doubled = fact.keys() - {"renamed", "deprecated"}
            assert not doubled or (kind, name) not in built, name


def test_every_fact_on_a_setting_found_its_setting() -> None:
    shared = json.loads(catalogue.TARGET.read_text())["shared"].values()
    gone = {key for setting in shared for key in setting.get("gone", ())}
    assert gone == {key for keys in FACTS["gone"].values() for key in keys}
    deprecated = {setting.get("deprecated") for setting in shared}
    assert deprecated - {None} == set(FACTS["deprecated"].values())
