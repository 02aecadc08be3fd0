import pytest

from reconciler.fleet.adoption import adopted
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.syntax.nodes import plain


def read(text: str) -> Adopted | tuple[str, ...]:
    found = adopted.read(text.encode(), "web-01.yaml", name="web-01", labels={})
    return found if isinstance(found, Adopted) else tuple(map(str, found))


def test_a_config_is_whole_when_nothing_had_to_be_taken_out() -> None:
    found = read("receivers: {nop: }\n")
    assert isinstance(found, Adopted)
    assert plain(found.tree) == {"receivers": {"nop": None}}
    assert found.is_whole


def test_a_config_that_was_stripped_is_no_longer_what_its_text_says() -> None:
    found = read("receivers: {nop: }\nextensions: {opamp: }\n")
    assert isinstance(found, Adopted)
    assert plain(found.tree) == {"receivers": {"nop": None}}
    assert not found.is_whole


def test_of_two_documents_the_first_counts_as_for_a_collector() -> None:
    found = read("receivers: {nop: }\n---\nexporters: {nop: }\n")
    assert isinstance(found, Adopted)
    assert plain(found.tree) == {"receivers": {"nop": None}}
    assert found.stripped == {"": adopted.SECOND}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "web-01.yaml: error E004: a Collector config is a mapping; this is empty"),
        ("- a\n", "web-01.yaml:1:1: error E004: a Collector config is a mapping"),
        ("a: [\n", "web-01.yaml:2:1: error E001: not YAML"),
        ("receivers: {a: {}, a: {}}\n", "web-01.yaml:1:20: error E002: "),
        ("recievers: {}\n", "web-01.yaml:1:1: error E003: "),
        ("receivers: {a: {b: {$var: }}}\n", "web-01.yaml:1:20: error E074: "),
    ],
    ids=["empty", "list", "syntax", "duplicate", "unknown", "variable"],
)
def test_what_no_collector_would_run_is_told_with_its_place(
    text: str, fault: str
) -> None:
    found = read(text)
    assert isinstance(found, tuple)
    assert found[0].startswith(fault)
