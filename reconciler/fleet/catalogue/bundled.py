"""The catalogue that comes with this program, read from `bundled.json` when asked.

`make catalogue` makes that file from a real Collector. A setting in it is an object, or
the name of one in `shared`; both, and the components, are built when first asked for,
because a config uses few of the many.
"""

import functools
import importlib.resources
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson

from reconciler.fleet.catalogue.components_output import KINDS
from reconciler.fleet.catalogue.model import Catalogue, Component, Setting, Shape

FILE: Final = "bundled.json"


@functools.cache
def bundled() -> Catalogue:
    """The one catalogue, shared by all who ask."""
    source = importlib.resources.files(__package__) / FILE
    return load(source.read_bytes())


def load(content: bytes) -> Catalogue:
    """A catalogue in the format of `bundled.json`."""
    data = orjson.loads(content)
    settings = _Settings(data["shared"])
    return Catalogue(
        version=data["version"],
        service=settings.build(data["service"]),
        components=MappingProxyType(
            {kind: _Components(kind, data[kind], settings) for kind in KINDS}
        ),
    )


class _Settings:
    """Builds settings; those that are shared once."""

    def __init__(self, shared: Mapping[str, Any]) -> None:
        self._shared = shared
        self._built: dict[str, Setting] = {}

    def build(self, data: str | Mapping[str, Any]) -> Setting:
        if not isinstance(data, str):
            return self._build(data)
        if data not in self._built:
            self._built[data] = self._build(self._shared[data])
        return self._built[data]

    def _build(self, data: Mapping[str, Any]) -> Setting:
        fields = data.get("fields", {})
        item = data.get("item")
        return Setting(
            shape=Shape(data["shape"]),
            fields=MappingProxyType({k: self.build(v) for k, v in fields.items()}),
            item=None if item is None else self.build(item),
            closed=data.get("closed", False),
            rejects=frozenset(data.get("rejects", ())),
            secret=data.get("secret", False),
            deprecated=data.get("deprecated"),
        )


class _Components(Mapping[str, Component]):
    """The components of a kind by each of their names, built when looked up."""

    def __init__(
        self, kind: str, data: Mapping[str, Mapping[str, Any]], settings: _Settings
    ) -> None:
        self._kind = kind
        self._data = data
        self._settings = settings
        self._types = {name: name for name in data}
        for name, one in data.items():
            self._types.update(dict.fromkeys(one.get("aliases", ()), name))
        self._built: dict[str, Component] = {}

    def __getitem__(self, name: str) -> Component:
        type_ = self._types[name]
        if type_ not in self._built:
            self._built[type_] = self._build(type_, self._data[type_])
        return self._built[type_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def _build(self, type_: str, data: Mapping[str, Any]) -> Component:
        settings = data.get("settings")
        return Component(
            kind=self._kind,
            type=type_,
            signals=frozenset(data["signals"]) if "signals" in data else None,
            pairs=frozenset(map(tuple, data["pairs"])) if "pairs" in data else None,
            aliases=frozenset(data.get("aliases", ())),
            deprecated=data.get("deprecated"),
            removed=data.get("removed"),
            module=data.get("module", ""),
            settings=None if settings is None else self._settings.build(settings),
        )
