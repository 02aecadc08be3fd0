"""Configs in, a fleet repo out that gives every host just what it had."""

from hypothesis import given

from reconciler.fleet.adoption import adoption
from reconciler.fleet.adoption.adopted import Adopted
from tests.fleet.adoption import inputs


@given(inputs.fleets())
def test_every_input_comes_back_exactly(hosts: list[Adopted]) -> None:
    made = adoption.adopt(hosts, name="acme", inventory=True)
    assert [one for one in made.verdicts if one.differences] == []
