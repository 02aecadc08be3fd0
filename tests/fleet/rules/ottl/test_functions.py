import pytest

from reconciler.fleet.rules.ottl import functions


@pytest.mark.parametrize("name", ["set", "IsMatch", "UUIDv7", "route"])
def test_known_functions_are_right(name: str) -> None:
    assert functions.meant(name) is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Ismatch", "IsMatch"),
        ("ParseJson", "ParseJSON"),
        ("replace_patern", "replace_pattern"),
        ("Concatt", "Concat"),
        ("Spilt", "Split"),
    ],
)
def test_a_slip_or_letter_case_means_a_known_one(name: str, meant: str) -> None:
    assert functions.meant(name) == meant


@pytest.mark.parametrize("name", ["ParseYAML", "my_editor", "IsEmpty", "Coalesce", ""])
def test_any_other_name_may_be_that_of_a_newer_function(name: str) -> None:
    assert functions.meant(name) is None
