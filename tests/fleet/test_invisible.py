import sys
import unicodedata

import pytest

from reconciler.fleet import invisible

SEEN = {
    *range(0x600, 0x606),
    *(0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD),
    *range(0x13430, 0x13440),
}
"""Of category Cf, and drawn all the same: signs of numbers, joints of hieroglyphs."""


def of(*categories: str) -> set[int]:
    return {
        number
        for number in range(sys.maxunicode + 1)
        if unicodedata.category(chr(number)) in categories
    }


def test_every_blank_and_format_character_of_unicode_is_known_and_no_visible_one() -> (
    None
):
    expected = of("Zs", "Zl", "Zp", "Cf") - SEEN - {0x20}
    known = {number for number in range(sys.maxunicode + 1) if _is(number)}
    assert expected - known == set()
    others = {chr(number) for number in known - expected}
    assert others == set("\x85\u034f\u115f\u1160\u2065\u2800\u3164\uffa0")


def _is(number: int) -> bool:
    return invisible.find(chr(number)) is not None


@pytest.mark.parametrize("plain", [" ", "\t", "\n", "\r", "a", "é", "-", "\u0301"])
def test_what_everybody_types_is_none_of_them(plain: str) -> None:
    assert invisible.find(plain) is None
    assert invisible.shown(plain) == plain


@pytest.mark.parametrize(
    ("character", "name", "hint"),
    [
        ("\u00a0", "U+00A0, a no-break space", "write a plain space"),
        ("\u2003", "U+2003, an em space", "write a plain space"),
        ("\u200b", "U+200B, a zero width space", "delete it"),
        ("\u202e", "U+202E, a right-to-left override", "delete it"),
        ("\u2029", "U+2029, a paragraph separator", "break the line"),
        ("\ufeff", "U+FEFF, a byte order mark", "delete it; it has a meaning"),
        ("\u2065", "U+2065, a character", "delete it"),
    ],
)
def test_each_has_a_name_and_a_way_out(character: str, name: str, hint: str) -> None:
    assert invisible.name(character).startswith(name)
    assert invisible.hint(character).startswith(hint)


def test_text_is_shown_with_all_of_them() -> None:
    assert invisible.shown("a\u00a0b\u200b") == "a<U+00A0>b<U+200B>"
