import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reconciler.fleet.catalogue import bundled, components_output
from reconciler.fleet.catalogue.components_output import KINDS
from tests.interop import distribution
from tests.interop.distribution import Question, Verdict

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-distribution")]

GOOD = """\
receivers:
  nop:
processors:
  batch:
    timeout: 1s
exporters:
  nop:
service:
  pipelines:
    traces: {receivers: [nop], processors: [batch], exporters: [nop]}
"""
BAD = {
    "syntax": GOOD + "a: [",
    "section": GOOD + "x-anchors: {}\n",
    "type": GOOD.replace("batch:\n", "btach:\n"),
    "key": GOOD.replace("timeout:", "timeouts:"),
    "value": GOOD.replace("timeout: 1s", "timeout: often"),
    "validation": GOOD.replace("timeout: 1s", "send_batch_max_size: 1"),
    "reference": GOOD.replace("[batch]", "[batch/2]"),
    "graph": GOOD.replace("traces:", "profiles:"),
    "signal": GOOD.replace("  nop:\nproc", "  prometheus:\nproc").replace(
        "receivers: [nop]", "receivers: [prometheus]"
    ),
    "variable": GOOD.replace("1s", "${env:}"),
}


def gist(verdict: Verdict) -> str:
    """The last line, without the lists that come in any order."""
    return verdict.error.splitlines()[-1].partition("(valid values")[0].strip()


def test_a_good_config_is_good(distribution_binary: Path) -> None:
    assert distribution.validate(distribution_binary, [Question(GOOD)]) == [
        Verdict(ok=True, error="")
    ]


def test_many_at_once_are_judged_as_each_by_itself(
    distribution_binary: Path, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    questions = [Question(config) for config in [GOOD, *BAD.values()]]
    verdicts = distribution.validate(distribution_binary, questions)
    for question, verdict in zip(questions, verdicts, strict=True):
        file.write_text(question.config)
        alone = subprocess.run(
            [distribution_binary, "validate", "--config", file],
            check=False,
            capture_output=True,
            text=True,
        )
        assert verdict.ok == (alone.returncode == 0)
        assert verdict.ok or gist(verdict) in alone.stderr
    assert [verdict.ok for verdict in verdicts] == [True] + [False] * len(BAD)


def test_a_config_is_read_in_its_own_environment(distribution_binary: Path) -> None:
    config = GOOD.replace("1s", "${env:BATCH_TIMEOUT}")
    answers = distribution.validate(
        distribution_binary,
        [
            Question(config, {"BATCH_TIMEOUT": "2s"}),
            Question(config, {"BATCH_TIMEOUT": "often"}),
            Question(config),
        ],
    )
    assert [answer.ok for answer in answers] == [True, False, True]


def test_a_config_that_hangs_costs_its_own_verdict_alone(
    distribution_binary: Path, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    hanging = GOOD.replace("1s", f"${{file:{pipe}}}")
    first, stuck, last = distribution.validate(
        distribution_binary,
        [Question(GOOD), Question(hanging), Question(GOOD)],
        patience="1s",
    )
    assert first.ok
    assert last.ok
    assert stuck == Verdict(
        ok=False, error="the validation ended: no verdict within 1s"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"~", {"n": None}),
        (b"on", {"s": "on"}),
        (b"TRUE", {"b": True}),
        (b"0o14", {"i": "12"}),
        (b"-0x1F", {"i": "-31"}),
        (b"18446744073709551615", {"i": "18446744073709551615"}),
        (b"1e3", {"f": "1000"}),
        (b"-.inf", {"f": "-inf"}),
        (b".NaN", {"f": "nan"}),
        (b"2026-01-02", {"t": "2026-01-02T00:00:00Z"}),
        (b"!!binary gIE=", {"x": "gIE="}),
        (b"[1, '1']", {"l": [{"i": "1"}, {"s": "1"}]}),
        (b"{a: 1, 2: b}", {"m": [[{"i": "2"}, {"s": "b"}], [{"s": "a"}, {"i": "1"}]]}),
        (b"", {"n": None}),
    ],
)
def test_the_types_of_what_is_decoded_are_told_apart(
    text: bytes, value: dict[str, Any], distribution_binary: Path
) -> None:
    assert distribution.decode(distribution_binary, [text]) == [value]


def test_what_cannot_be_decoded_is_explained(distribution_binary: Path) -> None:
    broken, good = distribution.decode(distribution_binary, [b"a: [", b"a"])
    assert "did not find expected" in broken
    assert good == {"s": "a"}


def test_the_list_of_components_is_read_as_the_catalogue_has_it(
    distribution_binary: Path,
) -> None:
    listed = components_output.read(
        distribution.components(distribution_binary), "components.yaml"
    )
    assert (listed.name, listed.version) == ("otelcol-interop", "0.149.0")
    catalogue = bundled.bundled()
    ours = catalogue.of(listed)
    for kind in KINDS:
        for name in listed.components[kind]:
            component = ours.find(kind, name)
            assert component is not None
            module, _, version = component.module.partition(" ")
            known = catalogue.find(kind, name)
            assert known is not None
            assert (known.module, version) == (module, "v0.149.0")
            assert (
                component.pairs is None
                or known.pairs is None
                or (component.pairs <= known.pairs)
            )
            assert component.signals == known.signals
            assert component.settings is known.settings
            assert component.settings is not None
