import time
from datetime import date
from pathlib import Path

import pytest

from reconciler.errors import Where
from reconciler.fleet import findings, ignores
from reconciler.fleet.findings import Finding
from reconciler.fleet.ignores import Ignores
from reconciler.fleet.snapshot import SourceFile, blob_id

COMMENT = "# reconciler: ignore W041 until 2027-03-31: behind a proxy"
TODAY = date(2026, 11, 24)


def read(text: str | bytes) -> tuple[Ignores, list[str]]:
    content = text if isinstance(text, bytes) else text.encode()
    known, found = ignores.read([SourceFile("a.yaml", blob_id(content), content)])
    return known, [
        f"{one.where.line}:{one.where.column} {one.message}" for one in found
    ]


def finding(line: int, rule: str = "W041") -> Finding:
    return findings.warning(rule, "open to all", Where("a.yaml", line, 3))


def test_a_comment_behind_a_value_counts_for_its_line() -> None:
    known, faults = read(f"x:\n  endpoint: 0.0.0.0:4317 {COMMENT}\n")
    assert faults == []
    assert known.covers(finding(2))
    assert not known.covers(finding(1))
    assert not known.covers(finding(2, "W043"))


def test_a_comment_on_a_line_of_its_own_counts_for_the_next_that_holds_something() -> (
    None
):
    known, _ = read(f"x:\n  {COMMENT}\n  # more of it\n\n  endpoint: a\n")
    assert known.covers(finding(5))
    assert not known.covers(finding(2))


def test_several_rules_and_several_comments_count_together() -> None:
    known, faults = read(
        f"{COMMENT}\n"
        "# reconciler: ignore W043, E040 W022 until 2027-01-01: by contract\n"
        "a: 1\n"
    )
    assert faults == []
    assert all(known.covers(finding(3, rule)) for rule in ("W041", "E040", "W022"))


def test_it_tells_who_silences_what_until_when_and_why() -> None:
    known, _ = read(f"a: 1 {COMMENT}\n")
    (one,) = known.of(finding(1))
    assert (one.rules, one.until, one.reason, one.where) == (
        frozenset({"W041"}),
        date(2027, 3, 31),
        "behind a proxy",
        Where("a.yaml", 1, 6),
    )


@pytest.mark.parametrize(
    "text",
    [
        f'a: "{COMMENT}"\n',
        f"a: '\n  {COMMENT}'\n",
        f"a: |\n  {COMMENT}\nb: 1\n",
        f"a: >\n  text\n\n  {COMMENT}\n",
        f"a: x{COMMENT}\n",
    ],
    ids=["double", "single", "block", "folded", "plain"],
)
def test_what_stands_inside_a_scalar_is_no_comment(text: str) -> None:
    known, faults = read(text)
    assert (known.at, faults) == ({}, [])


def test_a_comment_beside_and_below_a_block_scalar_is_one() -> None:
    known, _ = read(f"a: | {COMMENT}\n  text\n{COMMENT}\nb: 1\n")
    assert known.covers(finding(1))
    assert known.covers(finding(4))


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("ignore", "names no rule"),
        ("ignore until 2027-03-31: x", "names no rule"),
        ("ignore W999 until 2027-03-31: x", "names `W999`, which is no rule"),
        ("ignore E002 until 2027-03-31: x", "names E002, which is for nobody"),
        ("ignore W041: behind a proxy", "has no date"),
        ("ignore W041 until tomorrow: x", "has no date"),
        ("ignore W041 until 2027-02-30: x", "has no date"),
        ("ignore W041 until 2027-03-31", "gives no reason"),
        ("ignore W041 until 2027-03-31: ", "gives no reason"),
    ],
    ids=str,
)
def test_a_comment_with_a_fault_silences_nothing_and_is_told(
    comment: str, fault: str
) -> None:
    known, faults = read(f"a: 1\nb: 1 # reconciler: {comment}\n")
    assert known.at == {}
    assert len(faults) == 1
    assert faults[0].startswith(f"2:6 this comment silences nothing: it {fault}")


def test_other_comments_are_left_alone() -> None:
    assert read("# reconciler: ignored by us\n# ignore W041\na: 1\n")[1] == []


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe# reconciler: ignore", b"\x00# reconciler: ignore W041", b""],
    ids=["utf-16", "binary", "empty"],
)
def test_files_that_are_no_text_have_no_comments(content: bytes) -> None:
    assert read(content) == (Ignores(), [])


def test_comments_of_a_file_that_is_no_yaml_are_read_up_to_the_fault() -> None:
    known, _ = read(f"a: 1 {COMMENT}\nb: @c\n")
    assert known.covers(finding(1))


@pytest.mark.parametrize("filler", [" ", "until ", "# ", "W041, "], ids=str)
def test_no_comment_takes_long_to_read(filler: str) -> None:
    started = time.process_time()
    known, faults = read(f"a: 1 # reconciler: ignore {filler * 20_000} x\n")
    assert time.process_time() - started < 2
    assert known.at == {}
    assert len(faults) == 1


def test_every_rule_is_either_silenceable_or_not() -> None:
    pages = Path(__file__).parents[2] / "docs" / "rules"
    rules = {path.stem for path in pages.glob("[EWIS][0-9][0-9][0-9].md")}
    assert not ignores.SILENCEABLE & ignores.LASTING
    assert rules == ignores.SILENCEABLE | ignores.LASTING
    assert ignores.NEEDING_AGENTS < ignores.SILENCEABLE


def test_a_comment_lapses_only_for_those_who_know_the_day() -> None:
    known, _ = read(f"a: 1 {COMMENT}\n")
    assert known.covers(finding(1), date(2027, 3, 31))
    assert not known.covers(finding(1), date(2027, 4, 1))
    assert known.covers(finding(1))


def test_settling_takes_out_what_is_silenced() -> None:
    known, _ = read(f"a: 1 {COMMENT}\n")
    other = finding(2)
    assert ignores.settle([finding(1), other], known, today=TODAY) == (other,)


def test_settling_tells_of_a_comment_that_lapsed_and_of_what_it_was_for() -> None:
    known, _ = read(f"a: 1 {COMMENT}\n")
    found = ignores.settle([finding(1)], known, today=date(2028, 1, 1))
    assert [one.rule for one in found] == ["W041", "W079"]
    assert "until 2027-03-31, which is over" in found[1].message


def test_settling_tells_of_a_comment_that_silences_nothing() -> None:
    known, _ = read("# reconciler: ignore W041, W043 until 2027-03-31: x\na: 1\n")
    (idle,) = ignores.settle([finding(2)], known)
    assert idle.message == "this comment silences W043, which is not found on line 2"
    assert idle.where == Where("a.yaml", 1, 1)


def test_a_comment_is_not_called_idle_while_an_error_may_hide_what_it_is_for() -> None:
    known, _ = read(f"a: 1 {COMMENT}\n")
    wrong = findings.error("E001", "not YAML", Where("a.yaml", 9))
    assert ignores.settle([wrong], known) == (wrong,)


def test_a_comment_is_not_called_idle_for_a_rule_that_needs_agents_to_be_known() -> (
    None
):
    known, _ = read("# reconciler: ignore W071 until 2027-03-31: to come\na: 1\n")
    assert ignores.settle([], known) == ()
    assert len(ignores.settle([], known, agents_known=True)) == 1
