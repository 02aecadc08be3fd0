import subprocess
import sys
from typing import Any

import pytest
import yaml

from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.ids import ConfigHash
from reconciler.state import entries, explain
from reconciler.state.entries import Pair
from reconciler.state.observed import EffectiveConfig


def config(exporter: Any, processors: list[str], **components: Any) -> ConfigEntry:
    tree = {
        "receivers": {"otlp": None},
        "processors": dict.fromkeys(processors),
        "exporters": {"otlp": exporter},
        "service": {
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": processors,
                    "exporters": ["otlp"],
                }
            }
        },
    }
    return ConfigEntry(yaml.safe_dump(tree | components).encode(), "text/yaml")


def explained(
    wanted: ConfigEntry, found: ConfigEntry, name: str = ""
) -> tuple[str, ...]:
    desired = RenderedConfig(ConfigHash(b"hash"), {name: wanted}, {}, ())
    [pair] = entries.match(desired, EffectiveConfig({name: found}))
    assert isinstance(pair, Pair)
    return tuple(map(str, explain.explain(pair)))


def test_a_changed_value_is_shown_with_its_place_and_both_sides() -> None:
    lines = explained(config({"endpoint": "a:1"}, []), config({"endpoint": "b:1"}, []))
    assert lines == ("/exporters/otlp/endpoint: a:1 -> b:1",)


def test_what_came_and_what_went_is_named() -> None:
    wanted = config({"endpoint": "a:1", "tls": {"insecure": True}}, [])
    found = config({"endpoint": "a:1"}, [], receivers={"otlp": None, "jaeger/x": None})
    assert explained(wanted, found) == (
        "/exporters/otlp/tls: {insecure: true} is gone",
        "/receivers/jaeger~1x: null was added",
    )


def test_inside_a_list_only_what_moved_is_named() -> None:
    wanted = config({"steps": ["a", "b", "c"]}, [])
    found = config({"steps": ["a", "c"]}, [])
    assert explained(wanted, found) == ("/exporters/otlp/steps/1: b is gone",)


def test_defaults_and_other_spellings_are_not_mentioned() -> None:
    wanted = config({"timeout": "60s", "headers": {"a": "1"}, "x": "${env:X}"}, [])
    found = config(
        {
            "timeout": "1m0s",
            "headers": [{"name": "a", "value": "[REDACTED]"}],
            "x": "expanded",
            "endpoint": "default",
        },
        [],
        extensions={"opamp": {"ppid": 17}},
    )
    assert explained(wanted, found) == ()


def test_secrets_are_hidden() -> None:
    wanted = config({"password": "hunter2"}, [])
    found = config({"password": "hunter3"}, [])
    lines = explained(wanted, found)
    assert lines == ("/exporters/otlp/password: (hidden) -> (hidden)",)


def test_an_explanation_is_short() -> None:
    wanted = config({f"key-{n}": n for n in range(100)}, [])
    found = config({f"key-{n}": "x" * 1000 for n in range(100)}, [])
    lines = explained(wanted, found)
    assert len(lines) == explain.LINES
    assert max(map(len, lines)) < 200


def test_a_line_says_its_entry_where_there_are_names() -> None:
    wanted, found = config({"endpoint": "a:1"}, []), config({"endpoint": "b:1"}, [])
    assert explained(wanted, found, "collector") == (
        "entry `collector`: /exporters/otlp/endpoint: a:1 -> b:1",
    )


@pytest.mark.parametrize(
    ("entry", "path", "words"),
    [
        ("", "/a", "/a"),
        ("", "", "the config"),
        ("ns/gw", "/spec", "entry `ns/gw`: /spec"),
        ("ns/gw", "", "entry `ns/gw`"),
    ],
)
def test_a_place_is_an_entry_and_a_path_in_it(
    entry: str, path: str, words: str
) -> None:
    assert explain.place(entry, path) == words


def test_deepdiff_is_not_loaded_before_something_drifted() -> None:
    code = (
        "import sys, reconciler.controller, reconciler.state.drift\n"
        "assert 'deepdiff' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_would_take_too_long_is_not_explained() -> None:
    large = "x" * explain.LARGEST
    assert explained(config({"text": "a"}, []), config({"text": large}, [])) == ()
    names = [f"p{n}" for n in range(2000)]
    lines = explained(config({}, names), config({}, names[::-1]))
    assert 0 < len(lines) <= explain.LINES
