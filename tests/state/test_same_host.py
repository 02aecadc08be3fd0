import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.state.observed import AgentDescription
from reconciler.state.same_host import place_of, stable

UUID_1, UUID_2 = (
    "0192c3a4-1111-7000-8000-000000000001",
    "0192c3a4-2222-7000-8000-000000000002",
)
ULID = "01HZX7Q9T3M5V8W2K4N6P0R1S7"
VM = {"service.name": "otelcol", "host.name": "web-1", "host.id": "m-1"}


def place(**labels: str) -> object:
    identifying = {key: value for key, value in labels.items() if key[:7] == "service"}
    other = {key: value for key, value in labels.items() if key not in identifying}
    return place_of(AgentDescription(identifying, other))


def vm(**more: str) -> object:
    return place(**{**VM, **more})


@pytest.mark.parametrize(
    "restarted",
    [
        {"service.instance.id": UUID_2},
        {"service.instance.id": ULID},
        {"service.version": "0.150.0"},
        {"process.pid": "4711", "process.runtime.version": "1.26"},
        {"os.description": "after an upgrade"},
        {"host.ip": "10.0.0.7"},
        {"container.id": "f00dfeed"},
        {"k8s.pod.uid": UUID_2, "k8s.container.restart_count": "3"},
        {"role": "gateway"},
    ],
)
def test_what_a_restart_or_an_upgrade_changes_is_no_other_place(
    restarted: dict[str, str],
) -> None:
    before = {key: UUID_1 if "service.instance" in key else "-" for key in restarted}
    assert vm(**before) == vm(**restarted) == vm()


@pytest.mark.parametrize(
    "other",
    [
        {"host.name": "web-2"},  # cloned disks keep the id of the machine
        {"host.id": "m-2"},  # a machine made anew under an old name
        {"service.name": "collector"},
        {"service.namespace": "shop"},
        {"service.instance.id": "web-1-b"},
        {"container.name": "otelcol-2"},
        {"k8s.pod.name": "otelcol-x2x9w"},
        {"k8s.namespace.name": "shop"},
        {"k8s.cluster.name": "eu"},
    ],
)
def test_another_host_service_or_workload_is_another_place(
    other: dict[str, str],
) -> None:
    assert vm(**other) != vm()


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"service.name": "otelcol"},
        {"service.name": "otelcol", "host.name": "localhost"},
        {"service.name": "otelcol", "host.name": "Ubuntu"},
        {"service.name": "otelcol", "host.name": ""},
    ],
)
def test_who_names_no_host_has_no_place(labels: dict[str, str]) -> None:
    assert place(**labels) is None


def test_a_name_of_many_hosts_beside_an_id_is_a_place() -> None:
    assert place(**{"host.name": "localhost", "host.id": "m-1"}) is not None


def test_containers_without_a_fixed_name_are_new_hosts_each_time() -> None:
    assert place(**{"host.name": "3f1c9a7b2d4e"}) != place(
        **{"host.name": "9a7b3f1c2d4e"}
    )


def test_a_container_with_a_fixed_name_is_one_host_when_it_is_made_anew() -> None:
    named = {"host.name": "gateway", "container.name": "gateway"}
    assert place(**named, **{"container.id": "a"}) == place(
        **named, **{"container.id": "b"}
    )


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=6))
def test_stable_labels_are_some_of_those_reported(labels: dict[str, str]) -> None:
    description = AgentDescription({}, labels)
    assert stable(description).items() <= labels.items()
    place = place_of(AgentDescription({}, {**labels, "host.name": "web-1"}))
    assert place is not None
    assert dict(place)["host.name"] == "web-1"
