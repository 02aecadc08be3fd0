"""Agents that are known: of a running service, or saved in a file.

Made by the CLI and by `state/`; read by the linter (how many does a fault hit?), by
`plan` and by `explain`. Nothing here is needed to render: labels alone decide. Where
nobody is known, `possible` stands in: one agent for every way to match the selectors.
"""

import csv
import io
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from reconciler.errors import InvalidDocument, Where
from reconciler.fleet import labels
from reconciler.fleet.documents import Fleet
from reconciler.fleet.labels import Selector
from reconciler.fleet.syntax import characters, nodes, yaml
from reconciler.fleet.syntax.nodes import Sequence, Table
from reconciler.fleet.syntax.yaml import Caps

MOST_COMBINATIONS: Final = 2_048
"""Combinations of label values that `possible` looks at; as many as the linter does."""

CAPS: Final = Caps(
    size=64 * 1024 * 1024, nodes=4_000_000, text=256 * 1024 * 1024, documents=1
)
"""A saved population is the user's own file and may be big: 100,000 agents fit."""


@dataclass(frozen=True, slots=True)
class KnownAgent:
    """One agent as the resolver would see it.

    Attributes:
        name: How people call it.
        labels: All its labels, those of the inventory included.
        claimed: Keys of labels that nobody but the agent itself vouches for.
        components: Type names by kind (`receivers`, ...) that its binary has; None when
            it does not say.
    """

    name: str
    labels: Mapping[str, str]
    claimed: frozenset[str] = frozenset()
    components: Mapping[str, frozenset[str]] | None = None


Population: TypeAlias = tuple[KnownAgent, ...]
Components: TypeAlias = Mapping[str, frozenset[str]]
Builds: TypeAlias = Mapping[str | None, Components | None]
"""What builds have, by the hash that agents give of their own."""


def read(content: bytes, path: str) -> Population:
    """The agents of a file, told by its name.

    `.csv` has a header, names in its first column and a label in every other; an empty
    cell is no label. `.json` and any YAML hold a list of `{name, labels}`, or what
    `reconciler get agents -o json` prints, builds included.

    Raises:
        InvalidDocument: With the place of the first thing that is wrong.
    """
    if path.lower().endswith(".csv"):
        return tuple(_rows(content, path))
    if path.lower().endswith(".json"):
        agents, builds = _json(content, path)
        return of_documents(agents, path, builds=builds)
    items, given = _yaml(content, path)
    known = _builds(given, Where(path))
    return tuple(_agent(nodes.plain(one), one.where, known) for one in items)


def of_documents(
    documents: Iterable[Any], path: str, *, builds: Any = None
) -> Population:
    """The agents of parsed JSON, such as the API's.

    Args:
        documents: One for each agent.
        path: Where they come from.
        builds: What the builds have whose hash agents give as `componentsHash`.

    Raises:
        InvalidDocument: As `read`; places are written as `path[3]`.
    """
    known = _builds(builds, Where(path))
    return tuple(
        _agent(one, Where(f"{path}[{number}]"), known)
        for number, one in enumerate(documents)
    )


def possible(*fleets: Fleet) -> tuple[Population, bool]:
    """One agent for each set of selectors that labels can match, and whether all are.

    Their labels are all vouched for. Agents are named by their labels.
    """
    selectors = list(
        dict.fromkeys(one for fleet in fleets for one in _selectors(fleet))
    )
    combinations = labels.combinations(selectors)
    seen: dict[tuple[bool, ...], KnownAgent] = {}
    for given in itertools.islice(combinations, MOST_COMBINATIONS):
        matched = tuple(one.matches(given) for one in selectors)
        seen.setdefault(matched, KnownAgent(labels_text(given), given))
    return tuple(seen.values()), next(combinations, None) is None


def labels_text(given: Mapping[str, str]) -> str:
    """Labels as `-l` takes them; `no labels` for none."""
    return ",".join(f"{key}={value}" for key, value in given.items()) or "no labels"


def _selectors(fleet: Fleet) -> Iterator[Selector]:
    for documents in (fleet.groups.values(), fleet.configs.values(), fleet.variables):
        yield from (one.selector for one in documents)
    yield from (one.selector for one in fleet.broken)


def _rows(content: bytes, path: str) -> Iterator[KnownAgent]:
    text = characters.decode(content, path, most=CAPS.size)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(rows, [])
        if not header or len(set(header)) < len(header) or "" in header[1:]:
            raise _refusal(
                "the first line must name every column, each once", Where(path, 1)
            )
        for row in rows:
            where = Where(path, rows.line_num)
            if not row:
                continue
            if len(row) != len(header) or not row[0]:
                what = f"a name and {len(header) - 1} labels, as the first line says"
                raise _refusal(f"this line does not hold {what}", where)
            cells = zip(header[1:], row[1:], strict=True)
            yield KnownAgent(row[0], {key: value for key, value in cells if value})
    except csv.Error as wrong:
        raise _refusal(f"not CSV: {wrong}", Where(path, rows.line_num)) from None


def _json(content: bytes, path: str) -> tuple[list[Any], Any]:
    try:
        document = json.loads(content)
    except json.JSONDecodeError as wrong:
        place = Where(path, wrong.lineno, wrong.colno)
        raise _refusal(f"not JSON: {wrong.msg}", place) from None
    except (UnicodeDecodeError, RecursionError):
        message = "not JSON: it is not UTF-8, or nested too deeply"
        raise _refusal(message, Where(path)) from None
    builds = document.get("components") if isinstance(document, dict) else None
    found = document.get("agents") if isinstance(document, dict) else document
    if not isinstance(found, list):
        raise _refusal("this is no list of agents", Where(path))
    return found, builds


def _yaml(content: bytes, path: str) -> tuple[Iterable[nodes.Node], Any]:
    documents = yaml.compose(content, path, caps=CAPS)
    document = documents[0] if documents else None
    builds = None
    if isinstance(document, Table) and "agents" in document.items:
        if "components" in document.items:
            builds = nodes.plain(document.items["components"][1])
        document = document.items["agents"][1]
    if not isinstance(document, Sequence):
        raise _refusal(
            "this is no list of agents", document.where if document else Where(path)
        )
    return document.items, builds


def _agent(document: Any, where: Where, builds: Builds) -> KnownAgent:
    if not isinstance(document, dict):
        raise _refusal("an agent is a mapping with `name` and `labels`", where)
    name, given = document.get("name"), document.get("labels")
    if not isinstance(name, str) or not name:
        raise _refusal("`name` of an agent must be text", where)
    if not isinstance(given, dict):
        raise _refusal(f"`labels` of {name} must be a mapping", where)
    return KnownAgent(
        name,
        {key: _label(key, value, where) for key, value in given.items()},
        frozenset(_texts(document.get("claimed"), "claimed", where)),
        _components_of(document, where, builds),
    )


def _label(key: str, value: Any, where: Where) -> str:
    """Scalars count as text, as they do when an agent reports them."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            raise _refusal(f"the label `{key}` must be text", where)


def _builds(value: Any, where: Where) -> Builds:
    if value is not None and not isinstance(value, dict):
        raise _refusal("`components` must be a mapping of hashes to builds", where)
    return {key: _components(one, where) for key, one in (value or {}).items()}


def _components_of(
    document: Mapping[str, Any], where: Where, builds: Builds
) -> Components | None:
    own, digest = document.get("components"), document.get("componentsHash")
    if digest is not None and not isinstance(digest, str):
        raise _refusal("`componentsHash` must be text", where)
    return builds.get(digest) if own is None else _components(own, where)


def _components(value: Any, where: Where) -> Components | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _refusal("`components` must be a mapping of kinds to type names", where)
    return {
        kind: frozenset(_texts(types, f"components.{kind}", where))
        for kind, types in value.items()
    }


def _texts(value: Any, name: str, where: Where) -> list[str]:
    texts = [] if value is None else value
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise _refusal(f"`{name}` must be a list of text", where)
    return texts


def _refusal(message: str, where: Where) -> InvalidDocument:
    return InvalidDocument(
        message,
        where=where,
        hint="save one with `reconciler get agents -o json > agents.json`, or write a "
        "list of {name, labels} or a CSV whose first column is the name",
    )
