import pytest
from yaml import MarkedYAMLError
from yaml._yaml import CParser
from yaml.events import StreamEndEvent

from reconciler.errors import Where
from reconciler.fleet import marks
from reconciler.fleet.findings import Finding


def parse(text: str) -> None:
    parser = CParser(text)
    while not isinstance(parser.get_event(), StreamEndEvent):
        pass


def finding(text: str) -> Finding:
    with pytest.raises(MarkedYAMLError) as raised:
        parse(text)
    return marks.syntax(raised.value, "c.yaml")


def test_a_fault_stands_where_the_parser_met_it() -> None:
    found = finding("a: [1\nb: 2\n")
    assert (found.rule, found.severity) == ("E001", "error")
    assert found.where == Where("c.yaml", 2, 2)
    assert found.message.startswith("not YAML: while parsing a flow sequence")
    assert found.hint is None


@pytest.mark.parametrize("text", ["a: @b\n", "a:\n\tb: 1\n"])
def test_what_may_be_a_tab_or_lack_quotes_comes_with_a_hint(text: str) -> None:
    hint = "quote the text, or indent with spaces if this is a tab"
    assert finding(text).hint == hint


def test_without_a_mark_the_whole_file_is_meant() -> None:
    assert marks.at(None, "c.yaml") == Where("c.yaml")
    assert marks.syntax(MarkedYAMLError(problem="odd"), "c.yaml").where == Where(
        "c.yaml"
    )
