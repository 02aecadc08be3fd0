"""Findings as hostile as file names and messages can be."""

from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st

from reconciler.cli.formats.checked import Checked
from reconciler.errors import Where
from reconciler.fleet.findings import Finding, Reach, Severity

FILE: Final = b"""\
receivers:
  otlp: {}
exporters:
  debug: {}
"""
HOSTILE: Final = (
    "a\nb.yaml",
    "::error::b.yaml",
    "100%,line=2.yaml",
    "C:\\b.yaml",
    "日本.yaml",
    "\udcff.yaml",
    "\x1b[2J.yaml",
    "[red].yaml",
)


def finding(
    rule: str = "E010",
    *,
    path: str = "b.yaml",
    line: int = 2,
    column: int = 3,
    **others: Any,
) -> Finding:
    """An error on the second line of `FILE`, unless told otherwise."""
    where = Where(path, line, column)
    found = Finding(rule, Severity.ERROR, "`otpl` is not defined", where)
    return replace(found, **others)


def checked(*found: Finding, content: bytes = FILE, path: str = "b.yaml") -> Checked:
    return Checked(found, {path: content})


def outcomes() -> st.SearchStrategy[Checked]:
    """Anything that could be found anywhere."""
    texts = st.text(max_size=20) | st.sampled_from(HOSTILE)
    lines = st.integers(0, 6)
    wheres = st.builds(Where, texts.filter(bool), lines, lines)
    found = st.builds(
        Finding,
        st.sampled_from(["E001", "E003", "W009", "S001"]),
        st.sampled_from(Severity),
        texts,
        wheres,
        st.none() | texts,
        st.lists(wheres, max_size=3).map(tuple),
        st.none()
        | st.builds(
            Reach,
            st.lists(st.from_regex(r"[a-z]{1,5}", fullmatch=True)).map(tuple),
            st.none() | st.integers(0, 10_000),
        ),
    )
    sources = st.dictionaries(texts, st.binary(max_size=60), max_size=2)
    return st.builds(Checked, st.lists(found, max_size=5).map(tuple), sources)
