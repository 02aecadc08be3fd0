"""Asks the Collector of `go/distribution`: the truth that the linter is measured by."""

import base64
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

TIMEOUT: Final = 240.0
"""Seconds for all that is asked at once; a validation takes a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Question:
    """A config to judge, with the environment it is to be read in."""

    config: str
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `otelcol validate` says; `error` is empty when it is content."""

    ok: bool
    error: str


def validate(
    binary: Path, questions: Iterable[Question], *, patience: str = "20s"
) -> list[Verdict]:
    """The verdict on each config, in order; one that hangs is given up in time."""
    asked = [{"config": one.config, "env": dict(one.env)} for one in questions]
    answers = _ask([binary, "validate-many", "--patience", patience], asked)
    return [Verdict(answer["ok"], answer.get("error", "")) for answer in answers]


def decode(binary: Path, documents: Iterable[bytes]) -> list[Any]:
    """What the Collector's YAML parser makes of each document, or its complaint.

    A value is an object with one key that tells its type, as `decode.go` says; a
    complaint is a text.
    """
    asked = [{"yaml": base64.b64encode(one).decode()} for one in documents]
    answers = _ask([binary, "yaml-decode"], asked)
    return [answer["value"] if answer["ok"] else answer["error"] for answer in answers]


def schema(binary: Path) -> dict[str, Any]:
    """All that the Collector tells of its components."""
    told: dict[str, Any] = json.loads(_run([binary, "schema"]))
    return told


def components(binary: Path) -> bytes:
    """The output of `otelcol components`."""
    return _run([binary, "components"])


def _ask(command: list[Any], questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lines = (json.dumps({"id": str(i)} | one) for i, one in enumerate(questions))
    answered = _run(command, "".join(f"{line}\n" for line in lines).encode())
    answers = [json.loads(line) for line in answered.splitlines()]
    assert [int(answer["id"]) for answer in answers] == list(range(len(questions)))
    return answers


def _run(command: list[Any], given: bytes = b"") -> bytes:
    return subprocess.run(
        command, input=given, check=True, stdout=subprocess.PIPE, timeout=TIMEOUT
    ).stdout
