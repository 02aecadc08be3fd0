from pathlib import PurePath

import pytest

from reconciler.cli.formats import checked
from reconciler.errors import Where
from tests.cli.formats import findings


@pytest.mark.parametrize(
    ("folder", "path"),
    [(".", "b.yaml"), ("my/fleet", "my/fleet/b.yaml"), ("/srv", "/srv/b.yaml")],
)
def test_paths_lead_through_the_folder_as_it_was_typed(folder: str, path: str) -> None:
    found = findings.finding(also=(Where("b.yaml", 4),))
    outcome = findings.checked(found).below(PurePath(folder))
    assert outcome.findings[0].where == Where(path, 2, 3)
    assert outcome.findings[0].also == (Where(path, 4),)
    assert outcome.sources == {path: findings.FILE}


def test_a_whole_file_is_its_start_to_a_machine() -> None:
    assert checked.position(Where("b.yaml")) == (1, 1)
    assert checked.position(Where("b.yaml", 7)) == (7, 1)


def test_a_message_is_one_line_with_its_hint() -> None:
    found = findings.finding(message="a\nb", hint="mend it")
    assert checked.message(found) == "a b (mend it)"


@pytest.mark.parametrize("path", findings.HOSTILE)
def test_every_path_can_be_written_in_unicode(path: str) -> None:
    assert checked.path(Where(path)).encode()
