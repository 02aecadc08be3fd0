"""What agents are labelled by Git, from what they are known as.

Made once a fleet by `state/desired.py`; `parse.py` checks it. An agent is known by the
attributes it reports, by the names in its certificate and by its enrolment. The last
two are proven by nobody yet: entries that ask for them match no agent of the service.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from reconciler.fleet import findings
from reconciler.fleet.documents import Inventory, InventoryEntry
from reconciler.fleet.findings import Finding, Report

DISAGREE: Final = "E077"

_Fact: TypeAlias = tuple[str, str, str]
"""Sort, key, value of one thing that is known of an agent."""


HOST_KEYS: Final = ("host.name", "host.id", "service.instance.id")
"""Attributes that name one host; an entry that asks for one expects that host."""

Host: TypeAlias = tuple[tuple[str, str], ...]
"""The attributes that name a host, of `HOST_KEYS` and in their order."""


def expected(inventories: Iterable[Inventory]) -> dict[Host, Mapping[str, str]]:
    """The hosts that entries name, each with the attributes that it must report.

    Entries that ask for a certificate or an enrolment expect nobody yet.
    """
    hosts: dict[Host, dict[str, str]] = {}
    for inventory in inventories:
        for entry in inventory.entries:
            host = _host(entry)
            if host and not entry.certificate and entry.enrolment is None:
                hosts.setdefault(host, {}).update(entry.attributes)
    return dict(hosts)


def _host(entry: InventoryEntry) -> Host:
    attributes = entry.attributes
    return tuple((key, attributes[key]) for key in HOST_KEYS if key in attributes)


@dataclass(frozen=True, slots=True)
class Given:
    """What the inventory says of one agent.

    Attributes:
        labels: Stronger than what the agent says of itself.
        faults: Why nobody can say; the agent keeps what it has.
        hosts: The hosts it is, of those that entries name.
    """

    labels: Mapping[str, str]
    faults: tuple[Finding, ...] = ()
    hosts: tuple[Host, ...] = ()


NOTHING: Final = Given(MappingProxyType({}))


class Index:
    """All entries of a fleet, each filed under the rarest thing it asks for."""

    def __init__(self, inventories: Iterable[Inventory]) -> None:
        entries = [entry for one in inventories for entry in one.entries]
        often = Counter(fact for entry in entries for fact in _facts(entry))
        self._filed: dict[_Fact, list[InventoryEntry]] = defaultdict(list)
        for entry in entries:
            for fact in _rarest(entry, often):
                self._filed[fact].append(entry)
        self._attributes = sorted(
            {key for sort, key, _ in self._filed if sort == _ATTRIBUTE}
        )

    def of(
        self,
        attributes: Mapping[str, str],
        *,
        certificate: Collection[str] = (),
        enrolment: str | None = None,
    ) -> Given:
        """The labels of an agent that is known as this.

        Args:
            attributes: What it reports of itself.
            certificate: The names its client certificate carries.
            enrolment: The one it came by.
        """
        found = [
            entry
            for fact in self._known(attributes, certificate, enrolment)
            for entry in self._filed.get(fact, ())
            if _matches(entry, attributes, certificate, enrolment)
        ]
        if not found:
            return NOTHING
        hosts = tuple(dict.fromkeys(host for entry in found if (host := _host(entry))))
        if len(found) == 1 and not found[0].why:
            return Given(found[0].labels, hosts=hosts)
        return _joined(sorted(found, key=lambda entry: entry.where), hosts)

    def _known(
        self,
        attributes: Mapping[str, str],
        certificate: Collection[str],
        enrolment: str | None,
    ) -> Iterator[_Fact]:
        for key in self._attributes:
            if key in attributes:
                yield _ATTRIBUTE, key, attributes[key]
        for name in certificate:
            yield _CERTIFICATE, "", name
        if enrolment is not None:
            yield _ENROLMENT, "", enrolment


_ATTRIBUTE: Final = "attribute"
_CERTIFICATE: Final = "certificate"
_ENROLMENT: Final = "enrolment"


def check(inventories: Iterable[Inventory]) -> tuple[Finding, ...]:
    """Entries that disagree on every agent that one of them matches.

    Those that ask for different things and meet in one agent are told when it comes.
    """
    known = tuple(inventories)
    index, report = Index(known), Report()
    agents = dict.fromkeys(
        (tuple(sorted(entry.attributes.items())), names, entry.enrolment)
        for one in known
        for entry in one.entries
        for names in _alternatives(entry)
    )
    for attributes, names, enrolment in agents:
        given = index.of(dict(attributes), certificate=names, enrolment=enrolment)
        report.add(*(one for one in given.faults if one.rule == DISAGREE))
    return report.findings


def _alternatives(entry: InventoryEntry) -> tuple[tuple[str, ...], ...]:
    """The least that a certificate must carry for an agent to match."""
    return tuple((name,) for name in sorted(entry.certificate)) or ((),)


def _facts(entry: InventoryEntry) -> list[_Fact]:
    return [
        *((_ATTRIBUTE, key, value) for key, value in entry.attributes.items()),
        *((_CERTIFICATE, "", name) for name in entry.certificate),
        *((_ENROLMENT, "", name) for name in (entry.enrolment,) if name is not None),
    ]


def _rarest(entry: InventoryEntry, often: Mapping[_Fact, int]) -> list[_Fact]:
    """One fact that every agent it matches has, or all names of its certificate."""
    needed = [fact for fact in _facts(entry) if fact[0] != _CERTIFICATE]
    if needed:
        return [min(needed, key=lambda fact: (often[fact], fact))]
    return [(_CERTIFICATE, "", name) for name in entry.certificate]


def _matches(
    entry: InventoryEntry,
    attributes: Mapping[str, str],
    certificate: Collection[str],
    enrolment: str | None,
) -> bool:
    return (
        all(attributes.get(key) == value for key, value in entry.attributes.items())
        and (not entry.certificate or not entry.certificate.isdisjoint(certificate))
        and entry.enrolment in {None, enrolment}
    )


def _joined(found: list[InventoryEntry], hosts: tuple[Host, ...]) -> Given:
    report = Report()
    said: dict[str, InventoryEntry] = {}
    for entry in found:
        report.add(*entry.why)
        for key, value in entry.labels.items():
            first = said.setdefault(key, entry)
            if first.labels[key] != value:
                report.add(_disagreement(key, first, entry))
    labels = {key: entry.labels[key] for key, entry in said.items()}
    return Given(labels, report.findings, hosts)


def _disagreement(key: str, one: InventoryEntry, other: InventoryEntry) -> Finding:
    return findings.error(
        DISAGREE,
        f"an agent that matches the entries at {one.where} and {other.where} is "
        f"labelled `{key}` both `{one.labels[key]}` and `{other.labels[key]}`",
        other.where,
        "give the label in one of them, or let them match different agents",
    )
