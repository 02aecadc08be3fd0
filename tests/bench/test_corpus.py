from pathlib import Path

import pytest

from bench import corpus

GOOD = """\
receivers:
  otlp:
    protocols: {grpc: }
exporters:
  debug:
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [debug]}
"""
BAD = GOOD.replace("[debug]", "[file]")
VERDICTS = "file\tverdict\tfirst_error\tnote\tsource\n"
MUTANTS = "file\toriginal\tkind\tmistake\totelcol_error\tline\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ("configs", "mutants"):
        (tmp_path / part).mkdir()
    add(tmp_path, "configs/1.yaml", GOOD)
    add(tmp_path, "configs/2.yaml", BAD)
    add(tmp_path, "configs/3.yaml", GOOD)
    add(tmp_path, "mutants/m1.yaml", BAD)
    rows = "1.yaml\tok\t\t\t\n2.yaml\tbad\tno such exporter\t\t\n3.yaml\tenv\t\t\t\n"
    add(tmp_path, "verdicts.tsv", VERDICTS + rows)
    row = "m1.yaml\t1.yaml\treference\tdebug became file\tno such exporter\t8\n"
    add(tmp_path, "mutants.tsv", MUTANTS + row)
    return tmp_path


def add(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_a_linter_that_is_right_gets_figures_and_no_complaint(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert corpus.main([str(folder)]) == 0
    told = lines(capsys)
    assert told[0].split() == ["files", "with", "ok", "bad", "env"]
    assert ["E010", "error", "0", "1", "0"] in [line.split() for line in told]
    assert told[-3:] == [
        "wrong errors: 0 of 1 good configs",
        "missed: 0 of 1 bad configs",
        "1 mistakes: 1 at the line, 0 within 1 line, 0 elsewhere, 0 not found",
    ]


def test_a_wrong_error_is_shown_and_fails(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(folder, "configs/1.yaml", BAD)
    assert corpus.main([str(folder)]) == 1
    told = lines(capsys)
    assert told[:2] == ["wrong errors:", "  1.yaml"]
    assert told[2].startswith("    1.yaml:8:")
    assert "wrong errors: 1 of 1 good configs" in told


def test_a_bad_config_without_an_error_is_shown_with_what_the_collector_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(folder, "configs/2.yaml", GOOD)
    assert corpus.main([str(folder)]) == 0
    told = lines(capsys)
    assert told[:3] == ["missed:", "  2.yaml", "    no such exporter"]
    assert "missed: 1 of 1 bad configs" in told


@pytest.mark.parametrize(
    ("line", "text", "place"),
    [
        (7, BAD, "1 within 1 line"),
        (9, BAD, "1 within 1 line"),
        (1, BAD, "1 elsewhere"),
        (8, GOOD, "1 not found"),
    ],
)
def test_an_error_elsewhere_than_the_mistake_is_shown(
    folder: Path, line: int, text: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add(folder, "mutants/m1.yaml", text)
    row = f"m1.yaml\t1.yaml\treference\tdebug became file\t\t{line}\n"
    add(folder, "mutants.tsv", MUTANTS + row)
    assert corpus.main([str(folder)]) == 0
    told = lines(capsys)
    assert told[0] == "mistakes shown elsewhere:"
    assert told[2] == f"    line {line}: debug became file"
    assert place in told[-1]


@pytest.mark.parametrize(
    ("gone", "complaint"),
    [
        ("verdicts.tsv", "has no verdicts.tsv; bench/corpus.py says what for"),
        ("mutants.tsv", "has no mutants.tsv; bench/corpus.py says what for"),
        ("configs/2.yaml", "names 2.yaml, which"),
    ],
)
def test_a_folder_that_lacks_something_is_told_so(
    folder: Path, gone: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / gone).unlink()
    assert corpus.main([str(folder)]) == 2
    assert complaint in capsys.readouterr().err


def test_no_folder_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert corpus.main([]) == corpus.main([""]) == 2
    assert "CORPUS=DIR" in capsys.readouterr().err
    assert corpus.main([str(tmp_path / "none")]) == 2
