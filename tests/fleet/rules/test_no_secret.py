"""No finding quotes a secret, wherever in a config somebody wrote one."""

import json
from collections.abc import Iterator

import pytest

from reconciler.fleet.catalogue import bundled
from reconciler.fleet.catalogue.components_output import KINDS
from reconciler.fleet.catalogue.model import Setting, Shape
from reconciler.fleet.linting import bare
from reconciler.fleet.rules import secret_names

SECRET = "HUNTER2x9"
CATALOGUE = bundled.bundled()
SECRETS = (SECRET, [SECRET], f"Bearer {SECRET}", {"value": SECRET})
URLS = (f"http://me:{SECRET}@host:99999/x", f"me:{SECRET}@host:4318")
DEEPEST = 6


def settings(kind: str) -> Iterator[tuple[str, tuple[str | int, ...], Setting]]:
    for type_ in sorted(CATALOGUE.types(kind)):
        component = CATALOGUE.find(kind, type_)
        if component and component.type == type_ and component.settings:
            for path, setting in below(component.settings, ()):
                yield type_, path, setting


def below(
    setting: Setting, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Setting]]:
    yield path, setting
    if len(path) < DEEPEST:
        for key, inner in setting.fields.items():
            yield from below(inner, (*path, key))
        if setting.item:
            key_or_index = "x" if setting.shape is Shape.MAP else 0
            yield from below(setting.item, (*path, key_or_index))


def values(name: str, setting: Setting) -> tuple[object, ...]:
    if setting.secret or secret_names.is_secret(name):
        return SECRETS
    return URLS if setting.shape in (Shape.STRING, Shape.ANY) else ()


def nested(path: tuple[str | int, ...], value: object) -> object:
    for key in reversed(path):
        value = [value] if key == 0 else {key: value}
    return value


@pytest.mark.parametrize("kind", KINDS)
def test_no_finding_quotes_a_secret(kind: str) -> None:
    tried = 0
    for type_, path, setting in settings(kind):
        for value in values(str(path[-1]), setting) if path else ():
            config = {kind: {type_: nested(path, value)}}
            content = json.dumps(config).encode()
            for found in bare.check(content, "config.yaml", catalogue=CATALOGUE):
                assert SECRET not in f"{found.message} {found.hint}", (type_, path)
            tried += 1
    assert tried or kind == "connectors"
