"""Strings of agents, made safe."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from reconciler.web import text


@given(st.text())
def test_a_line_has_no_break_no_control_and_no_direction_mark(words: str) -> None:
    line = text.line(words)
    assert not any(unicodedata.category(c).startswith("C") for c in line)
    assert len(line.splitlines()) <= 1


@given(st.text())
def test_a_block_keeps_line_feeds_and_tabs_and_nothing_else_of_the_kind(
    words: str,
) -> None:
    odd = {c for c in text.block(words) if unicodedata.category(c).startswith("C")}
    assert odd <= {"\n", "\t"}


@given(st.text(), st.integers(1, 20))
def test_nothing_grows_over_its_limit(words: str, limit: int) -> None:
    assert len(text.line(words, limit=limit)) <= limit
    assert len(text.block(words, limit=limit)) <= limit


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=100))
def test_plain_text_passes_as_it_is(words: str) -> None:
    assert text.line(words) == words


def test_a_cut_is_visible() -> None:
    assert text.line("abcdef", limit=4) == "abc…"


def test_times_are_rfc_3339_in_utc() -> None:
    assert text.timestamp(0.25) == "1970-01-01T00:00:00.250Z"
