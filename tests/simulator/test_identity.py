from uuid import UUID

from reconciler.ids import InstanceUid
from reconciler.simulator.identity import Identity

UID = InstanceUid(UUID("019b76da-a800-7a90-908d-447e35b8b6d8").bytes)


def test_labels_are_reported_beside_the_attributes_of_every_host() -> None:
    one = Identity(UID, "gateway-00001", "0.149.0", {"team": "payments"})
    assert one.other == {
        "host.name": "gateway-00001",
        "host.arch": "amd64",
        "os.type": "linux",
        "team": "payments",
    }


def test_a_label_may_replace_what_a_host_says_of_itself() -> None:
    assert Identity(UID, "h", "0.149.0", {"os.type": "windows"}).other["os.type"] == (
        "windows"
    )


def test_both_sets_are_described_as_text() -> None:
    description = Identity(UID, "h", "0.149.0", {"team": "payments"}).describe()
    identifying = description.identifying_attributes
    assert [(a.key, a.value.string_value) for a in identifying] == [
        ("service.name", "otelcol"),
        ("service.version", "0.149.0"),
        ("service.instance.id", "019b76da-a800-7a90-908d-447e35b8b6d8"),
    ]
    assert "team" in {a.key for a in description.non_identifying_attributes}


def test_a_process_that_starts_anew_has_another_uuid_of_the_same_host() -> None:
    one = Identity(UID, "h", "0.149.0", {"team": "payments"})
    renewed = one.renewed()
    uid = UUID(bytes=renewed.uid)
    assert renewed.uid != UID
    assert (uid.version, uid.variant) == (7, "specified in RFC 4122")
    assert renewed.other == one.other
    assert renewed.identifying["service.instance.id"] == str(uid)
    assert renewed == one.renewed()
    assert renewed.renewed().uid not in {UID, renewed.uid}


def test_clones_part_when_they_start_anew() -> None:
    one, other = (Identity(UID, host, "0.149.0", {}) for host in ("h1", "h2"))
    assert one.renewed().uid != other.renewed().uid
