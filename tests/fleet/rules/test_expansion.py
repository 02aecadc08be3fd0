import pytest

from reconciler.fleet.findings import Severity
from reconciler.fleet.rules import expansion
from reconciler.fleet.rules.subject import Basis
from tests.fleet.rules.subjects import lines, subject_of


def found(value: str, key: str = "endpoint") -> list[str]:
    subject = subject_of(f"exporters: {{otlp: {{{key}: {value}}}}}\n")
    return [line.partition(": ")[2] for line in lines(expansion.check, subject)]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("'${1}'", "`${1}`: a variable is named by letters"),
        ("'${}'", "`${}`: there is no name in it"),
        ("'${NAME }'", "`${NAME }`: there is a space in the name"),
        ("'${env:A-B}'", "`${env:A-B}`: a variable is named by letters"),
        ("'${NAME:-x}'", "`${NAME:-...}`: a default needs `env:` in front"),
        ("'${:-x}'", "`${:-...}`: what is before the `:` is no scheme"),
        ("'${env:A$B}'", "`${env:A$B}`: a `$` may not stand inside"),
        ("'${file:${1}}'", "`${1}`: a variable is named by letters"),
    ],
    ids=str,
)
def test_what_no_collector_expands_is_an_error(value: str, reason: str) -> None:
    (line,) = found(value)
    assert line.startswith(f"error E045: the Collector cannot expand {reason}")


def test_only_the_first_of_a_text_is_told_because_the_collector_stops_there() -> None:
    assert len(found("'${1} ${2}'")) == 1


@pytest.mark.parametrize(
    "value",
    [
        "$1",
        "$NAME",
        "'$${1}'",
        "'${env:NAME:-x}'",
        "'${env:NAME:-}'",
        "'${yaml:a}'",
        "'${env:${env:NAME:-X}:-y}'",
        "'${file:/etc/otelcol/x}'",
        "'${file:/run/secrets/x}'",
        "'${s3:bucket/x}'",
        "42",
        "null",
    ],
    ids=str,
)
def test_what_it_expands_or_leaves_alone_is_fine(value: str) -> None:
    assert found(value) == []


def test_what_stays_text_after_an_escaped_one_is_told() -> None:
    assert found("'$${1} ${env:A:-x} ${env:B:-y}'") == [
        "warning E045: `${env:A:-...}` stays text, as does all after an escaped `$${`"
    ]


def test_a_key_is_never_expanded() -> None:
    assert found("x", key="'${1}'") == []


@pytest.mark.parametrize(
    ("basis", "severity"),
    [
        (Basis.GUESSED, Severity.WARNING),
        (Basis.ASSUMED, Severity.ERROR),
        (Basis.PINNED, Severity.ERROR),
    ],
    ids=str,
)
def test_an_unknown_provider_is_as_bad_as_the_catalogue_is_sure(
    basis: Basis, severity: Severity
) -> None:
    subject = subject_of("exporters: {otlp: {x: '${vault:a}'}}", basis=basis)
    (one,) = expansion.check(subject)
    assert (one.rule, one.severity) == ("E045", severity)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("'${NAME }'", "write `${env:NAME}`"),
        ("'${NAME:-x}'", "write `${env:NAME:-...}`"),
        (
            "'${1}'",
            "write `$${` for the text `${`, or `${env:NAME}` for a variable",
        ),
    ],
    ids=str,
)
def test_a_hint_shows_how_it_is_written(value: str, hint: str) -> None:
    (one,) = expansion.check(subject_of(f"exporters: {{otlp: {{x: {value}}}}}"))
    assert one.hint == hint


@pytest.mark.parametrize(
    "value",
    ["'${file:x.txt}'", "'${file:/home/me/x}'", "'${file:/etc/../root/x}'"],
    ids=str,
)
def test_a_file_outside_the_usual_folders_is_a_warning(value: str) -> None:
    (line,) = found(value)
    assert line.startswith("warning W043: ")
    assert "is not where a host keeps configuration" in line


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_url_is_a_warning_that_does_not_show_it(scheme: str) -> None:
    (line,) = found(f"'${{{scheme}://user:word@x}}'")
    assert line.startswith(f"warning W043: `${{{scheme}:...}}` lets another server")
    assert "word" not in line


def test_a_variable_without_default_is_told_once_for_information() -> None:
    subject = subject_of("exporters: {a: {x: '${env:A}/${env:A}', y: '${A}'}}")
    (line,) = lines(expansion.check, subject)
    assert line.startswith("c.yaml:1:20: info W043: `${env:A}` has no default")


@pytest.mark.parametrize(
    ("key", "value"),
    [("endpoint", "'${env:API_KEY}'"), ("password", "'${env:WORD}'")],
    ids=str,
)
def test_a_secret_has_no_default_on_purpose(key: str, value: str) -> None:
    assert found(value, key) == []


@pytest.mark.parametrize(
    "value", ["'s3${cr3t}x'", "'${s3-cr3t:-x}'", "'${env:A:-s3cr3t}${1}'"], ids=str
)
def test_no_piece_of_a_secret_is_shown(value: str) -> None:
    subject = subject_of(f"exporters: {{otlp: {{password: {value}}}}}")
    for one in expansion.check(subject):
        assert "cr3t" not in f"{one}{one.hint}"
