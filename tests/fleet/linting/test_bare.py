from datetime import date

import pytest

from reconciler.fleet.catalogue import bundled
from reconciler.fleet.linting import bare
from reconciler.fleet.rules.subject import Basis

GOOD = """\
receivers:
  otlp: {protocols: {grpc: }}
processors:
  memory_limiter: {check_interval: 1s, limit_mib: 512}
exporters:
  otlp_grpc: {endpoint: "backend:4317"}
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter]
      exporters: [otlp_grpc]
"""


def checked(
    text: str | bytes, *, basis: Basis = Basis.ASSUMED, today: date | None = None
) -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    catalogue = bundled.bundled()
    found = bare.check(content, "c.yaml", catalogue=catalogue, basis=basis, today=today)
    return [str(one) for one in found]


def test_a_good_config_has_no_findings() -> None:
    assert checked(GOOD) == []
    assert checked(GOOD.replace("\n", "\r\n")) == []
    assert checked("\ufeff" + GOOD) == []


def test_characters_that_nobody_sees_are_named_whether_the_file_is_yaml_or_not() -> (
    None
):
    team = "service:\n  telemetry: {resource: {team: a\u00a0}}"
    (stray,) = checked(GOOD.replace("service:", team))
    assert "W063: U+00A0, a no-break space" in stray
    (broken,) = checked(GOOD.replace("service:", "service:\u00a0"))
    assert broken.startswith("c.yaml:7:9: error E001: not YAML: ")
    assert broken.endswith("U+00A0, a no-break space, stands in column 9 of the line")
    found = checked(GOOD.replace("exporters: [o", "exporters: [o\ufeff"))
    assert any("W063: U+FEFF, a byte order mark" in one for one in found)


def test_every_kind_of_fault_is_told_in_order_of_place() -> None:
    text = (
        GOOD.replace("{grpc: }", "{grcp: }")
        .replace("limit_mib: 512", "limit_mib: '512'")
        .replace("backend:4317", "backend")
        .replace("[memory_limiter]", "[memory_limter]")
    )
    assert [" ".join(line.split()[:3]) for line in checked(text)] == [
        "c.yaml:2:3: error E018:",
        "c.yaml:2:22: error E003:",
        "c.yaml:4:3: warning W020:",
        "c.yaml:4:51: error E004:",
        "c.yaml:6:25: error E018:",
        "c.yaml:9:5: warning W021:",
        "c.yaml:11:20: error E010:",
    ]


def test_a_second_document_is_only_a_warning() -> None:
    for second in ("nothing: \n", "nothing: [\n", "a: 1\na: 2\n"):
        (line,) = checked(f"{GOOD}---\n{second}")
        assert line.startswith("c.yaml:13:1: warning E001: the Collector reads the")


@pytest.mark.parametrize(
    ("text", "what"),
    [("", "empty"), ("- a\n", "a list"), ("a\n", "text"), ("null\n", "empty")],
)
def test_a_config_is_a_mapping(text: str, what: str) -> None:
    (line,) = checked(text)
    assert line.endswith(f"error E004: a Collector config is a mapping; this is {what}")


def test_what_is_no_yaml_is_all_that_is_told() -> None:
    assert checked(GOOD + "a: [\n")[0].startswith("c.yaml:14:1: error E001: not YAML")
    assert checked(b"\xff\xfea\x00")[0].endswith("the file is not UTF-8 but UTF-16")


def test_a_comment_silences_a_rule_until_its_day() -> None:
    text = GOOD.replace(
        "  otlp_grpc: {endpoint",
        "  # reconciler: ignore W020 until 2027-01-31: kept for emergencies\n"
        "  debug:\n  otlp_grpc: {endpoint",
    )
    assert checked(text, today=date(2026, 12, 1)) == []
    rules = [line.split()[2] for line in checked(text, today=date(2027, 3, 1))]
    assert rules == ["W079:", "W020:"]


def test_a_comment_that_silences_nothing_is_told() -> None:
    text = GOOD.replace(
        "  otlp_grpc: {",
        "  # reconciler: ignore W020 until 2027-01-31: x\n  otlp_grpc: {",
    )
    (line,) = checked(text)
    assert "W079" in line


def test_a_pinned_catalogue_refuses_what_it_does_not_hold() -> None:
    text = GOOD.replace("otlp: {protocols: {grpc: }}", "acme: ").replace(
        "[otlp]", "[acme]"
    )
    assert "warning E017" in "".join(checked(text))
    assert "error E017" in "".join(checked(text, basis=Basis.PINNED))
