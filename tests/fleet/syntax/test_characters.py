import pytest

from reconciler.errors import Where
from reconciler.fleet.findings import Fault
from reconciler.fleet.syntax import characters


def fault_of(content: bytes, most: int = 1_000) -> Fault:
    with pytest.raises(Fault) as caught:
        characters.decode(content, "a.yaml", most=most)
    return caught.value


def test_a_byte_order_mark_in_front_is_dropped() -> None:
    assert characters.decode(b"\xef\xbb\xbfa: 1\n", "a.yaml", most=99) == "a: 1\n"


def test_line_breaks_of_every_system_and_tabs_pass() -> None:
    text = "a: 1\r\nb: '\t'\rc: \x85"
    assert characters.decode(text.encode(), "a.yaml", most=99) == text


def test_a_file_over_the_cap_is_refused_by_size_alone() -> None:
    fault = fault_of(b"\xff" * 11, most=10)
    assert "the cap is 10" in fault.message
    assert fault.where == Where("a.yaml")


def test_another_encoding_is_refused_at_its_first_byte() -> None:
    fault = fault_of("a: 1\nb: é".encode("latin-1"))
    assert fault.message == "the file is not UTF-8"
    assert fault.where == Where("a.yaml", 2, 4)
    assert fault.hint == "save it as UTF-8"


def test_the_place_counts_characters_behind_a_byte_order_mark() -> None:
    fault = fault_of(b"\xef\xbb\xbf\xc3\xa9\xc3\xa9: \xff")
    assert fault.where == Where("a.yaml", 1, 5)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused(encoding: str) -> None:
    content = "kind: Fleet\n".encode(encoding)
    fault = fault_of(content)
    assert ("UTF-16" in fault.message) == content.startswith((b"\xff\xfe", b"\xfe\xff"))


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x00", "U+0000"),
        ("\x1b", "U+001B"),
        ("\x7f", "U+007F"),
        ("\ufeff", "U+FEFF, a byte order mark"),
        ("\uffff", "U+FFFF"),
    ],
)
def test_a_character_yaml_does_not_allow_is_named_with_its_place(
    character: str, name: str
) -> None:
    fault = fault_of(f"a: 1\nbc: {character}".encode())
    assert name in fault.message
    assert fault.where == Where("a.yaml", 2, 5)


def test_a_mark_inside_the_text_is_to_be_deleted_and_not_to_be_escaped() -> None:
    fault = fault_of("a: 1\n---\n\ufeffb: 2\n".encode())
    assert fault.where == Where("a.yaml", 3, 1)
    assert fault.hint
    assert fault.hint.startswith("delete it")
