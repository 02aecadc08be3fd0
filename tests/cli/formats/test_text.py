from hypothesis import given

from reconciler.cli.formats import text
from reconciler.cli.formats.checked import Checked
from reconciler.errors import Where
from reconciler.fleet.findings import Finding, Reach, Severity
from tests.cli.formats import findings
from tests.cli.formats.findings import checked, finding

EVERYTHING = """\
b.yaml:2:3: error E010: `otpl` is not defined
  2 |   otlp: {}
        ^
  hint: did you mean `otlp`?
  also: b.yaml:4:3: debug: {}
  also: gone.yaml
  hits: groups edge, gateways; 1,212 agents"""


def said(found: Finding) -> list[str]:
    return text.render(checked(found)).plain.splitlines()


def test_a_finding_has_its_place_its_line_the_way_out_and_whom_it_hits() -> None:
    found = finding(
        hint="did you mean `otlp`?",
        also=(Where("b.yaml", 4, 3), Where("gone.yaml")),
        reach=Reach(("edge", "gateways"), 1_212),
    )
    assert text.render(checked(found)).plain == EVERYTHING


def test_findings_stand_below_each_other() -> None:
    rendered = text.render(checked(finding(), finding("W020", line=0, column=0)))
    assert rendered.plain.splitlines()[3] == "b.yaml: error W020: `otpl` is not defined"


def test_a_caret_finds_its_column_after_wide_characters() -> None:
    found = finding(line=1, column=5)
    rendered = text.render(checked(found, content="日本: [".encode()))
    assert rendered.plain.splitlines()[2] == " " * (6 + 6) + "^"


def test_a_caret_finds_its_column_after_a_secret() -> None:
    line = b"{password: HUNTER2-HUNTER2, x: y}"
    lines = text.render(checked(finding(line=1, column=29), content=line)).plain
    assert lines.splitlines()[1:] == [
        "  1 | {password: ***",
        " " * (6 + 14) + "^",
    ]


def test_one_is_no_plural() -> None:
    assert said(finding(reach=Reach(("edge",), 1)))[-1] == "  hits: group edge; 1 agent"


def test_whom_it_hits_is_left_out_as_far_as_nobody_knows() -> None:
    assert said(finding(reach=Reach(("edge",))))[-1] == "  hits: group edge"
    assert said(finding(reach=Reach((), 3)))[-1] == "  hits: 3 agents"
    assert len(said(finding(reach=Reach(())))) == 3


def test_long_lists_are_cut() -> None:
    groups = tuple(f"g{number}" for number in range(20))
    lines = said(finding(also=(Where("b.yaml"),) * 30, reach=Reach(groups, 5)))
    assert lines[-2] == "  also: 20 more places"
    assert lines[-1].endswith("g6, g7 and 12 more; 5 agents")


def test_each_severity_has_its_colour() -> None:
    styles = {
        span.style
        for severity in Severity
        for span in text.render(checked(finding(severity=severity))).spans
    }
    assert set(text.STYLES.values()) <= styles


def test_only_what_is_marked_has_a_colour() -> None:
    found = finding(hint="mend it", reach=Reach(("edge",)))
    rendered = text.render(checked(found))
    coloured = {rendered.plain[span.start : span.end] for span in rendered.spans}
    assert {one.strip() for one in coloured} == {
        "b.yaml:2:3:",
        "error E010:",
        "2 |",
        "^",
        "hint:",
        "hits:",
    }


@given(findings.outcomes())
def test_nothing_can_paint_the_terminal_or_forge_a_line(outcome: Checked) -> None:
    plain = text.render(outcome).plain
    assert all(one == "\n" or one.isprintable() for one in plain)
    heads = [line for line in plain.split("\n") if line and line[0] != " "]
    assert len(heads) <= len(outcome.findings)
