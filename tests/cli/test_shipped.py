"""Where the files lie that come with the program."""

from pathlib import Path

import pytest

from reconciler.cli import shipped
from reconciler.errors import SetupError

PLACES = [("examples", "fleet-repo"), ("docs", "rules")]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installed package that holds nothing."""
    package = tmp_path / "site" / "reconciler"
    package.mkdir(parents=True)
    monkeypatch.setattr("reconciler.__file__", str(package / "__init__.py"))
    return package


@pytest.mark.parametrize(("top", "name"), PLACES)
def test_a_clone_has_them_at_its_root(top: str, name: str) -> None:
    root = Path(__file__).parents[2]
    assert shipped.folder(top, name) == root / top / name


@pytest.mark.parametrize(("top", "name"), PLACES)
def test_a_wheel_takes_along_every_folder_that_is_asked_for(
    top: str, name: str
) -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert f'"{top}/{name}" = "reconciler/_{top}/{name}"' in project


def test_those_of_a_wheel_come_first(installed: Path) -> None:
    (installed.parent / "docs" / "rules").mkdir(parents=True)
    inside = installed / "_docs" / "rules"
    inside.mkdir(parents=True)
    assert shipped.folder("docs", "rules") == inside


def test_an_installation_without_them_says_so(installed: Path) -> None:
    assert installed.is_dir()
    with pytest.raises(SetupError, match="docs/rules is not part of this installation"):
        shipped.folder("docs", "rules")
