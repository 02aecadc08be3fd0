import dataclasses

import pytest

from reconciler.errors import SetupError
from reconciler.fleet.syntax.yaml import CAPS, Caps
from reconciler.source import limits
from reconciler.source.limits import Limits


def test_nothing_set_leaves_every_limit_as_it_is() -> None:
    assert limits.from_environment({"RECONCILER_SOURCE": "x", "PATH": "/"}) == Limits()
    assert Limits().caps == CAPS


def test_every_limit_and_cap_has_a_variable() -> None:
    names = [one.name for one in dataclasses.fields(Limits)]
    environ = {f"RECONCILER_LIMITS__{name.upper()}": "7" for name in names}
    read = limits.from_environment(environ)
    assert read == Limits(**dict.fromkeys(names, 7))
    caps = [one.name for one in dataclasses.fields(Caps)]
    assert read.caps == Caps(**dict.fromkeys(caps, 7))


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "many", "9" * 30])
def test_what_is_no_number_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(SetupError, match="RECONCILER_LIMITS__NODES must be a whole"):
        limits.from_environment({"RECONCILER_LIMITS__NODES": text})


def test_files_can_be_no_deeper_than_every_later_step_can_walk() -> None:
    read = limits.from_environment({"RECONCILER_LIMITS__DEPTH": "128"})
    assert read.caps.depth == 128
    with pytest.raises(SetupError, match="from 1 to 128"):
        limits.from_environment({"RECONCILER_LIMITS__DEPTH": "129"})


def test_a_misspelt_limit_is_told_with_those_there_are() -> None:
    with pytest.raises(
        SetupError, match=r"no setting RECONCILER_LIMITS__NODE$"
    ) as wrong:
        limits.from_environment({"RECONCILER_LIMITS__NODE": "7"})
    assert "RECONCILER_LIMITS__NODES" in (wrong.value.hint or "")
