"""Whatever the readers of this room are fed, they answer with findings, and soon."""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.cli.init import FILES
from reconciler.errors import InvalidDocument, Where
from reconciler.fleet import findings, population
from reconciler.fleet.catalogue import bundled, components_output
from reconciler.fleet.findings import Fault, Finding
from reconciler.fleet.linting import bare, lint
from reconciler.fleet.reading import parse
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.ids import CommitSha, Revision

MEBIBYTE: Final = 1024 * 1024
SECONDS: Final = 5.0
"""A bomb takes a fraction of it."""
TOKENS: Final = (
    *(
        "a",
        "b: ",
        "- ",
        "? ",
        ": ",
        ", ",
        "\n",
        "\n  ",
        "\n    ",
        "\t",
        " ",
        "#",
        "\r\n",
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        "'",
        '"',
        "\\",
        "|\n",
        ">-\n",
        "&x ",
        "*x ",
        "<<: ",
        "!!int ",
    ),
    *(
        "!!binary ",
        "!x ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "~",
        "1e3",
        "0x",
        "2026-01-02",
    ),
    *("${env:A", "}", "$$", "é", "\ufeff", "\x85", "\u2028", "\x00", "\U0001f600"),
    *("receivers:\n", "service:\n", "  pipelines:\n", "traces", "otlp", "/", "name"),
    *(
        "apiVersion: reconciler/v1\n",
        "kind: ",
        "Fleet\n",
        "CollectorConfig\n",
        "spec:\n",
    ),
    *("# reconciler: ignore W041", " until 2027-01-01", ": why\n", "$var: ", "$join: "),
)
texts = st.lists(st.sampled_from(TOKENS), max_size=40).map("".join)
contents = st.binary(max_size=300) | texts.map(lambda text: text.encode())


def of_repo(files: Mapping[str, bytes]) -> tuple[Finding, ...]:
    sources = {
        path: SourceFile(path, blob_id(content), content)
        for path, content in files.items()
    }
    revision = Revision("main", CommitSha("a" * 40))
    return lint.check(parse.parse(Snapshot(revision, sources)))


def as_root(content: bytes) -> tuple[Finding, ...]:
    return of_repo({"fleet.yaml": content})


def as_referenced(content: bytes) -> tuple[Finding, ...]:
    files = {name: text.encode() for name, text in FILES.items()}
    return of_repo(files | {"base.collector.yaml": content, ".fleetignore": content})


def as_config(content: bytes) -> tuple[Finding, ...]:
    return bare.check(content, "a.yaml", catalogue=bundled.bundled())


def as_population(content: bytes) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for name in ("agents.json", "agents.yaml", "agents.csv"):
        try:
            population.read(content, name)
        except Fault as fault:
            found += fault.findings
        except InvalidDocument as refusal:
            found.append(
                findings.error("E004", refusal.message, refusal.where or Where(name))
            )
    return tuple(found)


def as_components(content: bytes) -> tuple[Finding, ...]:
    try:
        components_output.read(content, "components.yaml")
    except Fault as fault:
        return fault.findings
    return ()


Read = Callable[[bytes], tuple[Finding, ...]]
READERS: Final[tuple[Read, ...]] = (
    *(as_root, as_referenced, as_config, as_population, as_components),
)
every_reader = pytest.mark.parametrize("read", READERS)


def check(found: Iterable[Finding]) -> None:
    for one in found:
        assert isinstance(one, Finding)
        assert str(one)


@every_reader
@given(content=contents)
@example(content=b"\xef\xbb\xbf")
@example(content=b"a: !!float .inf\nb: !!int 0x_\n? [c]\n: *x\n")
def test_any_bytes_are_answered_with_findings(read: Read, content: bytes) -> None:
    check(read(content))


@given(
    name=st.sampled_from(sorted(FILES)),
    start=st.floats(0, 1),
    length=st.integers(0, 40),
    instead=st.binary(max_size=8) | texts.map(str.encode),
)
def test_any_edit_of_a_good_repo_is_answered_with_findings(
    name: str, start: float, length: int, instead: bytes
) -> None:
    files = {path: text.encode() for path, text in FILES.items()}
    good = files[name]
    place = int(start * len(good))
    files[name] = good[:place] + instead + good[place + length :]
    check(of_repo(files))


def laughs(form: str) -> bytes:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [
        f"a{level}: &a{level} " + form.format(f"*a{level - 1}")
        for level in range(1, 12)
    ]
    return "\n".join(lines).encode()


MANY: Final = 40_000
BOMBS: Final[Mapping[str, bytes]] = {
    "laughs": laughs("[{0},{0},{0},{0},{0},{0},{0},{0},{0},{0}]"),
    "laughs of mappings": laughs("{{a: {0}, b: {0}, c: {0}, d: {0}}}"),
    "merges": b"a: &a {b: 1}\n" + b"c: {<<: [" + b"*a," * 50_000 + b"]}\n",
    "brackets": b"[" * MANY,
    "braces": b"{a: " * MANY,
    "dashes": b"- " * MANY,
    "deeper and deeper": b"".join(b" " * n + b"a:\n" for n in range(1_000)),
    "keys": b"".join(b"k%d: 1\n" % n for n in range(MANY // 2)),
    "the same key": b"a: 1\n" * MANY,
    "documents": b"--- a\n" * MANY,
    "anchors": b"".join(b"- &a%d x\n" % n for n in range(MANY // 2)),
    "unknown anchors": b"- *a\n" * MANY,
    "a long text": b"a: " + b"x" * MEBIBYTE,
    "a long text in quotes": b'a: "' + b"\\x41" * (MANY * 2),
    "a long line of spaces": b"a:" + b" " * (MEBIBYTE - 10),
    "lines of nothing": b"\n" * (MEBIBYTE - 10),
    "open quotes": b"a: 'b\n" * MANY,
    "odd lines": b"".join(b" " * (n % 60) + b"a:\n" for n in range(20_000)),
    "comments": b"# reconciler: ignore W041 until 2027-01-01: x\n" * 20_000,
    "expansions": b"a: '" + b"${" * 50_000 + b"}" * 50_000 + b"'\n",
    "components": b"receivers:\n" + b"".join(b"  a/%d:\n" % n for n in range(20_000)),
    "pipelines": b"service:\n  pipelines:\n"
    + b"".join(b"    logs/%d: {receivers: [b]}\n" % n for n in range(20_000)),
    "connectors": b"connectors: {c: }\nservice:\n  pipelines:\n"
    + b"".join(
        b"    logs/%d: {receivers: [c], exporters: [c]}\n" % n for n in range(10_000)
    ),
}


@every_reader
@pytest.mark.parametrize("name", BOMBS)
def test_no_bomb_takes_long(read: Read, name: str) -> None:
    began = time.process_time()
    check(read(BOMBS[name]))
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("read", [as_root, as_config])
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("laughs", 1 * MEBIBYTE),
        ("merges", 20 * MEBIBYTE),
        ("brackets", 2 * MEBIBYTE),
        ("a long text", 12 * MEBIBYTE),
        ("lines of nothing", 12 * MEBIBYTE),
        ("unknown anchors", 40 * MEBIBYTE),
    ],
)
def test_no_bomb_takes_much_memory(read: Read, name: str, most: int) -> None:
    read(b"a: b")  # what is made once and kept is none of the bomb's
    gc.collect()
    tracemalloc.start()
    try:
        read(BOMBS[name])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < most
