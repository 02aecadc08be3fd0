import pytest

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.documents import Inventory
from reconciler.fleet.reading.kinds import inventory
from tests.fleet.reader import Reader

GOOD = "{match: {attributes: {host.name: a}}, labels: {role: edge}}"


def read(reader: Reader, *entries: str) -> Inventory:
    made = inventory.read(reader.spec(f"{{entries: [{', '.join(entries)}]}}"))
    assert made is not None
    return made


def test_an_entry_says_who_and_what(reader: Reader) -> None:
    (entry,) = read(
        reader,
        "{match: {attributes: {host.name: a, os.type: linux}, certificate: a.example, "
        "enrolment: eu}, labels: {role: edge, site: oslo}}",
    ).entries
    assert reader.messages == []
    assert entry.where == Where("docs/fleet.yaml", 2, 18)
    assert entry.attributes == {"host.name": "a", "os.type": "linux"}
    assert entry.certificate == {"a.example"}
    assert entry.enrolment == "eu"
    assert entry.labels == {"role": "edge", "site": "oslo"}
    assert entry.why == ()


def test_a_certificate_may_carry_one_of_several_names(reader: Reader) -> None:
    (entry,) = read(reader, "{match: {certificate: [a, b]}, labels: {}}").entries
    assert entry.certificate == {"a", "b"}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            "{match: {attributes: {host.name: a}}}",
            "`spec.entries[0].labels` is missing",
        ),
        (
            "{match: {attributes: {host.name: a}}, labels: {canary: true}}",
            "`spec.entries[0].labels.canary` must be text, not `true`",
        ),
        (
            "{match: {attributes: {host.name: a}}, labels: {}, label: {}}",
            "unknown field `spec.entries[0].label`",
        ),
    ],
)
def test_an_entry_with_errors_is_held_against_the_agents_it_matches(
    reader: Reader, entry: str, message: str
) -> None:
    document = reader.spec(f"{{entries: [{entry}, {GOOD}]}}")
    made = inventory.read(document)
    assert made is not None
    assert [[one.message for one in each.why] for each in made.entries] == [
        [message],
        [],
    ]
    assert reader.messages == [message]
    assert document.contained


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("a", "`spec.entries[0]` must be a mapping, not `a`"),
        ("{labels: {}}", "`spec.entries[0].match` is missing"),
        (
            "{match: , labels: {}}",
            "`spec.entries[0].match` must be a mapping, not empty",
        ),
        ("{match: {}, labels: {}}", "`spec.entries[0].match` asks for nothing"),
        (
            "{match: {certificate: []}, labels: {}}",
            "`spec.entries[0].match` asks for nothing",
        ),
        (
            "{match: {atributes: {a: b}}, labels: {}}",
            "unknown field `spec.entries[0].match.atributes`",
        ),
        (
            "{match: {attributes: {a: 1}}, labels: {}}",
            "`spec.entries[0].match.attributes.a` must be text, not `1`",
        ),
        (
            "{match: {certificate: 1}, labels: {}}",
            "`spec.entries[0].match.certificate` must be a list, not `1`",
        ),
        (
            "{match: {enrolment: []}, labels: {}}",
            "`spec.entries[0].match.enrolment` must be text, not a list",
        ),
    ],
)
def test_whom_an_unreadable_match_is_for_nobody_can_say(
    reader: Reader, entry: str, message: str
) -> None:
    document = reader.spec(f"{{entries: [{entry}, {GOOD}]}}")
    made = inventory.read(document)
    assert message in reader.messages
    assert not document.contained
    assert made is not None
    assert len(made.entries) == 1


@pytest.mark.parametrize("spec", ["{}", "{entries: all}", "{entires: []}"])
def test_an_inventory_without_a_list_may_concern_anybody(
    reader: Reader, spec: str
) -> None:
    document = reader.spec(spec)
    inventory.read(document)
    assert not document.contained
    assert reader.messages


def test_a_fault_of_the_whole_document_is_held_against_every_entry(
    reader: Reader,
) -> None:
    document = reader.spec(f"{{entries: [{GOOD}, {GOOD}], x: 1}}")
    made = inventory.read(document)
    assert made is not None
    assert document.contained
    wrong = findings.errors(reader.report.findings)
    held = inventory.hold(made, wrong)
    assert [entry.why for entry in held.entries] == [wrong, wrong]
    assert inventory.hold(made, ()) == made


def test_what_a_comment_silences_is_held_against_nobody(reader: Reader) -> None:
    entry = "{match: {attributes: {host.name: a}}, labels: {canary: true}}"
    made = read(reader, entry)
    assert made.entries[0].why
    assert inventory.hold(made, ()).entries[0].why == ()
