"""`reconciler init`: a fleet repo that is right from the first moment."""

from pathlib import Path

import pytest

from reconciler.cli import init
from reconciler.cli.exits import Exit
from tests.cli.conftest import Run


def test_it_writes_a_repo_that_lints_clean_and_renders(
    run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "fleet"
    written = run("init", folder)
    assert written.code == Exit.OK
    assert written.lines == [str(folder / name) for name in init.FILES]
    assert f"reconciler serve --source {folder}" in written.err
    linted = run("lint", folder)
    assert (linted.code, linted.out) == (Exit.OK, "")
    rendered = run("render", folder, "-l", "role=gateway")
    assert "send_batch_size: 8192" in rendered.out
    assert "group gateways: base < gateway" in rendered.err


def test_every_document_explains_itself() -> None:
    for content in init.FILES.values():
        assert content.startswith("# ")


@pytest.mark.parametrize("name", init.FILES)
def test_it_overwrites_nothing_and_then_writes_nothing(
    run: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("mine")
    result = run("init", tmp_path)
    assert result.code == Exit.ERROR
    assert str(tmp_path / name) in result.err
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_dangling_symlink_is_not_written_through(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").symlink_to(tmp_path / "elsewhere")
    assert run("init", tmp_path).code == Exit.ERROR
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_in_the_place_of_the_folder_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fleet").write_text("")
    result = run("init", tmp_path / "fleet" / "inside")
    assert result.code == Exit.ERROR
    assert "cannot write" in result.err
