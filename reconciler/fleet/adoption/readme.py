"""The README of an adoption: what was done, how to check it, and what to look at."""

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.adoption.configs import Written
from reconciler.fleet.adoption.layering import Layer
from reconciler.fleet.adoption.lifting import Variable
from reconciler.fleet.adoption.proof import Verdict
from reconciler.fleet.adoption.repository import Repository

_MOST: Final = 20
"""Items of a list that are written out."""


@dataclass(frozen=True, slots=True)
class Account:
    """What there is to tell.

    Attributes:
        name: Of the fleet.
        lost: Comments that went, with their places.
    """

    name: str
    inputs: Sequence[Adopted]
    repository: Repository
    variables: Sequence[Variable]
    verdicts: Sequence[Verdict]
    lost: Sequence[tuple[Where, str]]


def write(account: Account) -> bytes:
    """The README, in Markdown."""
    parts = [
        _head(account),
        _layout(account),
        _use(account),
        *_section("Exceptions", _exceptions(account)),
        *_section("Taken out on purpose", _stripped(account.inputs)),
        *_section("Comments that did not come along", _lost(account.lost)),
        *_section("Not as it was", _different(account.verdicts)),
    ]
    return ("\n\n".join(parts) + "\n").encode()


def _head(account: Account) -> str:
    number = len(account.inputs)
    same = sum(not one.differences for one in account.verdicts)
    return f"# {account.name}\n\n" + _filled(
        f"A fleet repo made of the configs of {_count(number, 'host')}. Rendered "
        f"again, {same} of {number} say what they said before, but for what was "
        "taken out on purpose."
    )


def _layout(account: Account) -> str:
    rows = "\n".join(f"| {path} | {what} |" for path, what in _rows(account))
    return (
        f"## How it is laid out\n\n| path | what it is |\n|---|---|\n{rows}\n\n"
        f"{_filled(_MERGING)}{_guards(account.repository.layers)}"
        f"{_own(account.variables)}"
    )


_MERGING: Final = (
    "Every `CollectorConfig` that selects an agent is merged, low `priority` to high: "
    "mappings key by key, while a list or a value replaces the one below, unless "
    "`lists:` says otherwise. `{$var: name}` is filled in from documents of kind "
    "`Variables`."
)


def _rows(account: Account) -> Iterator[tuple[str, str]]:
    yield "`fleet.yaml`", "the root document"
    if account.repository.groups:
        yield "`groups.yaml`", "who stands together: a commit status for each group"
    yield from _layer_rows(account.repository.layers)
    for path in account.repository.files:
        folder = path.partition("/")[0]
        if folder in _FOLDERS:
            yield f"`{path}`", _FOLDERS[folder]


_FOLDERS: Final = {
    "variables": "values that differ in otherwise equal parts",
    "inventory": "the labels of every host, by the `host.name` that its agent reports",
    "tests": "which documents some of the hosts must get: `reconciler test`",
}


def _layer_rows(layers: Iterable[Written]) -> Iterator[tuple[str, str]]:
    folders: dict[str, list[Layer]] = defaultdict(list)
    for one in layers:
        folders[one.path.rpartition("/")[0]].append(one.layer)
    for folder, found in folders.items():
        keys = " and ".join(f"`{key}`" for key in found[0].keys)
        what = f"what goes with {keys}: {_count(len(found), 'layer')}"
        if found[0].is_exception:
            what = f"{_count(len(found), 'exception')} that no label explains"
        elif not keys:
            what = "what all have in common"
        yield f"`{folder}/`", f"{what}, priority {found[0].priority}"


def _guards(layers: Iterable[Written]) -> str:
    keys = sorted(
        {k for one in layers if one.layer.is_base for k in one.layer.selectors[0].keys}
    )
    if not keys:
        return ""
    words = ", ".join(f"`{key}`" for key in keys)
    return "\n\n" + _filled(
        f"An agent that lacks one of the labels {words}, or carries them in a "
        "combination that no host had, is sent nothing rather than half a config. To "
        "let a new one in, add its values to the selectors."
    )


def _own(variables: Iterable[Variable]) -> str:
    names = [f"`{one.name}`" for one in variables if not one.keys]
    if not names:
        return ""
    return "\n\n" + _filled(
        f"Every host has a value of its own for {', '.join(names)}. A new one is sent "
        "nothing until it has, too: add it to `variables/hosts.yaml`."
    )


def _filled(text: str) -> str:
    return textwrap.fill(text, 88, break_on_hyphens=False)


def _use(account: Account) -> str:
    labels = account.repository.telling(account.inputs[0].labels)
    pairs = ",".join(f"{key}={labels[key]}" for key in labels if "," not in labels[key])
    of_host = f" -l '{pairs}'" if pairs else ""
    return (
        "## Check it\n\n```console\n"
        "$ reconciler lint .\n$ reconciler test .\n"
        f"$ reconciler render .{of_host}\n"
        f"$ reconciler explain /service/pipelines .{of_host}\n"
        "$ reconciler serve --source .\n```"
    )


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    shown = list(lines)
    if shown:
        rest = shown[_MOST:]
        more = [f"- and {len(rest)} more"] if rest else []
        yield f"## {title}\n\n" + "\n".join([*shown[:_MOST], *more])


def _exceptions(account: Account) -> Iterator[str]:
    for one in account.repository.layers:
        if one.layer.is_exception:
            names = [account.inputs[number].name for number in one.layer.members]
            yield f"- `{one.path}`: {_names(names)}. {_why(one.layer)}"


def _why(layer: Layer) -> str:
    if len(layer.members) > 1:
        return "If they have something in common, give them a label that says it."
    return "Nothing in its labels explains what it has."


def _stripped(inputs: Iterable[Adopted]) -> Iterator[str]:
    hosts = Counter(pair for one in inputs for pair in one.stripped.items())
    for (pointer, why), number in hosts.items():
        yield f"- `{pointer}` of {_count(number, 'host')}: {why}"


def _lost(comments: Iterable[tuple[Where, str]]) -> Iterator[str]:
    for where, text in comments:
        yield f"- {where}: {text}"


def _different(verdicts: Iterable[Verdict]) -> Iterator[str]:
    for one in verdicts:
        if one.differences:
            yield f"- {one.name}: {', '.join(one.differences[:_MOST]) or 'all of it'}"


def _names(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + rest


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
