import pytest

from reconciler.cli import pages
from reconciler.errors import UsageError


def test_a_page_tells_its_title_and_begins_with_what_is_wrong() -> None:
    page = pages.of("E003")
    assert (page.rule, page.title) == ("E003", "an unknown field")
    assert page.summary.startswith("In a document of a fleet repo every field is known")
    assert page.summary.endswith(".")
    assert page.text.startswith("# E003: an unknown field\n")


def test_a_rule_may_be_written_small() -> None:
    assert pages.of("e003") == pages.of("E003")


def test_of_a_rule_that_is_none_the_nearest_is_named_and_all_are_listed() -> None:
    with pytest.raises(UsageError, match="there is no rule `E03`") as raised:
        pages.of("E03")
    assert raised.value.hint
    assert raised.value.hint.startswith("did you mean E0")
    assert all(rule in raised.value.hint for rule in pages.rules())


@pytest.mark.parametrize("rule", ["", "../README", "README", "E003.md", "E" * 500])
def test_nothing_but_a_page_is_ever_read(rule: str) -> None:
    with pytest.raises(UsageError):
        pages.of(rule)


def test_rules_come_in_order() -> None:
    assert list(pages.rules()) == sorted(pages.rules())
    assert "README" not in pages.rules()
