import pytest

from reconciler.fleet.snapshot import blob_id


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
        (b"hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"),
    ],
)
def test_a_blob_has_the_id_git_gives_it(content: bytes, expected: str) -> None:
    assert blob_id(content) == expected
