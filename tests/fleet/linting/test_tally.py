import pytest

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Finding, Reach, Severity
from reconciler.fleet.linting import audience
from reconciler.fleet.linting.tally import Tally
from reconciler.fleet.population import KnownAgent, Population
from tests.fleet.conftest import MakeFleet
from tests.fleet.linting.test_lint import COMPLETE, FLEET, config, labels, sampling

AT = Where("a.yaml", 3, 5)
FAULT = findings.error("E010", "wrong", AT)
ADVICE = findings.warning("W041", "open", AT)
WHOLE, PART = 0, 1


def tally(fleet_of: MakeFleet, population: Population = ()) -> Tally:
    """Of two cases: agents with both documents, and agents with the base alone."""
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE)
            + config("role", labels(role="a"), sampling(1), 1)
        }
    )
    known = audience.gather(fleet, population)
    return Tally(fleet, known, has_population=bool(population))


def told(one: Tally, read: tuple[Finding, ...] = ()) -> list[str]:
    return [str(found).partition(": ")[2] for found in one.told(read)]


def test_a_fault_of_all_is_told_once_without_an_example(fleet_of: MakeFleet) -> None:
    one = tally(fleet_of)
    one.block(WHOLE, [FAULT])
    one.block(PART, [FAULT])
    assert told(one) == ["error E010: wrong"]


def test_a_fault_of_those_with_a_document_alone_needs_no_example(
    fleet_of: MakeFleet,
) -> None:
    one = tally(fleet_of)
    one.block(WHOLE, [FAULT])
    assert told(one) == ["error E010: wrong"]


def test_a_fault_of_those_without_a_document_is_a_warning_with_an_example(
    fleet_of: MakeFleet,
) -> None:
    one = tally(fleet_of)
    one.block(PART, [FAULT])
    assert told(one) == ["warning E010: wrong (for agents with no labels)"]


def test_a_case_that_was_not_judged_says_nothing_about_advice(
    fleet_of: MakeFleet,
) -> None:
    one = tally(fleet_of)
    one.judge(WHOLE, [ADVICE])
    (found,) = one.told(())
    assert found.message == "open"
    assert found.reach == Reach(("default",), None)


def test_the_worst_of_a_place_is_told(fleet_of: MakeFleet) -> None:
    one = tally(fleet_of)
    severities = (Severity.INFO, Severity.ERROR, Severity.WARNING)
    one.judge(WHOLE, [findings.of(how, "E017", how, AT) for how in severities])
    assert told(one) == ["error E017: error"]


def test_what_was_found_while_reading_keeps_its_words_and_gains_its_reach(
    fleet_of: MakeFleet,
) -> None:
    one = tally(fleet_of, (KnownAgent("a", {}), KnownAgent("b", {"role": "a"})))
    one.block(PART, [FAULT])
    other = findings.error("E001", "not YAML", Where("b.yaml"))
    first, second = one.told((FAULT, other))
    assert (first.message, first.severity) == ("wrong", Severity.ERROR)
    assert first.reach == Reach(("default",), 1)
    assert second == other


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["x"], "(on `x`)"),
        (["x", "a"], "(on `a`, `x`)"),
        (["x", "a", "m", "k"], "(on `a`, `k` and 2 more)"),
    ],
    ids=str,
)
def test_agents_that_say_what_they_have_are_examples_by_name(
    fleet_of: MakeFleet, names: list[str], shown: str
) -> None:
    own = {"receivers": frozenset({"nop"})}
    known = tuple(KnownAgent(name, {}, components=own) for name in names)
    one = tally(fleet_of, (*known, KnownAgent("silent", {})))
    teller = next(n for n, case in enumerate(one._cases) if case.components)
    silent = next(n for n, case in enumerate(one._cases) if case.agents == ["silent"])
    one.judge(silent, [])
    one.judge(teller, [ADVICE])
    assert told(one) == [f"warning W041: open {shown}"]


def test_it_knows_which_documents_somebody_was_judged_by(fleet_of: MakeFleet) -> None:
    one = tally(fleet_of, (KnownAgent("a", {}),))
    one.judge(PART, [])
    assert [one.has_judged(number) for number in (0, 1)] == [True, False]
    assert one.reach_of(0) == Reach(("default",), 1)
    assert one.reach_of(1) == Reach(("default",), 0)
