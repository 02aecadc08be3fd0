"""Collector configs: those of the examples, and some drawn from the catalogue.

The drawn ones have pipelines of any components. Every setting is of the shape that it
should have, so what is wrong with a config is not plain to see.
"""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, Final, TypeAlias

import yaml

from reconciler.cli import init
from reconciler.fleet.catalogue.model import Catalogue, Component, Setting, Shape
from reconciler.fleet.documents import Fleet
from reconciler.fleet.reading import parse
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.rules.config import SIDES
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.ids import CommitSha, Revision

Json: TypeAlias = dict[str, Any]

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "fleet-repo"
SIGNALS: Final = ("traces", "metrics", "logs")
TEXTS: Final = (
    *("", "some words", "a", "7", "a.b", "localhost:4317", "http://localhost:4318"),
    *("10s", "/no/such/file", "${env:NONE:-x}", "name", "attributes.a", "strict"),
)
DURATIONS: Final = ("0s", "1s", "200ms", "5m", "1h30m", "-1s")
NUMBERS: Final = (0, 1, 2, 7, 100, 1_000, 65_536)
NEEDED: Final[Mapping[tuple[str, str], Json]] = {
    ("receivers", "otlp"): {"protocols": {"grpc": {}, "http": {}}},
    ("receivers", "hostmetrics"): {"scrapers": {"cpu": {}, "memory": {}}},
    ("receivers", "file_log"): {"include": ["/var/log/*.log"]},
    ("receivers", "prometheus"): {
        "config": {"scrape_configs": [{"job_name": "a", "static_configs": []}]}
    },
    ("processors", "memory_limiter"): {"check_interval": "1s", "limit_mib": 512},
    ("processors", "attributes"): {"actions": [{"key": "a", "action": "delete"}]},
    ("processors", "resource"): {"attributes": [{"key": "a", "action": "delete"}]},
    ("processors", "resourcedetection"): {"detectors": ["env"]},
    ("processors", "span"): {"name": {"from_attributes": ["a"]}},
    ("exporters", "otlp_grpc"): {"endpoint": "gateway:4317"},
    ("exporters", "otlp_http"): {"endpoint": "http://gateway:4318"},
    ("exporters", "clickhouse"): {"endpoint": "tcp://clickhouse:9000"},
    ("exporters", "prometheusremotewrite"): {"endpoint": "http://mimir/api/v1/push"},
    ("extensions", "bearertokenauth"): {"token": "${env:TOKEN:-x}"},
    ("extensions", "file_storage"): {"directory": "/"},
    ("extensions", "opamp"): {"server": {"ws": {"endpoint": "ws://localhost:1/x"}}},
}
"""What a component cannot do without; some settings are added to it."""


def examples() -> list[str]:
    """What the example fleet gives to every kind of agent, and `init` to its first."""
    started = {name: content.encode() for name, content in init.FILES.items()}
    fleets = [read(example()), read(started)]
    return sorted(
        {
            rendered.entries[""].body.decode()
            for fleet in fleets
            for labels in every_kind_of_agent(fleet)
            if isinstance(rendered := render.render(fleet, labels), RenderedConfig)
        }
    )


def read(contents: Mapping[str, bytes]) -> Fleet:
    """The fleet of a folder."""
    return parse.parse(snapshot(contents))


def snapshot(contents: Mapping[str, bytes]) -> Snapshot:
    """A folder as a repository of one revision."""
    files = {
        name: SourceFile(name, blob_id(content), content)
        for name, content in contents.items()
    }
    return Snapshot(Revision("fleet-repo", CommitSha("folder:example")), files)


def example() -> dict[str, bytes]:
    """The files of the example fleet."""
    return {
        path.relative_to(EXAMPLE).as_posix(): path.read_bytes()
        for path in sorted(EXAMPLE.rglob("*"))
        if path.is_file()
    }


def every_kind_of_agent(fleet: Fleet) -> Iterator[dict[str, str]]:
    """Every combination of the values that selectors tell apart, or none of them."""
    values: dict[str, set[str | None]] = {}
    selectors = [group.selector for group in fleet.groups.values()]
    selectors += [config.selector for config in fleet.configs.values()]
    for requirement in itertools.chain(*(one.requirements for one in selectors)):
        values.setdefault(requirement.key, {None}).update(requirement.values)
    for chosen in itertools.product(*values.values()):
        pairs = zip(values, chosen, strict=True)
        yield {key: value for key, value in pairs if value is not None}


def draw(known: Catalogue, random: Random) -> str:
    """A config of one to three pipelines, as YAML in the usual layout."""
    config: Json = {}
    pipelines: Json = {}
    for _ in range(random.randint(1, 3)):
        signal = random.choice(SIGNALS)
        name = random.choice((signal, f"{signal}/{random.randint(1, 9)}"))
        pipelines[name] = {
            side: [
                _add(config, known, random, kind=side, signal=signal)
                for _ in range(random.randint(side != "processors", 2))
            ]
            for side in SIDES
        }
    extensions = [
        _add(config, known, random, kind="extensions")
        for _ in range(random.randint(0, 2))
    ]
    if random.random() < 0.2:
        _connect(config, pipelines, random)
    service: Json = {"extensions": extensions} if extensions else {}
    if random.random() < 0.2:
        telemetry = known.service.fields["telemetry"]
        service["telemetry"] = _value(telemetry, random, 0)
    config["service"] = service | {"pipelines": pipelines}
    return yaml.safe_dump(config, sort_keys=False)


def _add(
    config: Json, known: Catalogue, random: Random, *, kind: str, signal: str = ""
) -> str:
    """Define a component, of one signal or of any, and say its id."""
    types = sorted(
        name
        for name in known.types(kind)
        if (found := known.find(kind, name))
        and (not signal or signal in (found.signals or ()))
    )
    type_ = random.choice(types)
    component = known.find(kind, type_)
    assert component is not None
    id_ = random.choice((type_, f"{type_}/{random.randint(1, 9)}"))
    section = config.setdefault(kind, {})
    if id_ not in section:
        section[id_] = _settings(component, random)
    return id_


def _settings(component: Component, random: Random) -> Json | None:
    needed = NEEDED.get((component.kind, component.type), {})
    if component.settings is None or random.random() < 0.3:
        return needed or None
    some = _value(component.settings, random, 0) or {}
    return needed | {key: value for key, value in some.items() if key not in needed}


def _connect(config: Json, pipelines: Json, random: Random) -> None:
    """A connector between two of the pipelines, which may be the same one."""
    one, other = random.choices(list(pipelines), k=2)
    config["connectors"] = {"forward": None}
    pipelines[one]["exporters"] = [*pipelines[one]["exporters"], "forward"]
    pipelines[other]["receivers"] = [*pipelines[other]["receivers"], "forward"]


def _value(setting: Setting, random: Random, depth: int) -> Any:
    match setting.shape:
        case Shape.STRING if setting.choices:
            return random.choice(sorted(setting.choices))
        case Shape.STRING | Shape.ANY:
            return random.choice(TEXTS)
        case Shape.BOOL:
            return random.random() < 0.5
        case Shape.INT:
            return random.choice(NUMBERS)
        case Shape.FLOAT:
            return random.choice((0.5, *NUMBERS))
        case Shape.DURATION:
            return random.choice(DURATIONS)
        case Shape.LIST:
            return [_item(setting, random, depth) for _ in range(random.randint(0, 2))]
        case Shape.MAP:
            return {"some.key": _item(setting, random, depth)}
        case Shape.STRUCT:
            return _struct(setting, random, depth)


def _item(setting: Setting, random: Random, depth: int) -> Any:
    return _value(setting.item, random, depth + 1) if setting.item else "some words"


def _struct(setting: Setting, random: Random, depth: int) -> Json:
    if setting.variants:
        word = random.choice(sorted(setting.variants))
        return {"type": word} | _struct(setting.variants[word], random, depth)
    names = sorted(setting.fields)
    chosen = random.sample(names, min(len(names), random.randint(depth < 2, 2)))
    return {name: _value(setting.fields[name], random, depth + 1) for name in chosen}
