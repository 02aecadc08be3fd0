import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Stalled
from reconciler.fleet.snapshot import blob_id
from reconciler.source import tree
from reconciler.source.paths import Kind
from reconciler.source.tree import TreeEntry

LISTING = (
    b"100644 blob 1111111111111111111111111111111111111111      12\ta.yaml\0"
    b"100755 blob 2222222222222222222222222222222222222222       0\tbin/x.yml\0"
    b"120000 blob 3333333333333333333333333333333333333333      11\tlink\0"
    b"160000 commit 4444444444444444444444444444444444444444       -\tsub\0"
    b"100600 blob 5555555555555555555555555555555555555555       1\todd\n\xff\0"
)
ENTRIES = [
    TreeEntry(b"a.yaml", Kind.FILE, "1" * 40, 12),
    TreeEntry(b"bin/x.yml", Kind.FILE, "2" * 40, 0),
    TreeEntry(b"link", Kind.SYMLINK, "3" * 40, 11),
    TreeEntry(b"sub", Kind.SUBMODULE, "4" * 40, 0),
    TreeEntry(b"odd\n\xff", Kind.SPECIAL, "5" * 40, 1),
]


@given(st.lists(st.integers(0, len(LISTING)), max_size=20))
def test_a_listing_reads_the_same_however_it_was_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(LISTING)]
    pieces = [LISTING[a:b] for a, b in itertools.pairwise(edges)]
    assert list(tree.entries(pieces)) == ENTRIES


def test_a_path_that_never_ends_is_not_collected() -> None:
    def endless() -> list[bytes]:
        return [b"100644 blob " + b"1" * 40 + b" 1\t", *[b"x/" * 4096] * 1000]

    with pytest.raises(Stalled, match="a path of more than 65,536 bytes"):
        list(tree.entries(endless()))


def answer(content: bytes, name: str | None = None) -> bytes:
    return (
        f"{name or blob_id(content)} blob {len(content)}\n".encode() + content + b"\n"
    )


@given(st.lists(st.binary(max_size=50)))
def test_blobs_come_back_as_they_were(contents: list[bytes]) -> None:
    output = b"".join(answer(content) for content in contents)
    expected = [(blob_id(content), content) for content in contents]
    assert list(tree.blobs(output)) == expected


def test_blobs_with_sha256_ids_are_checked_too() -> None:
    name = hashlib.sha256(b"blob 1\0a").hexdigest()
    assert list(tree.blobs(answer(b"a", name))) == [(name, b"a")]


@pytest.mark.parametrize(
    "output",
    [
        answer(b"abc").replace(b"abc", b"abd"),
        answer(b"abc")[:-2],
        b"1111111111111111111111111111111111111111 missing\n",
        answer(b"abc").replace(b" blob ", b" tree "),
        b"no newline",
    ],
)
def test_a_missing_cut_or_changed_blob_is_noticed(output: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        list(tree.blobs(output))
