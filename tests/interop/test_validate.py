"""The linter against `otelcol validate`: `docs/rules/vs-otelcol.md`, and no more."""

import functools
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import pytest

from reconciler.fleet.catalogue import bundled, components_output
from reconciler.fleet.catalogue.model import Catalogue
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.linting import bare
from tests.interop import configs, distribution, makers, mistakes
from tests.interop.distribution import Question, Verdict
from tests.interop.toolchain import Unavailable

pytestmark = [
    pytest.mark.interop,
    pytest.mark.xdist_group("interop-distribution"),
    pytest.mark.timeout(300),
]
PAGE: Final = Path(__file__).parents[2] / "docs" / "rules" / "vs-otelcol.md"
SEED: Final = 20261124
DRAWN: Final = 250
MISTAKEN: Final = 450
MAKERS: Final = 600
CAUSES: Final = {
    "It crashes": r"\Athe validation ended: panic",
    "Files and hosts": (
        r"no such file|must exist|not a directory|cert path|could not be read|"
        r"is a directory|permission denied|KUBERNETES_|failed to load|no sink found|"
        r"AppendCertsFromPEM"
    ),
    "Feature gates": r"feature gate|feature-gates",
    "Functions and paths of OTTL": (
        r"segment \"|undefined function|unable to infer context|unable to parse OTTL"
    ),
    "Ids of extensions in settings": (
        r"id: invalid character|id must not be empty|id: the part before"
    ),
    "Settings that depend on each other": (
        r"not both|strict or regex|cannot be used together|must include both|root_path|"
        r"are not valid for|should not be specified|at least one |or neither|"
        r"if api_server is enabled|must also be|is required when|"
        r"must not be empty when|must be supplied if"
    ),
    "Values with a grammar of their own": (
        r"unsupported |instance_uid|timezone|unrecognized match_type|duplicate entry|"
        r"parse dsn address|doesn't have an attribute|is not a supported|"
        r"invalid (?!keys)|unknown (?:hash|HashFunction|type for)|not a valid |"
        r"cannot unmarshal !!|is not supported|valid octal|empty key|"
        r"must have specified"
    ),
    "Shapes that its own code decides": r"expected a map or struct|missing required",
    "What an expansion becomes": r"source data must be|unconvertible type",
}
"""By heading of the page: how the Collector words what we do not find."""


@dataclass(frozen=True, slots=True)
class Case:
    """A config, what the Collector says of it and what we do."""

    config: str
    line: int | None
    verdict: Verdict
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        """What we refuse it for."""
        return [one for one in self.findings if one.severity is Severity.ERROR]

    def told(self) -> str:
        """For a failure of these tests."""
        lines = [*map(str, self.findings), self.verdict.error, self.config]
        return "\n".join(lines)


@pytest.fixture(scope="module")
def known(distribution_binary: Path) -> Catalogue:
    listed = distribution.components(distribution_binary)
    return bundled.bundled().of(components_output.read(listed, "components.yaml"))


@pytest.fixture(scope="module")
def cases(distribution_binary: Path, known: Catalogue) -> list[Case]:
    random = Random(SEED)  # noqa: S311 - the same configs each time
    good = configs.examples()
    good += [configs.draw(known, random) for _ in range(DRAWN)]
    wrong = [mistakes.make(random.choice(good), random) for _ in range(MISTAKEN)]
    asked: list[tuple[str, int | None]] = [(one, None) for one in good]
    asked += [(one.text, one.line) for one in wrong]
    return ask(distribution_binary, asked)


def ask(binary: Path, asked: Sequence[tuple[str, int | None]]) -> list[Case]:
    questions = [Question(config) for config, _ in asked]
    verdicts = distribution.validate(binary, questions)
    return [
        Case(config, line, verdict, judge(config))
        for (config, line), verdict in zip(asked, verdicts, strict=True)
    ]


def judge(config: str) -> tuple[Finding, ...]:
    return bare.check(config.encode(), "c.yaml", catalogue=bundled.bundled())


def missed(cases: list[Case]) -> Iterator[Case]:
    return (case for case in cases if not case.verdict.ok and not case.errors)


def cause(case: Case) -> str | None:
    said = case.verdict.error
    return next((name for name, how in CAUSES.items() if re.search(how, said)), None)


def test_what_is_asked_is_partly_good_and_partly_not(cases: list[Case]) -> None:
    accepted = sum(case.verdict.ok for case in cases)
    assert len(cases) / 10 < accepted < len(cases) / 2


def test_nothing_is_refused_that_the_collector_runs(cases: list[Case]) -> None:
    wronged = [case.told() for case in cases if case.verdict.ok and case.errors]
    assert wronged == []


def test_nothing_is_refused_that_its_makers_test_or_explain_it_with(
    distribution_binary: Path, known: Catalogue
) -> None:
    try:
        asked = [(config, None) for config in makers.configs(known)]
    except Unavailable as missing:
        if os.environ.get("REQUIRE_INTEROP") == "1":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
    accepted = [one for one in ask(distribution_binary, asked) if one.verdict.ok]
    assert len(accepted) > MAKERS
    assert [case.told() for case in accepted if case.errors] == []


def test_nothing_is_missed_but_for_a_cause_that_the_page_names(
    cases: list[Case],
) -> None:
    assert [case.told() for case in missed(cases) if cause(case) is None] == []


def test_a_plain_mistake_is_hardly_ever_missed(cases: list[Case]) -> None:
    mistaken = [case for case in cases if case.line and not case.verdict.ok]
    assert len(mistaken) > MISTAKEN / 2
    found = sum(bool(case.errors) for case in mistaken)
    assert found > len(mistaken) * 0.95


def test_most_mistakes_are_shown_where_they_were_made(cases: list[Case]) -> None:
    places = [
        (case.line, {one.where.line or 0 for one in case.errors})
        for case in cases
        if case.line and case.errors and not case.verdict.ok
    ]
    near = sum(bool(seen & {line - 1, line, line + 1}) for line, seen in places)
    assert near > len(places) * 0.8


@functools.cache
def page() -> str:
    return PAGE.read_text()


def test_the_page_tells_every_cause_and_no_other() -> None:
    part = page().split("\n## ")[1]
    assert part.startswith("What it finds and we do not")
    headings = re.findall(r"^### (.+)$", part, re.MULTILINE)
    assert headings == [*CAUSES]


def test_the_page_tells_every_rule_that_speaks_of_a_good_config(
    cases: list[Case],
) -> None:
    part = page().split("\n## ")[2]
    assert part.startswith("What we find and it does not")
    told = set(re.findall(r"^\| \[([A-Z]\d+)\]", part, re.MULTILINE))
    seen = {one.rule for case in cases if case.verdict.ok for one in case.findings}
    assert seen - told == set()
