"""`/metrics`: the service in the words of Prometheus, read at scrape time.

No label ever holds a string of an agent: group names and everything else come from Git
or from this program, so the number of series does not grow with the fleet.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final, TypeAlias

import prometheus_client
from prometheus_client import exposition
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.requests import Request
from starlette.responses import Response

import reconciler
from reconciler.state.conditions import CommitState
from reconciler.web.view import View

LEVELS: Final = frozenset({"statuses_undelivered"})
"""Of `View.counters`, those that also go down."""

Series: TypeAlias = Counter[tuple[str, ...]]


def registry_of(view: View) -> CollectorRegistry:
    """A registry of our own: the fleet, and this process as Prometheus knows it."""
    registry = CollectorRegistry()
    prometheus_client.ProcessCollector(registry=registry)
    prometheus_client.PlatformCollector(registry=registry)
    prometheus_client.GCCollector(registry=registry)
    registry.register(FleetCollector(view))
    return registry


async def scrape(request: Request) -> Response:
    """Prometheus text or OpenMetrics, as the scraper prefers."""
    encode, content_type = exposition.choose_encoder(request.headers.get("accept", ""))
    body = encode(request.app.state.registry)
    return Response(body, headers={"content-type": content_type})


class FleetCollector(Collector):
    """Turns a `View` into metric families; keeps nothing between scrapes."""

    def __init__(self, view: View) -> None:
        self._view = view

    def describe(self) -> list[Metric]:
        """Nothing: registering must not read a service that has not started."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All families, agents walked once."""
        yield _info("reconciler_build", {"version": reconciler.__version__})
        yield from self._revision()
        yield from self._source()
        yield from self._agents()
        yield from self._groups()
        yield _gauge(
            "reconciler_check_ok",
            "Whether a part of the service works (1) or not (0).",
            labels=("check",),
            series=Counter({(c.name,): int(c.ok) for c in self._view.checks()}),
        )
        for name, number in sorted(self._view.counters().items()):
            yield _figure(name, number)

    def _revision(self) -> Iterator[Metric]:
        if revision := self._view.revision:
            labels = {"ref": revision.ref, "commit": revision.commit}
            yield _info("reconciler_revision", labels)
        yield GaugeMetricFamily(
            "reconciler_revision_generation",
            "How many revisions were put in force; 0 before the first.",
            value=self._view.generation,
        )

    def _source(self) -> Iterator[Metric]:
        """Ages and no timestamps: 0 has a meaning, and no other clock is needed."""
        ages = self._view.source_ages()
        yield GaugeMetricFamily(
            "reconciler_source_head_not_in_force_seconds",
            "Since the newest head was refused or held; 0 when it is in force.",
            value=ages.head_not_in_force,
        )
        yield GaugeMetricFamily(
            "reconciler_source_last_good_fetch_seconds",
            "Since the source last answered, or since the start if it never did.",
            value=ages.last_good_fetch,
        )

    def _agents(self) -> Iterator[Metric]:
        by_sync: Series = Counter()
        by_transport: Series = Counter()
        unhealthy: Series = Counter()
        for agent in self._view.agents.values():
            by_sync[agent.group, agent.sync] += 1
            if agent.is_reachable:
                by_transport[(agent.transport,)] += 1
            if not agent.is_healthy:
                unhealthy[(agent.group,)] += 1
        yield _gauge(
            "reconciler_agents",
            "Agents by group and by where they stand towards their config.",
            labels=("group", "sync"),
            series=by_sync,
        )
        yield _gauge(
            "reconciler_agents_reachable",
            "Agents with a socket, or that polled in time.",
            labels=("transport",),
            series=by_transport,
        )
        yield _gauge(
            "reconciler_agents_unhealthy",
            "Agents that last reported to be unhealthy.",
            labels=("group",),
            series=unhealthy,
        )

    def _groups(self) -> Iterator[Metric]:
        groups = self._view.groups()
        yield _gauge(
            "reconciler_group_synced",
            "Whether the commit in force is green for the group (1) or not (0).",
            labels=("group",),
            series=Counter(
                {(g.group,): int(g.state is CommitState.SUCCESS) for g in groups}
            ),
        )
        yield _gauge(
            "reconciler_group_agents",
            "Agents by group and by how they count in its commit status.",
            labels=("group", "standing"),
            series=Counter(
                {
                    (g.group, standing): count
                    for g in groups
                    for standing, count in g.counts.items()
                }
            ),
        )


def _figure(name: str, number: int) -> Metric:
    words = name.replace("_", " ")
    if name in LEVELS:
        return GaugeMetricFamily(f"reconciler_{name}", f"{words}, now.", value=number)
    return CounterMetricFamily(f"reconciler_{name}", f"{words}, in all.", value=number)


def _info(name: str, labels: dict[str, str]) -> InfoMetricFamily:
    return InfoMetricFamily(name, "Labels alone; the value is 1.", value=labels)


def _gauge(
    name: str, documentation: str, *, labels: tuple[str, ...], series: Series
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for values, number in sorted(series.items()):
        family.add_metric(values, number)
    return family
