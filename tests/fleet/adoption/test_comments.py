from reconciler.errors import Where
from reconciler.fleet.adoption import comments
from tests.fleet.adoption.inputs import host


def test_comments_that_no_file_has_are_told_once_with_their_first_place() -> None:
    one = host("a", "# kept\n# gone\nreceivers: {}\n")
    other = host("b", "receivers: {} # at the end\n# gone\n# too\n")
    files = {"base.yaml": b"receivers:\n    # kept\n"}
    assert comments.lost([one, other], files) == (
        (Where("a.yaml", 2), "gone"),
        (Where("b.yaml", 3), "too"),
    )


def test_lines_that_only_draw_a_line_are_no_loss() -> None:
    one = host("a", "# ----\n####\n#\nreceivers: {}\n")
    assert comments.lost([one], {}) == ()
