"""What asks Kubernetes: the receivers and the processor that know its objects."""

from typing import Final

from reconciler.fleet.rules.validators import shared
from reconciler.fleet.rules.validators.view import Fault, Faults, View
from reconciler.fleet.syntax import spelling

_AUTHENTICATIONS: Final = ("none", "serviceAccount", "kubeConfig", "tls")
_MOST_SOURCES: Final = 4
_FROM: Final = (
    *("", "pod", "namespace", "node"),
    *("deployment", "statefulset", "daemonset", "job"),
)
_FIELDS: Final = ("", "equals", "not-equals")
_LABELS: Final = (*_FIELDS, "exists", "does-not-exist")
_OWNERS: Final = (
    *("deployment", "replicaset", "daemonset", "statefulset", "job", "cronjob", "node"),
    "pod",
)
_METADATA: Final = frozenset(
    (
        *(f"k8s.{owner}.{what}" for owner in _OWNERS for what in ("name", "uid")),
        *("k8s.namespace.name", "k8s.pod.hostname", "k8s.pod.start_time", "k8s.pod.ip"),
        *("k8s.container.name", "k8s.cluster.uid", "container.id"),
        *(
            "container.image.name",
            "container.image.tag",
            "container.image.repo_digests",
        ),
        *(
            "service.namespace",
            "service.name",
            "service.version",
            "service.instance.id",
        ),
    )
)
_UTILIZATIONS: Final = tuple(
    f"k8s.{what}.{of}.node.utilization"
    for what in ("container", "pod")
    for of in ("cpu", "memory")
)


def attributes(view: View) -> Faults:
    """The `k8s_attributes` processor."""
    yield from _authentication(view, "serviceAccount")
    for association in view.parts("pod_association"):
        if association.count("sources") > _MOST_SOURCES:
            yield association.must("sources", f"not be more than {_MOST_SOURCES}")
    extract = view.part("extract")
    for text, where in extract.texts("metadata"):
        if text not in _METADATA:
            message = f"`{extract.path}.metadata` names `{text}`, which is not known"
            yield Fault(message, where, _meant(text))
    for key in ("labels", "annotations"):
        for part in extract.parts(key):
            if part.text("key") and part.text("key_regex"):
                yield part.must("key_regex", "not be set beside `key`")
            yield from shared.one_of(part, "from", _FROM)
    filters = view.part("filter")
    for key, words in (("labels", _LABELS), ("fields", _FIELDS)):
        for part in filters.parts(key):
            yield from shared.one_of(part, "op", words)


def _meant(text: str) -> str | None:
    near = spelling.nearest(text, _METADATA)
    return f"did you mean `{near}`?" if near else None


def _authentication(view: View, default: str) -> Faults:
    yield from shared.one_of(view, "auth_type", _AUTHENTICATIONS, default)


def cluster(view: View) -> Faults:
    """The `k8s_cluster` receiver."""
    yield from _authentication(view, "serviceAccount")
    distributions = ("kubernetes", "openshift")
    yield from shared.one_of(view, "distribution", distributions, distributions[0])


def kubelet(view: View) -> Faults:
    """The `kubeletstats` receiver."""
    yield from shared.scraper(view)
    yield from _authentication(view, "tls")
    for name in _UTILIZATIONS:
        if view.text("node") == "" and view.part("metrics").part(name).flag("enabled"):
            yield view.needs(f"a `node` where the metric `{name}` is enabled")
