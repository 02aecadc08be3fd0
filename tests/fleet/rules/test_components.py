import pytest

from reconciler.fleet.catalogue.model import Component
from reconciler.fleet.rules import components
from reconciler.fleet.rules.subject import Basis
from tests.fleet.rules.subjects import catalogue_of, lines, subject_of

KNOWN = catalogue_of(
    Component("receivers", "otlp"),
    Component("receivers", "jmx", deprecated="deprecated in 0.145.0; send OTLP"),
    Component("processors", "batch"),
    Component("exporters", "otlp_grpc", aliases=frozenset({"otlp"})),
    Component("exporters", "logging", removed="removed in 0.111.0; use `debug`"),
)


def checked(text: str, basis: Basis = Basis.ASSUMED) -> list[str]:
    return lines(components.check, subject_of(text, KNOWN, basis=basis))


def test_known_types_are_fine_by_their_own_names() -> None:
    assert not checked("receivers: {otlp: , otlp/b: }\nexporters: {otlp_grpc: }\n")


def test_an_old_name_that_works_is_told_for_information() -> None:
    (found,) = components.check(subject_of("exporters: {otlp/a: }\n", KNOWN))
    assert (found.rule, found.severity) == ("W030", "info")
    assert found.message == "`otlp` is the old name of exporter `otlp_grpc`"
    assert found.hint == "both work; write `otlp_grpc` here and in every pipeline"


def test_of_agents_that_may_be_older_no_new_name_is_told() -> None:
    assert not checked("exporters: {otlp: }\n", Basis.GUESSED)


def test_a_deprecated_type_comes_with_what_to_use_instead() -> None:
    (found,) = components.check(subject_of("receivers: {jmx: }\n", KNOWN))
    assert (found.rule, found.severity) == ("W030", "warning")
    assert found.message == "receiver type `jmx` is deprecated"
    assert found.hint == "deprecated in 0.145.0; send OTLP"


@pytest.mark.parametrize(
    ("basis", "severity"),
    [("pinned", "error"), ("assumed", "error"), ("guessed", "warning")],
)
def test_a_type_that_is_gone_keeps_agents_that_surely_lack_it(
    basis: str, severity: str
) -> None:
    assert checked("exporters: {logging: }\n", Basis(basis)) == [
        (
            f"c.yaml:1:13: {severity} W030: exporter type `logging` is gone from the "
            "Collector"
        )
    ]


@pytest.mark.parametrize(
    ("basis", "severity"),
    [("pinned", "error"), ("assumed", "warning"), ("guessed", "warning")],
)
def test_a_type_nobody_knows_may_exist_unless_the_build_is_known(
    basis: str, severity: str
) -> None:
    assert checked("receivers: {acme: }\n", Basis(basis)) == [
        f"c.yaml:1:13: {severity} E017: receiver type `acme` is unknown"
    ]


@pytest.mark.parametrize("slip", ["otpl", "otl", "ootlp", "otllp", "ottlp"])
def test_a_slip_of_the_pen_is_sure_enough_for_a_file_of_its_own(slip: str) -> None:
    (found,) = components.check(subject_of(f"receivers: {{{slip}: }}\n", KNOWN))
    assert (found.rule, found.severity) == ("E017", "error")
    assert found.hint == "did you mean `otlp`?"
    (guessed,) = checked(f"receivers: {{{slip}: }}\n", Basis.GUESSED)
    assert "warning E017" in guessed


@pytest.mark.parametrize("other", ["oltq", "otlpx", "otlb", "tcplog"])
def test_any_other_likeness_is_not(other: str) -> None:
    (line,) = checked(f"receivers: {{{other}: }}\n")
    assert "warning E017" in line


@pytest.mark.parametrize(
    ("text", "basis", "hint"),
    [
        (
            "receivers: {batch: }",
            Basis.ASSUMED,
            "there is one under `processors`",
        ),
        (
            "receivers: {acme: }",
            Basis.PINNED,
            "the Collector that is to run this does not have it",
        ),
        (
            "receivers: {acme: }",
            Basis.GUESSED,
            "commit the output of `otelcol components` of your Collector to be sure",
        ),
    ],
)
def test_the_hint_says_where_to_look(text: str, basis: Basis, hint: str) -> None:
    (found,) = components.check(subject_of(text, KNOWN, basis=basis))
    assert found.hint == hint


def test_what_is_no_type_at_all_is_told_elsewhere() -> None:
    assert not checked("receivers: {_nop: , '': }\n")
