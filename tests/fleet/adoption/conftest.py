import time

import pytest

from reconciler.fleet.adoption import adoption
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.adoption.adoption import Adoption
from tests.fleet.adoption import company

SECONDS = 10.0
"""Far above the half second that it takes: other work shares the machine."""


@pytest.fixture(scope="session")
def hosts() -> list[Adopted]:
    """The two hundred hosts of a company."""
    return company.fleet()


@pytest.fixture(scope="session")
def made(hosts: list[Adopted]) -> Adoption:
    """What becomes of them."""
    started = time.perf_counter()
    made = adoption.adopt(hosts, name="acme")
    assert time.perf_counter() - started < SECONDS
    return made
