import time

import pytest

from reconciler.cli.formats.checked import Checked
from reconciler.cli.formats.snippets import Snippets
from reconciler.errors import Where
from tests.cli.formats import findings

TOKEN = "glpat-" + "x1" * 10


def line(text: str, *, rule: str = "E010") -> str | None:
    found = findings.finding(rule, line=1)
    return Snippets(findings.checked(found, content=text.encode())).at(found.where)


@pytest.mark.parametrize(
    ("text", "column", "shown"),
    [
        ("api: HUNTER2", 6, "api: ***"),
        ("  - {x: {y: HUNTER2}}", 13, "  - {x: {y: ***"),
        ('  - "HUNTER2: y"', 5, "  - ***"),
        ("HUNTER2", 1, "***"),
        ("x: HUNTER2", 0, "***"),
        ("password: HUNTER2, x: HUNTER2", 23, "password: ***"),
    ],
)
def test_a_line_that_holds_a_secret_is_hidden_from_there_on(
    text: str, column: int, shown: str
) -> None:
    found = findings.finding("E040", line=1, column=column)
    snippets = Snippets(findings.checked(found, content=text.encode()))
    assert snippets.at(found.where) == shown


@pytest.mark.parametrize(
    "text",
    [
        "password: HUNTER2",
        "license_key: HUNTER2",
        '  headers: {authorization: "Bearer HUNTER2"}',
        "endpoint: https://me:HUNTER2@host/path",
        'endpoint: "me:HUNTER2@host:4318"',
        f"x: {TOKEN}-HUNTER2",
        "  TUlJRXZ3SUJBREFOQmdrcWhraUc5dzBCQVFFRkFBU0NC/HUNTER2",
        "password: ${env:PASSWORD:-HUNTER2}",
        "password: ${env:PASSWORD}HUNTER2",
        "{password: ${env:PASSWORD}, token: HUNTER2}",
    ],
)
def test_what_looks_like_a_secret_is_hidden_whatever_the_line_was_found_for(
    text: str,
) -> None:
    shown = line(text)
    assert shown
    assert "HUNTER2" not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "text",
    [
        "receivers: [otlp]",
        "password: ${env:PASSWORD}",
        'authorization: "Bearer ${env:TOKEN}"',
        '  headers: {authorization: "Bearer ${env:TOKEN}", x: y}',
        "module: go.opentelemetry.io/collector/receiver/otlpreceiver",
        "endpoint: https://backend.example:4318/v1/traces",
    ],
)
def test_other_lines_are_shown_as_they_are(text: str) -> None:
    assert line(text) == text


def test_a_second_fault_does_not_show_the_secret_of_the_first() -> None:
    leaks = [findings.finding("E040", line=1, column=at) for at in (12, 5)]
    other = findings.finding("W043", line=1)
    outcome = findings.checked(*leaks, other, content=b"a: [HUNTER2, HUNTER2]")
    assert Snippets(outcome).at(other.where) == "a: [***"


def test_lines_are_counted_as_the_parser_counts_them() -> None:
    found = findings.finding(line=6)
    content = "a\rb\r\nc\x85d\u2028e\nf".encode()
    assert Snippets(findings.checked(found, content=content)).at(found.where) == "f"


@pytest.mark.parametrize("where", [Where("b.yaml"), Where("b.yaml", 99), Where("c", 1)])
def test_there_is_no_line_of_a_whole_file_or_of_none(where: Where) -> None:
    assert Snippets(findings.checked()).at(where) is None


def test_bytes_that_are_no_text_and_controls_cannot_paint_the_terminal() -> None:
    found = findings.finding(line=1)
    outcome = Checked((found,), {"b.yaml": b"\x1b[2J\xff\tx"})
    assert Snippets(outcome).at(found.where) == "�[2J� x"


def test_a_hostile_line_costs_little() -> None:
    started = time.process_time()
    for text in ("a:" * 1_000_000, "'" * 1_000_000, "- " * 500_000, "x1A" * 500_000):
        assert line(text)
        assert line(text, rule="E040")
    assert time.process_time() - started < 1
