"""Every config of a fleet as files of one folder, to be committed to a branch.

Called by `render --all`. Equal documents give equal bytes: no time and no commit is
written, and file names come from the documents that make a config. The folder is ours
as soon as its index says so; what the index does not list is never touched.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from reconciler.cli import output, population
from reconciler.errors import ReconcilerError
from reconciler.fleet.documents import COLLECTOR_ENTRY, Fleet
from reconciler.fleet.population import Population
from reconciler.fleet.rendering.render import Blocked, RenderedConfig, Unmatched
from reconciler.fleet.syntax import contents
from reconciler.fleet.syntax.contents import Form
from reconciler.ids import ConfigHash, format_hash
from reconciler.state.desired import Resolution, Resolver
from reconciler.web import text

if TYPE_CHECKING:
    from reconciler.fleet.findings import Finding

INDEX: Final = "index.json"
WRITTEN_BY: Final = "reconciler render --all"
LONGEST_NAME: Final = 120
"""Characters of a file name before its ending."""

_OURS: Final = re.compile(r"[A-Za-z0-9][\w.+-]*\.(yaml|json|txt)")
_SUFFIXES: Final = {Form.YAML: ".yaml", Form.JSON: ".json", Form.TEXT: ".txt"}
_ODD: Final = re.compile(r"[^\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rendering:
    """What is to be written.

    Attributes:
        files: Content by name, the index included.
        configs: How many distinct ones.
        blocked: Agents that documents hold back.
    """

    files: Mapping[str, bytes]
    configs: int
    blocked: int


def of(fleet: Fleet, agents: Population, *, known: bool) -> Rendering:
    """Every distinct config that some of these agents get, and who gets it.

    Args:
        fleet: Without fatal errors.
        agents: Known ones, or those that the selectors allow.
        known: Which of the two.
    """
    getting = _Getting(known=known)
    resolver = Resolver(fleet)
    for agent in agents:
        _, resolution = population.resolve(resolver, agent)
        getting.add(agent.name, resolution)
    files, listed = getting.files()
    index = {
        "schemaVersion": output.SCHEMA_VERSION,
        "writtenBy": WRITTEN_BY,
        "fleet": fleet.name,
        "configs": listed,
        "nothing": _clean(getting.nothing),
        "heldBack": [
            {"name": text.line(name), "by": [text.line(str(one)) for one in why]}
            for name, why in sorted(getting.blocked.items())
        ],
    }
    files[INDEX] = orjson.dumps(index, option=orjson.OPT_INDENT_2) + b"\n"
    return Rendering(files, len(listed), len(getting.blocked))


class _Getting:
    """Who gets what, while agents are looked at."""

    def __init__(self, *, known: bool) -> None:
        self.nothing: list[str] = []
        self.blocked: dict[str, tuple[Finding, ...]] = {}
        self._known = known
        self._configs: dict[ConfigHash, RenderedConfig] = {}
        self._agents: defaultdict[ConfigHash, list[str]] = defaultdict(list)
        self._groups: defaultdict[ConfigHash, set[str]] = defaultdict(set)

    def add(self, name: str, resolution: Resolution) -> None:
        match resolution.desired:
            case RenderedConfig(hash=digest) as config:
                self._configs[digest] = config
                self._agents[digest].append(name)
                self._groups[digest].add(resolution.group)
            case Blocked(findings):
                self.blocked[name] = findings
            case Unmatched():
                self.nothing.append(name)

    def files(self) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
        """Content by file name, and the configs as the index lists them."""
        files: dict[str, bytes] = {}
        listed = []
        for name, config in sorted(_named(self._configs).items()):
            entries = dict(_entries(name, config))
            for entry, file in entries.items():
                files[file] = config.entries[entry].body
            listed.append(
                {
                    "files": list(entries.values()),
                    "hash": config.hash.hex(),
                    "documents": list(config.documents),
                    "groups": sorted(self._groups[config.hash]),
                    self._whose: _clean(self._agents[config.hash]),
                }
            )
        return files, listed

    @property
    def _whose(self) -> str:
        return "agents" if self._known else "labels"


def _clean(names: list[str]) -> list[str]:
    return [text.line(name) for name in sorted(names)]


def write(folder: Path, rendering: Rendering) -> None:
    """Make the folder hold these files, and none that an earlier rendering left.

    Raises:
        ReconcilerError: The folder holds other things, or cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = _owned(folder)
        for name in rendering.files.keys() - before:
            if (folder / name).exists() or (folder / name).is_symlink():
                raise _foreign(folder, name)
        for name in sorted(before - rendering.files.keys()):
            (folder / name).unlink(missing_ok=True)
        # The index first: whatever it lists is ours, should we end in between.
        for name in sorted(rendering.files, key=lambda name: (name != INDEX, name)):
            _write(folder / name, rendering.files[name])
    except OSError as wrong:
        raise ReconcilerError(
            f"{folder} cannot be written to: {wrong.strerror}",
            hint="name a folder that is empty or was written by `render --all`",
        ) from wrong


def _write(path: Path, content: bytes) -> None:
    """A link is replaced and never written through; equal files keep their times."""
    if path.is_symlink():
        path.unlink()
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def _owned(folder: Path) -> set[str]:
    """The files that an earlier rendering wrote, by its index."""
    index = folder / INDEX
    if not index.exists():
        for path in sorted(folder.iterdir()):
            if not path.name.startswith("."):  # such as the .git of a branch
                raise _foreign(folder, path.name)
        return set()
    try:
        document = orjson.loads(index.read_bytes())
        if document["writtenBy"] != WRITTEN_BY:
            raise _foreign(folder, INDEX)
        names = {name for one in document["configs"] for name in one["files"]}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise _foreign(folder, INDEX) from None
    return {INDEX, *filter(_OURS.fullmatch, names)}


def _foreign(folder: Path, name: str) -> ReconcilerError:
    return ReconcilerError(
        f"{folder} holds {name}, which `render --all` did not write",
        hint="name a folder of its own; nothing was changed",
    )


def _named(configs: Mapping[ConfigHash, RenderedConfig]) -> dict[str, RenderedConfig]:
    """By file name without ending; a hash where documents alone do not tell apart."""
    names = {digest: "_".join(one.documents) for digest, one in configs.items()}
    often = Counter(names.values())
    return {
        _short(name, configs[digest], alone=often[name] == 1): configs[digest]
        for digest, name in names.items()
    }


def _short(name: str, config: RenderedConfig, *, alone: bool) -> str:
    if alone and len(name) <= LONGEST_NAME:
        return name
    return f"{name[:LONGEST_NAME]}-{format_hash(config.hash)}"


def _entries(name: str, config: RenderedConfig) -> Iterator[tuple[str, str]]:
    """Entry to file; a number tells entries apart that would share a name."""
    taken: set[str] = set()
    for entry in sorted(config.entries):
        stem = name if entry == COLLECTOR_ENTRY else f"{name}+{_ODD.sub('-', entry)}"
        stem = stem[: 2 * LONGEST_NAME]
        while stem in taken:
            stem += "+"
        taken.add(stem)
        form = contents.form_of(config.entries[entry].content_type)
        yield entry, stem + _SUFFIXES[form]
