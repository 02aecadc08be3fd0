from hypothesis import given

from reconciler.cli.formats import fingerprints
from reconciler.cli.formats.checked import Checked
from tests.cli.formats import findings
from tests.cli.formats.findings import FILE, checked, finding


def marks(outcome: Checked) -> list[str]:
    return list(fingerprints.of(outcome))


def test_lines_added_above_change_nothing() -> None:
    before = marks(checked(finding(line=2)))
    after = marks(checked(finding(line=4), content=b"# one\n# two\n" + FILE))
    assert after == before


def test_another_indentation_changes_nothing() -> None:
    before = marks(checked(finding(line=2)))
    deeper = FILE.replace(b"  otlp", b"    otlp")
    assert marks(checked(finding(line=2, column=5), content=deeper)) == before


def test_rule_file_and_line_tell_findings_apart() -> None:
    one, other = marks(checked(finding(line=2), finding(line=4)))
    [rule] = marks(checked(finding("E011")))
    [file] = marks(checked(finding(path="c.yaml"), path="c.yaml"))
    assert len({one, other, rule, file}) == 4


def test_findings_alike_are_told_apart_by_their_order() -> None:
    one, other = marks(checked(finding(), finding(column=9)))
    assert one != other
    assert marks(checked(finding())) == [one]


def test_a_fingerprint_says_nothing_of_a_secret() -> None:
    [one] = marks(checked(finding("E040", line=1), content=b"password: one"))
    [other] = marks(checked(finding("E040", line=1), content=b"password: other"))
    assert one == other


@given(findings.outcomes())
def test_every_finding_has_one_of_its_own(outcome: Checked) -> None:
    found = marks(outcome)
    assert len(set(found)) == len(outcome.findings)
