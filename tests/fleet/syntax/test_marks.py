from yaml import Mark

from reconciler.errors import Where
from reconciler.fleet.syntax import marks


def test_a_mark_counts_from_nought_and_a_place_from_one() -> None:
    mark = Mark("c.yaml", 7, 2, 4, None, 0)
    assert marks.at(mark, "c.yaml") == Where("c.yaml", 3, 5)


def test_without_a_mark_the_whole_file_is_meant() -> None:
    assert marks.at(None, "c.yaml") == Where("c.yaml")
