import pytest

from reconciler.fleet.rules.validators import kubernetes
from tests.fleet.rules.validators.views import Cases, told, view

AUTH = "`auth_type` must be one of none, serviceAccount, kubeConfig, tls"
CASES: Cases = {
    "k8s_attributes": [
        ("", []),
        (
            (
                "extract: {metadata: [k8s.pod.name, service.name, '${env:M}'], "
                "labels: [{key: a, from: node}, {key_regex: b.*}]}, "
                "filter: {labels: [{key: a, op: exists}], "
                "fields: [{key: b, op: equals}]}"
            ),
            [],
        ),
        ("auth_type: serviceaccount", [AUTH]),
        (
            "extract: {metadata: [k8s.pod.nam]}",
            ["`extract.metadata` names `k8s.pod.nam`, which is not known"],
        ),
        (
            "extract: {labels: [{key: a, key_regex: b}]}",
            ["`extract.labels.0.key_regex` must not be set beside `key`"],
        ),
        (
            "extract: {annotations: [{key: a, from: nodes}]}",
            [
                (
                    "`extract.annotations.0.from` must be one of pod, namespace, node, "
                    "deployment, statefulset, daemonset, job"
                )
            ],
        ),
        (
            "filter: {fields: [{key: a, op: exists}]}",
            ["`filter.fields.0.op` must be one of equals, not-equals"],
        ),
        (
            "pod_association: [{sources: [{}, {}, {}, {}, {}]}]",
            ["`pod_association.0.sources` must not be more than 4"],
        ),
    ],
    "k8s_cluster": [
        ("distribution: openshift", []),
        ("distribution: eks", ["`distribution` must be one of kubernetes, openshift"]),
        ("auth_type: none", []),
    ],
    "kubeletstats": [
        ("auth_type: serviceAccount, collection_interval: 20s", []),
        ("auth_type: password", [AUTH]),
        ("collection_interval: 0s", ["`collection_interval` must be positive"]),
        (
            "metrics: {k8s.pod.cpu.node.utilization: {enabled: true}}",
            [
                (
                    "needs a `node` where the metric `k8s.pod.cpu.node.utilization` is "
                    "enabled"
                )
            ],
        ),
        (
            (
                "node: '${env:NODE}', metrics: {k8s.pod.cpu.node.utilization: "
                "{enabled: true}}"
            ),
            [],
        ),
    ],
}
CHECKS = {
    "k8s_attributes": kubernetes.attributes,
    "k8s_cluster": kubernetes.cluster,
    "kubeletstats": kubernetes.kubelet,
}


@pytest.mark.parametrize(
    ("type_", "settings", "messages"),
    [(type_, *case) for type_, cases in CASES.items() for case in cases],
)
def test_what_asks_kubernetes_refuses(
    type_: str, settings: str, messages: list[str]
) -> None:
    assert told(CHECKS[type_], settings) == messages


def test_a_field_that_is_not_known_comes_with_the_one_that_was_meant() -> None:
    (fault,) = kubernetes.attributes(view("extract: {metadata: [k8s.pod.nam]}"))
    assert fault.hint == "did you mean `k8s.pod.name`?"
