"""Labels as an explanation: which keys to try, in what order, and who is who.

Some keys say what a host is for, and make layers that people recognise; others say who
it is, and explain everything without telling anything. Those are only good for
exceptions.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from reconciler.fleet.labels import Operator, Requirement

Labels: TypeAlias = Mapping[str, str]
Values: TypeAlias = tuple[str | None, ...]
"""Of some keys, for one host; None where it lacks the key."""

HOST: Final = "host.name"
ROLES: Final = ("role", "service.role", "tier", "component")
ENVIRONMENTS: Final = (
    *("deployment.environment.name", "deployment.environment", "environment", "env"),
)
_TELLING: Final = (
    *ROLES,
    *ENVIRONMENTS,
    *("cloud.region", "region", "cloud.availability_zone", "zone", "site"),
    *("k8s.cluster.name", "cluster", "team", "os.type", "host.arch"),
)
_IDENTITIES: Final = (HOST, "host.id", "k8s.node.name", "k8s.pod.name")
_PERSONAL: Final = frozenset(
    {
        *_IDENTITIES,
        *("service.instance.id", "host.ip", "host.mac", "k8s.pod.uid"),
        *("process.pid", "os.description", "os.version", "host.image.id"),
    }
)
_MOST_KEYS: Final = 8
_FEW_HOSTS: Final = 4
_LONGEST: Final = 128


def usable(labels: Labels) -> dict[str, str]:
    """The labels that a selector can name on one line, in order of key."""
    return {
        key: labels[key]
        for key in sorted(labels)
        if _is_short(key) and not any(map(str.isspace, key)) and _is_short(labels[key])
    }


def _is_short(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text.isprintable()


def telling(hosts: Sequence[Labels]) -> tuple[str, ...]:
    """Keys that may explain why configs differ, those that people think in first.

    Left out: keys that tell hosts apart one by one, and such that all have alike.
    """
    values: dict[str, set[str]] = {}
    for labels in hosts:
        for key, value in labels.items():
            values.setdefault(key, set()).add(value)
    carried = Counter(key for labels in hosts for key in labels)
    found = [
        key
        for key, different in values.items()
        if key not in _PERSONAL
        and (len(different) > 1 or carried[key] < len(hosts))
        and (key in _TELLING or _groups(len(different), len(hosts)))
    ]
    return tuple(sorted(found, key=lambda key: (rank(key), len(values[key]), key)))[
        :_MOST_KEYS
    ]


def _groups(different: int, hosts: int) -> bool:
    return hosts < _FEW_HOSTS or different <= hosts * 3 // 4


def rank(key: str) -> int:
    """How soon people think of a key; lower is sooner."""
    return _TELLING.index(key) if key in _TELLING else len(_TELLING)


def order(key: str) -> tuple[int, str]:
    """Keys in the order in which people think of them."""
    return rank(key), key


def of(labels: Labels, keys: Sequence[str]) -> Values:
    """The values of some keys."""
    return tuple(labels.get(key) for key in keys)


def identities(hosts: Sequence[Labels]) -> tuple[Labels | None, ...]:
    """The labels by which each host is told from all others.

    One key that nobody shares where there is one; else all labels; None for hosts that
    carry the same ones.
    """
    for key in _IDENTITIES:
        if all(key in labels for labels in hosts) and _differ(hosts, key):
            return tuple({key: labels[key]} for labels in hosts)
    every = [tuple(labels.items()) for labels in hosts]
    known = Counter(every)
    return tuple(
        labels if labels and known[items] == 1 else None
        for labels, items in zip(hosts, every, strict=True)
    )


def _differ(hosts: Sequence[Labels], key: str) -> bool:
    return len({labels[key] for labels in hosts}) == len(hosts)


def requirement(key: str, value: str | None) -> Requirement:
    """That a host carries a value, or lacks the label."""
    if value is None:
        return Requirement(key, Operator.DOES_NOT_EXIST)
    return Requirement(key, Operator.IN, frozenset((value,)))
