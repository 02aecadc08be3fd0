"""Components of the Collector and the settings they take, as rules ask for them.

Made by `bundled.py`, narrowed by what a build of the Collector lists. Nothing in here
is a guess: what is not known of a component is None, and a setting whose decoder could
not be watched has the shape `any` and refuses nothing, so no rule calls a good config
wrong for it.
"""

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from reconciler.fleet.catalogue.components_output import Distribution, Listed


class Shape(StrEnum):
    """What a setting takes; a null besides, unless it `rejects` that."""

    ANY = "any"
    STRING = "string"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    DURATION = "duration"
    LIST = "list"
    MAP = "map"
    STRUCT = "struct"


@dataclass(frozen=True, slots=True)
class Setting:
    """One node of the settings of a component.

    Attributes:
        shape: What it takes.
        fields: Of a struct: its settings by key; else empty.
        item: Of a list or a map: what each of its values is, None when not known.
        closed: Of a struct: the Collector refuses any other key.
        rejects: What the Collector's decoder was seen to refuse here: `null`, `bool`,
            `number`, `float` (with a fraction), `negative`, `text`, `quoted-number`,
            `quoted-bool`, `timestamp`, `list`, `map`, and `malformed` for text that is
            no duration. A string is never said to refuse text: see `choices`.
        choices: Of a string: the only words it takes, in lower case; empty when others
            may do. Some take them in any case, some do not.
        secret: No value of it may be shown.
        deprecated: What to use instead, in words.
        gone: Of a struct: what to do instead of the keys that it had once, in words.
        variants: Of a struct: what it is instead, by the word under its key `type`; the
            Collector refuses any other word.
    """

    shape: Shape
    fields: "Mapping[str, Setting]" = field(default_factory=dict)
    item: "Setting | None" = None
    closed: bool = False
    rejects: frozenset[str] = frozenset()
    choices: frozenset[str] = frozenset()
    secret: bool = False
    deprecated: str | None = None
    gone: Mapping[str, str] = field(default_factory=dict)
    variants: "Mapping[str, Setting]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Component:
    """One type of component.

    Attributes:
        kind: Its section of a config, one of `components_output.KINDS`.
        type: The name it calls itself; an alias finds it too.
        signals: Those it can be used for, none for an extension; None when not known,
            and for connectors.
        pairs: Of a connector: (from, to); None when not known.
        aliases: Older names that still work.
        renamed: What releases after that of the catalogue call it, if something else.
        deprecated: Why to leave it, with version and successor; None while it lives.
        removed: The same once no current Collector has it.
        module: The Go module, empty when not known.
        settings: None when not known.
        needs: Top-level keys: of each of these sets the Collector wants at least one.
    """

    kind: str
    type: str
    signals: frozenset[str] | None = None
    pairs: frozenset[tuple[str, str]] | None = None
    aliases: frozenset[str] = frozenset()
    renamed: str | None = None
    deprecated: str | None = None
    removed: str | None = None
    module: str = ""
    settings: Setting | None = None
    needs: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every component that is known of.

    Attributes:
        version: Release of the Collector that the settings were taken from.
        release: That of the build it was narrowed to, empty when it was to none. Where
            the two differ, so may settings: a key that was refused may be taken.
        service: The `service` section but for its pipelines.
        components: By kind, then by every name: own, alias, later and removed.
    """

    version: str
    service: Setting
    components: Mapping[str, Mapping[str, Component]]
    release: str = ""

    def find(self, kind: str, type_: str) -> Component | None:
        """The component that a config means by a type; None when nobody knows it."""
        return self.components.get(kind, {}).get(type_)

    def types(self, kind: str) -> frozenset[str]:
        """All names of a kind, to find the one that a misspelt word means."""
        return frozenset(self.components.get(kind, ()))

    def of(self, distribution: Distribution) -> "Catalogue":
        """Only what a build of the Collector has, with what is known of it here."""
        components = {
            kind: types.MappingProxyType(dict(self._listed(kind, listed)))
            for kind, listed in distribution.components.items()
        }
        return replace(
            self,
            components=types.MappingProxyType(components),
            release=distribution.version,
        )

    def _listed(
        self, kind: str, listed: Mapping[str, Listed]
    ) -> Iterator[tuple[str, Component]]:
        for name, entry in listed.items():
            component = _as_listed(self.find(kind, name), kind, name, entry)
            # A build lists no aliases; an old one lists what is an alias by now alone.
            for other in (name, *component.aliases - listed.keys()):
                yield other, component


def _as_listed(
    known: Component | None, kind: str, name: str, listed: Listed
) -> Component:
    known = known or Component(kind, name)
    is_connector = kind == "connectors"
    return replace(
        known,
        type=name,
        signals=None if is_connector else _signals(known, listed),
        pairs=(listed.pairs or known.pairs) if is_connector else None,
        aliases=_aliases(known, name),
        renamed=known.renamed if known.type == name else None,
        deprecated=known.deprecated or known.removed,
        removed=None,
        module=listed.module or known.module,
    )


def _aliases(known: Component, name: str) -> frozenset[str]:
    """What else it is called in a release that calls it by this name."""
    if name == known.type:
        return known.aliases
    return known.aliases | {known.type} if name == known.renamed else frozenset()


def _signals(known: Component, listed: Listed) -> frozenset[str] | None:
    """The list leaves profiles out; only who is known to refuse them does."""
    if known.kind == "extensions":
        return frozenset()
    if listed.signals is None:
        return known.signals
    takes_profiles = known.signals is None or _PROFILES in known.signals
    return listed.signals | {_PROFILES} if takes_profiles else listed.signals


_PROFILES: Final = "profiles"
