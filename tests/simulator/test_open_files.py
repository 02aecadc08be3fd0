import resource
from collections.abc import Iterator

import pytest

from reconciler.errors import SetupError
from reconciler.simulator import open_files


@pytest.fixture(autouse=True)
def limits() -> Iterator[tuple[int, int]]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def soft_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_few_sockets_leave_the_limit_alone() -> None:
    open_files.allow(50)
    assert soft_limit() == 200


def test_many_sockets_raise_the_limit_as_far_as_needed() -> None:
    open_files.allow(300)
    assert soft_limit() == 400


def test_more_than_the_hard_limit_is_a_setup_error_with_a_hint(
    limits: tuple[int, int],
) -> None:
    _, hard = limits
    with pytest.raises(SetupError, match="open files") as caught:
        open_files.allow(hard)
    assert "ulimit" in (caught.value.hint or "")
    assert soft_limit() == 200
