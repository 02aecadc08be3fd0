"""Configs that somebody might have, for the tests of this room."""

from collections.abc import Mapping
from typing import Any, Final

from hypothesis import assume
from hypothesis import strategies as st

from reconciler.fleet.adoption import adopted
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Report
from reconciler.fleet.rendering import layers
from reconciler.fleet.syntax import dump, nodes
from reconciler.fleet.syntax.nodes import Table
from tests.fleet.fleets import document, files_of, fleet_of
from tests.fleet.trees import table_of


def host(name: str, content: str | bytes, **labels: str) -> Adopted:
    """An input as the command makes it of a file."""
    body = content if isinstance(content, bytes) else content.encode()
    known = {"host.name": name, **{k.replace("_", "."): v for k, v in labels.items()}}
    given = frozenset(known) - {"host.name"}
    made = adopted.read(body, f"{name}.yaml", name=name, labels=known, given=given)
    assert isinstance(made, Adopted)
    return made


_LEAVES: Final[tuple[Any, ...]] = (
    1,
    2,
    True,
    "x",
    "10s",
    None,
    [],
    ["a"],
    ["a", "b"],
    {},
)


def _components() -> st.SearchStrategy[Any]:
    keys = st.sampled_from("pqr*")
    setting: st.SearchStrategy[Any] = st.recursive(
        st.sampled_from(_LEAVES),
        lambda inner: st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    )
    settings = st.none() | st.dictionaries(keys, setting, max_size=3)
    ids = st.sampled_from(["otlp", "otlp/a", "batch"])
    return st.none() | st.dictionaries(ids, settings, max_size=3)


def _configs() -> st.SearchStrategy[dict[str, Any]]:
    names = st.lists(st.sampled_from(["otlp", "batch", "debug"]), max_size=3)
    pipelines = st.dictionaries(
        st.sampled_from(["traces", "logs/a"]),
        st.dictionaries(st.sampled_from(["receivers", "exporters"]), names, max_size=2),
        max_size=2,
    )
    service = st.fixed_dictionaries(
        {}, optional={"extensions": names, "pipelines": pipelines | st.none()}
    )
    return st.fixed_dictionaries(
        {},
        optional={
            "receivers": _components(),
            "processors": _components(),
            "service": service,
        },
    )


_LABELS = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["gateway", "node"]),
        "env": st.sampled_from(["prod", "dev", "a b,{c}"]),
    },
)


def _of(number: int, labels: Mapping[str, str], config: dict[str, Any]) -> Adopted:
    content = dump.dump(table_of(config))
    return host(f"host-{number}", content, **labels)


def fleets() -> st.SearchStrategy[list[Adopted]]:
    """Up to a dozen hosts, many of which share one of a few configs."""
    return st.lists(_configs(), min_size=1, max_size=4).flatmap(
        lambda configs: st.lists(
            st.tuples(_LABELS, st.sampled_from(configs)), min_size=1, max_size=12
        ).map(lambda hosts: [_of(number, *one) for number, one in enumerate(hosts)])
    )


_REGIONS = ("eu", "us", "ap", "sa", "af")


def labelled() -> st.SearchStrategy[list[Adopted]]:
    """Hosts of which nearly every setting is decided by labels, or by the host."""
    rule = st.sampled_from(["", "role", "env", "region", "role region", "host"])
    settings = st.dictionaries(st.sampled_from("pqrst"), rule, min_size=1, max_size=5)
    parts = st.dictionaries(
        st.tuples(
            st.sampled_from(["receivers", "processors", "exporters"]),
            st.sampled_from(["otlp", "batch", "debug/x"]),
        ),
        st.tuples(st.sampled_from(["", "role=gateway", "env=prod"]), settings),
        min_size=1,
        max_size=5,
    )
    labels = st.fixed_dictionaries(
        {
            "role": st.sampled_from(["gateway", "node"]),
            "env": st.sampled_from(["prod", "dev"]),
            "region": st.sampled_from(_REGIONS),
        }
    )
    odd = st.none() | st.sampled_from("pqr")
    hosts = st.lists(st.tuples(labels, odd), min_size=4, max_size=20)
    return st.tuples(parts, hosts).map(lambda drawn: _labelled(*drawn))


def _labelled(
    parts: Mapping[tuple[str, str], tuple[str, Mapping[str, str]]],
    hosts: list[tuple[dict[str, str], str | None]],
) -> list[Adopted]:
    made = []
    for number, (labels, odd) in enumerate(hosts):
        known = {**labels, "host": f"{number}"}
        config: dict[str, Any] = {}
        for (section, name), (condition, settings) in parts.items():
            key, _, value = condition.partition("=")
            if not key or known[key] == value:
                config.setdefault(section, {})[name] = {
                    "same": [1, {"a": "b"}],
                    **{
                        setting: "-".join(known[word] for word in rule.split())
                        for setting, rule in settings.items()
                        if setting != odd
                    },
                }
        made.append(_of(number, labels, config))
    return made


_SELECTORS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"matchLabels": {"role": "gateway"}},
    {"matchLabels": {"env": "prod"}},
    {"matchLabels": {"role": "node", "env": "dev"}},
    {"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["dev"]}]},
)


@st.composite
def rendered(draw: st.DrawFn) -> list[Adopted]:
    """What the hosts of a drawn fleet get from it."""
    documents = [
        document(
            "CollectorConfig",
            f"config-{number}",
            selector=draw(st.sampled_from(_SELECTORS)),
            priority=number,
            config=draw(_configs()),
        )
        for number in range(draw(st.integers(1, 4)))
    ]
    fleet = fleet_of(files_of(*documents))
    hosts = draw(st.lists(_LABELS, min_size=1, max_size=8))
    made = [
        _of(number, labels, nodes.plain(_merged(fleet, labels)))
        for number, labels in enumerate(hosts)
        if layers.select(fleet, labels)
    ]
    assume(made)
    return made


def _merged(fleet: Fleet, labels: Mapping[str, str]) -> Table:
    chosen, values = layers.select(fleet, labels), layers.values(fleet, labels)
    return layers.merged(chosen, values, Report())
