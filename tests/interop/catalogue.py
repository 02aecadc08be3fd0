"""`python -m tests.interop.catalogue` makes `reconciler/fleet/catalogue/bundled.json`.

Asks the Collector of `go/distribution` what its components are and take, and joins to
that the facts of `components.yaml` on those it does not have. Settings that several
components have in common are written once, each on a line of its own, so that a new
release of the Collector can be reviewed as a diff.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml
from rich.console import Console

from reconciler.fleet.catalogue import bundled
from reconciler.fleet.catalogue.components_output import KINDS
from tests.interop import distribution, toolchain

FACTS: Final = Path(__file__).with_name("components.yaml")
TARGET: Final = Path(bundled.__file__).with_name(bundled.FILE)

Json: TypeAlias = dict[str, Any]

_MODULES: Final = {
    "core": "go.opentelemetry.io/collector",
    "contrib": "github.com/open-telemetry/opentelemetry-collector-contrib",
}
_KEPT: Final = ("shape", "closed", "rejects", "choices")
_SIGNALS: Final = ("traces", "metrics", "logs", "profiles")

console = Console(soft_wrap=True, markup=False, highlight=False)


def main() -> int:
    """Make the file anew and say what is in it."""
    binary = toolchain.build(toolchain.DISTRIBUTION).binary
    content = make(distribution.schema(binary), facts())
    TARGET.write_text(content)
    catalogue = bundled.load(content.encode())
    counts = ", ".join(f"{len(catalogue.types(kind))} {kind}" for kind in KINDS)
    console.print(f"{counts}: {len(content) / 1e3:.0f} kB in {TARGET}")
    return 0


def facts() -> Json:
    """What is known of other components, and of what went."""
    known: Json = yaml.safe_load(FACTS.read_text())
    return known


def make(told: Json, known: Json) -> str:
    """The content of the file."""
    trees = [told["service"], *(one["settings"] for one in told["components"])]
    shared = Shared(_refusable(trees), known)
    service = shared.name(told["service"], "service")
    kinds = {kind: dict(_components(kind, told, known, shared)) for kind in KINDS}
    about = {
        "version": told["version"],
        "made": "by `make catalogue` of a Collector and tests/interop/components.yaml",
        "service": service,
    }
    return _lines(about | {"shared": shared.settings} | kinds)


def _components(
    kind: str, told: Json, known: Json, shared: "Shared"
) -> Iterator[tuple[str, Json]]:
    own: Json = known[kind]
    built = {one["type"]: one for one in told["components"] if one["kind"] == kind}
    for name in sorted(built.keys() | own.keys()):
        component: Json = {"signals": []} if kind == "extensions" else {}
        component |= _fact(own.get(name, {}))
        if name in built:
            component |= _built(built[name])
            where = f"{kind}.{name}"
            component["settings"] = shared.name(built[name]["settings"], where)
            if where in known["needs"]:
                component["needs"] = known["needs"][where]
        yield name, component


def _built(told: Json) -> Json:
    """What the Collector says of a component, but for its settings."""
    module, _, _ = told["module"].partition(" ")
    known: Json = {"module": module}
    if told.get("aliases"):
        known["aliases"] = told["aliases"]
    levels = told["stability"]
    if told["kind"] == "connectors":
        known["pairs"] = sorted(level.split("-to-") for level in levels)
    elif told["kind"] != "extensions":
        known["signals"] = [signal for signal in _SIGNALS if signal in levels]
    return known


def _fact(fact: Json) -> Json:
    """A line of `components.yaml`, written out."""
    known = dict(fact)
    if "module" in fact:
        group, _, rest = fact["module"].partition("/")
        known["module"] = f"{_MODULES[group]}/{rest}"
    if "pairs" in fact:
        known["pairs"] = sorted(pair.split("-to-") for pair in fact["pairs"])
    return known


def _refusable(trees: Iterable[Json]) -> Mapping[str, frozenset[str]]:
    """By shape, all that any setting of that shape refuses."""
    words: dict[str, set[str]] = defaultdict(set)
    left = list(trees)
    while left:
        tree = left.pop()
        words[tree["shape"]].update(tree.get("rejects", ()))
        left += tree.get("fields", {}).values()
        left += tree.get("variants", {}).values()
        left += [tree["item"]] if "item" in tree else []
    return {shape: frozenset(seen) for shape, seen in words.items()}


class Shared:
    """Gives each distinct setting a name.

    That of a struct is the name of its Go type. Another one is called by its shape and
    by what it takes although others of that shape refuse it, as in `string+number`, or
    refuses although most do not, as in `map-null`; one with choices by those.
    """

    def __init__(self, refusable: Mapping[str, frozenset[str]], known: Json) -> None:
        self.settings: dict[str, Json] = {}
        self._refusable = refusable
        self._secrets = frozenset(known["secrets"])
        self._gone: Mapping[str, Mapping[str, str]] = known["gone"]
        self._deprecated: Mapping[str, str] = known["deprecated"]
        self._names: dict[str, str] = {}

    def name(self, told: Json, where: str) -> str:
        """The name of a setting; those inside it get theirs on the way."""
        setting = {key: told[key] for key in _KEPT if told.get(key)}
        if told.get("secret") or self._is_secret(told, where):
            setting["secret"] = True
        wanted = told.get("name") or self._plain_name(setting)
        if "item" in told:
            setting["item"] = self.name(told["item"], f"{where}.[]")
            wanted = f"{wanted} of {setting['item']}"
        for group in ("fields", "variants"):
            if told.get(group):
                setting[group] = {
                    key: self.name(inner, f"{where}.{key}")
                    for key, inner in sorted(told[group].items())
                }
        if where in self._gone:
            setting["gone"] = self._gone[where]
        if where in self._deprecated:
            setting["deprecated"] = self._deprecated[where]
        return self._named(setting, wanted)

    def _plain_name(self, setting: Json) -> str:
        shape = "secret" if "secret" in setting else setting["shape"]
        refusable = self._refusable[setting["shape"]]
        if refusable and "rejects" not in setting:
            return f"{shape}, never watched"
        if "choices" in setting:
            return "|".join(setting["choices"])
        rejects = setting.get("rejects", ())
        takes = refusable.difference(rejects, {"null"})
        filled = "-null" if "null" in rejects else ""
        return "+".join([shape, *sorted(takes)]) + filled

    def _is_secret(self, told: Json, where: str) -> bool:
        """By its key; headers are a setting of any shape where two schemas meet."""
        shapes = {"string", "any"} if where.endswith(".headers") else {"string"}
        return told["shape"] in shapes and where.rpartition(".")[2] in self._secrets

    def _named(self, setting: Json, wanted: str) -> str:
        content = wanted + json.dumps(setting, sort_keys=True)
        if content not in self._names:
            name, count = wanted, 1
            while name in self.settings:
                count += 1
                name = f"{wanted} {count}"
            self._names[content] = name
            self.settings[name] = setting
        return self._names[content]


def _lines(content: Json) -> str:
    """JSON with a line for each entry of its objects."""
    parts = []
    for key, value in content.items():
        if isinstance(value, dict):
            entries = (
                f"  {json.dumps(k)}: {json.dumps(value[k])}" for k in sorted(value)
            )
            parts.append(f"{json.dumps(key)}: {{\n" + ",\n".join(entries) + "\n}")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    sys.exit(main())
