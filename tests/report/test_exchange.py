from hypothesis import given
from hypothesis import strategies as st

from reconciler.report import exchange
from reconciler.report.exchange import Request
from reconciler.state.conditions import DESCRIPTION_LIMIT
from tests.report.fake_forge import TOKEN

anything = st.text(st.characters(exclude_categories=()), max_size=300)


@given(anything)
def test_a_description_is_printable_on_one_line_and_short_enough(text: str) -> None:
    line = exchange.one_line(text)
    assert line.isprintable()
    assert len(line) <= DESCRIPTION_LIMIT
    line.encode()


@given(anything)
def test_shaping_a_description_twice_changes_nothing(text: str) -> None:
    line = exchange.one_line(text)
    assert exchange.one_line(line) == line


def test_a_plain_description_is_left_as_it_is() -> None:
    text = "812/1000 on it, 2 failed: »kein Exporter«"
    assert exchange.one_line(text) == text


def test_control_characters_and_halves_of_characters_become_spaces() -> None:
    assert exchange.one_line("exit\x001\nno\x1b[31m \ud800x") == "exit 1 no [31m x"


def test_a_long_description_says_that_it_goes_on() -> None:
    line = exchange.one_line("ä" * 141)
    assert line == "ä" * 139 + "…"


def test_a_request_does_not_show_its_headers() -> None:
    request = Request("POST", "https://x", {"Authorization": TOKEN}, b"")
    assert TOKEN not in repr(request)
