"""The catalogue that comes with this program, read from `bundled.json` when asked.

`make catalogue` makes that file from a real Collector. In it each setting stands once
and is called by name. Settings and components are built when first asked for, because
a config uses few of the many.
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
    """Builds each setting once, however many have it."""

    def __init__(self, shared: Mapping[str, Any]) -> None:
        self._shared = shared
        self._built: dict[str, Setting] = {}

    def build(self, name: str) -> Setting:
        if name not in self._built:
            self._built[name] = self._build(self._shared[name])
        return self._built[name]

    def _build(self, data: Mapping[str, Any]) -> Setting:
        item = data.get("item")
        return Setting(
            shape=Shape(data["shape"]),
            fields=self._all(data.get("fields", {})),
            item=None if item is None else self.build(item),
            closed=data.get("closed", False),
            rejects=frozenset(data.get("rejects", ())),
            choices=frozenset(data.get("choices", ())),
            secret=data.get("secret", False),
            deprecated=data.get("deprecated"),
            gone=MappingProxyType(data.get("gone", {})),
            variants=self._all(data.get("variants", {})),
        )

    def _all(self, data: Mapping[str, str]) -> Mapping[str, Setting]:
        return MappingProxyType({key: self.build(name) for key, name in data.items()})


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
            later = (one["renamed"],) if "renamed" in one else ()
            for other in (*one.get("aliases", ()), *later):
                self._types.setdefault(other, name)
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
            renamed=data.get("renamed"),
            deprecated=data.get("deprecated"),
            removed=data.get("removed"),
            module=data.get("module", ""),
            settings=None if settings is None else self._settings.build(settings),
            needs=tuple(map(frozenset, data.get("needs", ()))),
        )
