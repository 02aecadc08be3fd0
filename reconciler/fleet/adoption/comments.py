"""Comments of the inputs that no file of the adoption has, so that nobody misses them.

A line counts as a comment when it begins as one; a lost one is told with its place.
"""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.errors import Where
from reconciler.fleet.adoption.adopted import Adopted


def lost(
    inputs: Iterable[Adopted], files: Mapping[str, bytes]
) -> tuple[tuple[Where, str], ...]:
    """Each comment that went, once, with the first place where it stood."""
    kept = {text for content in files.values() for _, text in _comments(content)}
    found: dict[str, Where] = {}
    for one in inputs:
        for line, text in _comments(one.content):
            if text not in kept:
                found.setdefault(text, Where(one.path, line))
    return tuple((where, text) for text, where in found.items())


def _comments(content: bytes) -> Iterator[tuple[int, str]]:
    lines = content.decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text.startswith("#") and text.strip("#-= "):
            yield number, text.lstrip("# ")
