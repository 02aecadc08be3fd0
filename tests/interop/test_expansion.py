import json
import random
from pathlib import Path

import pytest

from reconciler.fleet.findings import Severity
from reconciler.fleet.rules import expansion
from tests.fleet.rules.subjects import subject_of
from tests.interop import distribution
from tests.interop.distribution import Question

pytestmark = [
    pytest.mark.interop,
    pytest.mark.xdist_group("interop-distribution"),
    pytest.mark.timeout(300),
]
TEXTS = 2_000
PIECES = (
    *("${", "}", "$", "{", ":", ":-", "-", " ", "\n", "/"),
    *("env:", "yaml:", "vault:", "a:", "A", "B_1", "1", "x.y"),
)


def texts() -> list[str]:
    chosen = random.Random(20261124)  # noqa: S311 - the same texts each time
    made = (
        "".join(chosen.choices(PIECES, k=chosen.randint(1, 9))) for _ in range(TEXTS)
    )
    return [text if "${" in text else f"${{{text}}}" for text in made]


def config(text: str) -> str:
    actions = [{"key": "k", "action": "insert", "value": text}]
    pipeline = {
        "receivers": ["nop"],
        "processors": ["attributes"],
        "exporters": ["nop"],
    }
    whole = {
        "receivers": {"nop": None},
        "exporters": {"nop": None},
        "processors": {"attributes": {"actions": actions}},
        "service": {"pipelines": {"logs": pipeline}},
    }
    return json.dumps(whole)


def test_what_the_collector_refuses_to_expand_is_exactly_what_the_rule_says(
    distribution_binary: Path,
) -> None:
    asked = texts()
    verdicts = distribution.validate(
        distribution_binary, [Question(config(text)) for text in asked]
    )
    differ = []
    for text, verdict in zip(asked, verdicts, strict=True):
        found = expansion.check(subject_of(config(text)))
        ours = any(one.severity is Severity.ERROR for one in found)
        theirs = "cannot resolve the configuration" in verdict.error
        if ours != theirs:
            differ.append((text, ours, verdict.error))
    assert differ == []
    refused = sum("cannot resolve" in one.error for one in verdicts)
    assert TEXTS / 10 < refused < TEXTS * 9 / 10
