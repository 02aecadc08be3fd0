import pytest

from reconciler.fleet.rules.ottl import names


@pytest.mark.parametrize("name", ["set", "IsMatch", "UUIDv7", "route"])
def test_known_functions_are_right(name: str) -> None:
    assert names.function(name) is None


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
    assert names.function(name) == meant


@pytest.mark.parametrize("name", ["ParseYAML", "my_editor", "IsEmpty", "Coalesce", ""])
def test_any_other_name_may_be_that_of_a_newer_function(name: str) -> None:
    assert names.function(name) is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [("attribtes", "attributes"), ("attribute", "attributes"), ("boddy", "body")],
)
def test_a_slip_means_a_known_field(name: str, meant: str) -> None:
    assert names.field(name) == meant


@pytest.mark.parametrize("name", ["attributes", "body", "origin", "nme", ""])
def test_any_other_field_may_be_right(name: str) -> None:
    assert names.field(name) is None
