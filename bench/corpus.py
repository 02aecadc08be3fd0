"""How good is the linter on configs of which somebody knows whether they are good?

    make corpus CORPUS=DIR

Reads a folder with `configs/`, the verdict of `otelcol validate` on each of them
(`verdicts.tsv`: file, verdict, first_error, ...; a verdict is ok, bad, or env for one
that needs a file or cluster), copies with one mistake each in `mutants/`, and where
that was made (`mutants.tsv`: file, mistake, line, ...). Prints wrong errors first, then
bad configs without any, then mistakes that are not shown on their line, and what each
rule said. Exit code 1 when there is a wrong error, 2 when there is no such folder.

No variable is set for the linter: what an agent would fill in may become anything.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.fleet.catalogue import bundled
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.linting import bare

LISTS: Final = ("verdicts.tsv", "mutants.tsv")
VERDICTS: Final = ("ok", "bad", "env")
PLACES: Final = ("at the line", "within 1 line", "elsewhere", "not found")


class NoCorpusError(Exception):
    """The folder is not there, or lacks something; the text says what."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A file, what is known of it, and what the linter says.

    Attributes:
        known: The line of the list that names it, by column.
        findings: In order of place.
    """

    name: str
    known: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        """What the linter refuses it for."""
        return [one for one in self.findings if one.severity is Severity.ERROR]

    @property
    def place(self) -> str:
        """Of a mutant: how near to the mistake an error stands, one of `PLACES`."""
        line = int(self.known["line"])
        away = [abs((one.where.line or 0) - line) for one in self.errors]
        if not away:
            return PLACES[3]
        return PLACES[min(2, *away)]


def main(arguments: Sequence[str]) -> int:
    """Judge the folder that is named and print the figures."""
    if not arguments or not arguments[0]:
        print("say which folder: make corpus CORPUS=DIR", file=sys.stderr)
        return 2
    try:
        configs, mutants = read(Path(arguments[0]))
    except NoCorpusError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(report(configs, mutants)))
    return 1 if any(map(is_wronged, configs)) else 0


def read(folder: Path) -> tuple[list[Judged], list[Judged]]:
    """The configs and the mutants of a folder, judged.

    Raises:
        NoCorpusError: It has not what it should have.
    """
    for name in LISTS:
        if not (folder / name).is_file():
            raise NoCorpusError(
                f"{folder} has no {name}; bench/corpus.py says what for"
            )
    parts = (folder / "configs", folder / "mutants")
    configs, mutants = (
        list(_judged(folder / name, part))
        for name, part in zip(LISTS, parts, strict=True)
    )
    return configs, mutants


def _judged(listed: Path, part: Path) -> Iterator[Judged]:
    with listed.open(newline="") as lines:
        for known in csv.DictReader(lines, delimiter="\t"):
            name = known["file"]
            path = part / name
            if not path.is_file():
                raise NoCorpusError(
                    f"{listed} names {name}, which {part} does not have"
                )
            found = bare.check(path.read_bytes(), name, catalogue=bundled.bundled())
            yield Judged(name, known, found)


def is_wronged(one: Judged) -> bool:
    """A good config with an error."""
    return one.known["verdict"] == "ok" and bool(one.errors)


def is_missed(one: Judged) -> bool:
    """A bad config without an error."""
    return one.known["verdict"] == "bad" and not one.errors


def report(configs: list[Judged], mutants: list[Judged]) -> Iterator[str]:
    """The lines to print."""
    wronged, missed = filter(is_wronged, configs), filter(is_missed, configs)
    strayed = [one for one in mutants if one.place != PLACES[0]]
    yield from _listed("wrong errors", ((one, map(str, one.errors)) for one in wronged))
    yield from _listed("missed", ((one, [one.known["first_error"]]) for one in missed))
    yield from _listed(
        "mistakes shown elsewhere",
        ((one, [_mistake(one), *map(str, one.errors)]) for one in strayed),
    )
    yield from _rules(configs)
    yield from _figures(configs, mutants)


def _mistake(one: Judged) -> str:
    return f"line {one.known['line']}: {one.known['mistake']}"


def _listed(
    title: str, files: "Iterator[tuple[Judged, Iterator[str] | list[str]]]"
) -> Iterator[str]:
    told = [(one, list(lines)) for one, lines in files]
    if told:
        yield f"{title}:"
        for one, lines in told:
            yield f"  {one.name}"
            yield from (f"    {line}" for line in lines)
        yield ""


def _rules(configs: list[Judged]) -> Iterator[str]:
    """In how many files of each verdict a rule spoke, and how loud."""
    counts = Counter(
        (rule, severity.value, one.known["verdict"])
        for one in configs
        for rule, severity in {(found.rule, found.severity) for found in one.findings}
    )
    yield f"{'files with':<16}" + "".join(f"{verdict:>6}" for verdict in VERDICTS)
    for rule, severity in sorted({(rule, severity) for rule, severity, _ in counts}):
        numbers = (counts[rule, severity, verdict] for verdict in VERDICTS)
        yield f"{rule} {severity:<11}" + "".join(f"{number:>6}" for number in numbers)
    yield ""


def _figures(configs: list[Judged], mutants: list[Judged]) -> Iterator[str]:
    verdicts = Counter(one.known["verdict"] for one in configs)
    wronged, missed = sum(map(is_wronged, configs)), sum(map(is_missed, configs))
    yield f"wrong errors: {wronged} of {verdicts['ok']} good configs"
    yield f"missed: {missed} of {verdicts['bad']} bad configs"
    places = Counter(one.place for one in mutants)
    told = ", ".join(f"{places[place]} {place}" for place in PLACES)
    yield f"{len(mutants)} mistakes: {told}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
