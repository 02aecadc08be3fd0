import time

import pytest

from reconciler.errors import InvalidDocument, Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Fault, Finding, Report, Severity

HERE = Where("fleet.yaml", 3, 5)


def test_a_finding_prints_as_compilers_do() -> None:
    finding = findings.error("E003", "unknown field `spce`", HERE)
    assert str(finding) == "fleet.yaml:3:5: error E003: unknown field `spce`"


def test_only_errors_keep_something_back() -> None:
    bad = findings.error("E003", "bad", HERE)
    assert findings.errors((findings.warning("W009", "odd", HERE), bad)) == (bad,)


def test_a_message_is_one_line_of_bounded_length() -> None:
    finding = findings.error("E003", "a\nb\x1b[31m\u2028" + "x" * 5_000, HERE)
    assert finding.message.startswith("a?b?[31m<U+2028>xxx")
    assert len(finding.message) < 500


def test_what_nobody_sees_is_shown_where_a_message_quotes_it() -> None:
    finding = findings.error("E003", "unknown field `soak\u200b`", HERE)
    assert finding.message == "unknown field `soak<U+200B>`"
    assert len(findings.error("E003", "\u00a0" * 5_000, HERE).message) < 500


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("http://me:HUNTER2@host:4318/x", "http://***@host:4318/x"),
        ("https://HUNTER2@host", "https://***@host"),
        ("me:HUNTER2@host:4318", "***@host:4318"),
        (":HUNTER2@[::1]:80", "***@[::1]:80"),
        ("ops@example.org", "ops@example.org"),
        ("$.a[?(@.b)]", "$.a[?(@.b)]"),
    ],
)
def test_no_message_quotes_a_login(quoted: str, shown: str) -> None:
    finding = findings.warning("W047", f"`{quoted}` is none", HERE, f"write `{quoted}`")
    assert finding.message == f"`{shown}` is none"
    assert finding.hint == f"write `{shown}`"


def test_a_long_message_costs_little() -> None:
    started = time.process_time()
    for text in ("a:" * 100_000, "://" * 100_000, "a:b" * 100_000 + "@c"):
        assert findings.error("E003", text, HERE).message
    assert time.process_time() - started < 0.2


def test_a_fault_is_an_invalid_document_and_becomes_a_finding() -> None:
    fault = Fault("E001", "not YAML", where=HERE, hint="mend it")
    assert isinstance(fault, InvalidDocument)
    assert str(fault) == "fleet.yaml:3:5: not YAML"
    assert fault.finding == Finding("E001", Severity.ERROR, "not YAML", HERE, "mend it")


def test_a_report_lists_each_finding_once_in_order_of_place() -> None:
    report = Report()
    report.error("E004", "second", where=Where("b.yaml", 1))
    report.warning("W009", "first", where=Where("a.yaml", 9))
    report.error("E004", "second", where=Where("b.yaml", 1))
    assert [found.message for found in report.findings] == ["first", "second"]


def test_a_report_never_drops_its_last_error_for_want_of_room() -> None:
    report = Report()
    for line in range(2_000):
        report.warning("W009", "odd", where=Where("a.yaml", line))
    for line in range(2_000):
        report.error("E004", "bad", where=Where("a.yaml", line))
    assert len(findings.errors(report.findings)) == 1_000
