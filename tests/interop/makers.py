"""Configs that the makers of components test and explain them with.

They lie in the Go modules that `go/distribution` is built of: whole configs, and files
with one component under many names, of which each is put into a pipeline of its own.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from reconciler.fleet.catalogue.components_output import KINDS
from reconciler.fleet.catalogue.model import Catalogue
from tests.interop import toolchain
from tests.interop.toolchain import Unavailable

LARGEST: Final = 60_000
_OWN: Final = re.compile(
    r"go\.opentelemetry\.io/collector|opentelemetry-collector-contrib"
)
_BLOCK: Final = re.compile(r"```ya?ml\n(.*?)```", re.DOTALL)


def configs(known: Catalogue) -> list[str]:
    """All of them, each of the components that are known.

    Raises:
        Unavailable: The modules are not on this machine, or there is no Go.
    """
    found = {config for text in _texts() for config in _configs(text, known)}
    if not found:
        raise Unavailable("the modules of go/distribution are not in Go's cache")
    return sorted(found)


def _texts() -> Iterator[str]:
    shown = "{{with .Module}}{{.Path}} {{.Dir}}{{end}}"
    listing = [toolchain.find_go(), "list", "-deps", "-f", shown, "."]
    done = subprocess.run(
        listing,
        cwd=toolchain.DISTRIBUTION.folder,
        check=False,
        capture_output=True,
        text=True,
    )
    for line in sorted(set(done.stdout.splitlines())):
        module, _, folder = line.partition(" ")
        if folder and _OWN.search(module):
            yield from _texts_of(Path(folder))


def _texts_of(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.yaml")):
        if path.stat().st_size < LARGEST:
            yield path.read_text(errors="replace")
    for path in sorted(folder.rglob("*.md")):
        yield from _BLOCK.findall(path.read_text(errors="replace"))


def _configs(text: str, known: Catalogue) -> Iterator[str]:
    try:
        tree = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return
    if not isinstance(tree, dict):
        return
    if "service" in tree:
        yield text
    for kind in KINDS:
        section = tree.get(kind)
        entries = section if isinstance(section, dict) else tree
        for id_, settings in entries.items():
            yield from _alone(kind, str(id_), settings, known)


def _alone(kind: str, id_: str, settings: Any, known: Catalogue) -> Iterator[str]:
    """The component in a pipeline of each signal, if there is one of that type."""
    component = known.find(kind, id_.partition("/")[0])
    if component is None or kind == "connectors":
        return
    for signal in sorted(component.signals or {"traces"}):
        config: dict[str, Any] = {
            "receivers": {"nop": None},
            "exporters": {"nop": None},
        }
        config[kind] = {id_: settings}
        sides = {"receivers": ["nop"], "exporters": ["nop"]}
        service: dict[str, Any] = {"pipelines": {signal: sides}}
        if kind == "extensions":
            service["extensions"] = [id_]
        else:
            sides[kind] = [id_]
        yield yaml.safe_dump(config | {"service": service}, sort_keys=False)
