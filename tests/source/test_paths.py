from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Stalled
from reconciler.source.limits import Limits
from reconciler.source.paths import Kind, Selection


def select(
    *entries: tuple[bytes, Kind, int], limits: Limits | None = None
) -> tuple[list[str], dict[str, str]]:
    """What is to be read, and why each of the others is refused."""
    selection = Selection(limits or Limits())
    paths = [selection.add(raw, kind, size=size) for raw, kind, size in entries]
    _, refused = selection.finish({})
    read = [path for path in paths if path and path not in refused]
    return read, {path: one.reason for path, one in refused.items()}


def files(*names: bytes | str) -> list[tuple[bytes, Kind, int]]:
    raws = [name.encode() if isinstance(name, str) else name for name in names]
    return [(raw, Kind.FILE, 1) for raw in raws]


def test_yaml_files_are_read_wherever_they_lie() -> None:
    read, refused = select(*files("fleet.yaml", "a/b/c.yml", "Ω/Größe.YAML"))
    assert read == ["fleet.yaml", "a/b/c.yml", "Ω/Größe.YAML"]
    assert refused == {}


def test_the_file_that_says_what_to_ignore_is_read_in_the_root_alone() -> None:
    read, refused = select(*files(".fleetignore", "a/.fleetignore"))
    assert (read, refused) == ([".fleetignore"], {})
    read, refused = select((b".fleetignore", Kind.SYMLINK, 1))
    assert (read, refused) == ([], {".fleetignore": "it is a symbolic link"})


def test_other_and_hidden_files_are_neither_read_nor_refused() -> None:
    names = ("README.md", "yaml", "a.yaml.bak", ".github/ci.yml", "x/.hidden.yaml")
    assert select(*files(*names)) == ([], {})


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"../x.yaml", "its path holds `.`, `..`, `.git` or an empty name"),
        (b"/etc/x.yaml", "its path holds `.`, `..`, `.git` or an empty name"),
        (b"a/./x.yaml", "its path holds `.`, `..`, `.git` or an empty name"),
        (b".git/x.yaml", "its path holds `.`, `..`, `.git` or an empty name"),
        (b"a/.GiT/x.yaml", "its path holds `.`, `..`, `.git` or an empty name"),
        (b"git~1/x.yaml", "its path holds `.`, `..`, `.git` or an empty name"),
        (b".git ./x.yaml", "its path holds `.`, `..`, `.git` or an empty name"),
        (b"a\nb.yaml", "its name holds invisible characters"),
        ("a\u202eb.yaml".encode(), "its name holds invisible characters"),
        ("a\u200bb.yaml".encode(), "its name holds invisible characters"),
        ("a\u00a0b.yaml".encode(), "its name holds invisible characters"),
        ("a\ud7a4.yaml".encode(), "its name holds invisible characters"),
        (b"a\\b.yaml", "its name holds a backslash"),
        (b"\xff.yaml", "its name is not UTF-8"),
        (b"x" * 1020 + b".yaml", "its path is longer than 1,024 bytes"),
    ],
)
def test_odd_names_are_refused_with_the_reason(raw: bytes, reason: str) -> None:
    read, refused = select(*files(raw))
    assert read == []
    assert list(refused.values()) == [reason]


def test_a_refused_path_can_be_printed() -> None:
    _, refused = select(*files(b"a\x1b[31m\xff.yaml", b"y" * 5000 + b".yaml"))
    assert list(refused) == ["a\\x1b[31m\\xff.yaml", "y" * 200 + "…"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Kind.SYMLINK, "it is a symbolic link"),
        (Kind.SUBMODULE, "it is a submodule"),
        (Kind.SPECIAL, "it is a device, pipe or socket"),
    ],
)
def test_what_is_no_regular_file_is_refused_under_any_name(
    kind: Kind, reason: str
) -> None:
    read, refused = select((b"x.yaml", kind, 0), (b"folder", kind, 0))
    assert read == []
    assert refused == {"folder": reason, "x.yaml": reason}


def test_a_file_over_the_limit_is_refused_and_one_at_the_limit_is_read() -> None:
    limits = Limits(file_bytes=10)
    entries = [(b"fits.yaml", Kind.FILE, 10), (b"big.yaml", Kind.FILE, 11)]
    read, refused = select(*entries, limits=limits)
    assert read == ["fits.yaml"]
    assert refused == {"big.yaml": "it is bigger than 10 bytes"}


@pytest.mark.parametrize(
    "twins",
    [
        ("a.yaml", "A.yaml"),
        ("x/a.yaml", "X/a.yaml"),
        ("é.yaml", "e\u0301.yaml"),
        ("straße.yaml", "STRASSE.yaml"),
        ("ﬁ.yaml", "fi.yaml"),
        ("a.yaml", "A.yaml", "a.YAML"),
    ],
)
def test_twins_are_all_refused_whichever_comes_first(twins: tuple[str, ...]) -> None:
    for names in (twins, twins[::-1]):
        read, refused = select(*files(*names, "other.yaml"))
        assert read == ["other.yaml"]
        assert sorted(refused) == sorted(twins)
        assert all("only in case or spelling" in why for why in refused.values())


def test_a_git_lfs_pointer_is_refused() -> None:
    selection = Selection(Limits())
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    selection.add(b"a.yaml", Kind.FILE, size=len(pointer))
    found, refused = selection.finish({"a.yaml": pointer})
    assert found == {}
    assert refused["a.yaml"].reason == "it is a Git LFS pointer"


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(entries=2), "it holds more than 2 entries"),
        (Limits(files=2), "it holds more than 2 files"),
        (Limits(total_bytes=2), "it holds more than 2 bytes of YAML"),
    ],
)
def test_above_a_limit_on_everything_the_source_is_stalled(
    limits: Limits, message: str
) -> None:
    with pytest.raises(Stalled) as caught:
        select(*files("a.yaml", "b.yaml", "c.yaml"), limits=limits)
    assert caught.value.message == message
    assert caught.value.hint


def test_refused_files_count_too() -> None:
    entries = [(b"%d" % n, Kind.SYMLINK, 0) for n in range(3)]
    with pytest.raises(Stalled, match="more than 2 files"):
        select(*entries, limits=Limits(files=2))


@given(st.binary(max_size=80), st.sampled_from(Kind), st.integers(0, 2**40))
def test_no_name_whatsoever_is_read_unless_it_is_harmless(
    raw: bytes, kind: Kind, size: int
) -> None:
    read, refused = select((raw, kind, size))
    assert all(path.isprintable() for path in refused)
    for path in read:
        assert path.encode() == raw
        assert path.lower().endswith((".yaml", ".yml"))
        assert kind is Kind.FILE
        parts = path.split("/")
        assert not {"", ".", "..", ".git"} & set(parts)
        assert not path.startswith("/")


@given(st.lists(st.text(max_size=12), unique=True), st.randoms())
def test_the_order_of_entries_does_not_matter(names: list[str], random: Random) -> None:
    entries = files(*(f"{name}.yaml".encode(errors="surrogatepass") for name in names))
    shuffled = entries.copy()
    random.shuffle(shuffled)
    read, refused = select(*entries)
    read_shuffled, refused_shuffled = select(*shuffled)
    assert sorted(read) == sorted(read_shuffled)
    assert set(refused) == set(refused_shuffled)
