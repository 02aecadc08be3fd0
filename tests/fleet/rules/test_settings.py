import dataclasses

import pytest

from reconciler.fleet.catalogue.model import Component, Setting, Shape
from reconciler.fleet.rules import settings
from reconciler.fleet.rules.subject import Basis
from tests.fleet.rules.subjects import catalogue_of, lines, subject_of

TEXT = Setting(Shape.STRING, rejects=frozenset({"bool", "number", "float", "list"}))
BOOL = Setting(Shape.BOOL, rejects=frozenset({"text", "quoted-bool", "number"}))
INT = Setting(Shape.INT, rejects=frozenset({"text", "quoted-number", "negative"}))
DURATION = Setting(Shape.DURATION, rejects=frozenset({"malformed", "bool"}))
WORD = Setting(Shape.STRING, choices=frozenset({"", "gzip", "zstd"}))
ANYTHING = Setting(Shape.ANY)
OPERATOR = Setting(
    Shape.STRUCT,
    variants={
        "json_parser": Setting(Shape.STRUCT, {"type": TEXT}, closed=True),
        "move": Setting(Shape.STRUCT, {"type": TEXT, "from": TEXT}, closed=True),
    },
)
NESTED = Setting(
    Shape.STRUCT, {"insecure": BOOL}, closed=True, rejects=frozenset({"list", "text"})
)
KNOWN = catalogue_of(
    Component(
        "exporters",
        "otlp_grpc",
        aliases=frozenset({"otlp"}),
        settings=Setting(
            Shape.STRUCT,
            {
                "endpoint": TEXT,
                "timeout": DURATION,
                "size": INT,
                "tls": NESTED,
                "headers": Setting(Shape.MAP, item=TEXT),
                "keys": Setting(Shape.LIST, item=TEXT),
                "operators": Setting(Shape.LIST, item=OPERATOR),
                "open": Setting(Shape.STRUCT, {"insecure": BOOL}),
                "old": Setting(Shape.ANY, deprecated="use `new`"),
                "anything": ANYTHING,
                "compression": WORD,
                "sending_queue": Setting(
                    Shape.STRUCT,
                    {"size": INT},
                    closed=True,
                    gone={"length": "removed in 0.1.0; use `size`"},
                ),
            },
            closed=True,
        ),
    ),
    service=Setting(
        Shape.STRUCT,
        {"telemetry": Setting(Shape.STRUCT, {"logs": NESTED}, closed=True)},
        closed=True,
    ),
)


def checked(settings_: str, basis: Basis = Basis.ASSUMED) -> list[str]:
    text = f"exporters: {{otlp: {{{settings_}}}}}\n"
    found = lines(settings.check, subject_of(text, KNOWN, basis=basis))
    return [line.split(": ", 1)[1] for line in found]


@pytest.mark.parametrize(
    "text",
    [
        "endpoint: 'a:1', timeout: 10s, size: 3, tls: {insecure: true}",
        "timeout: 1h1m0.5s, headers: {a: b}, keys: [a, b]",
        "timeout: -1s",
        "tls: , timeout: , size: , headers: , keys: ",
        "endpoint: '${env:E}', size: '${env:S}', tls: '${file:t}', keys: ['${env:K}']",
        "compression: GZip",
        "compression: ''",
        "open: {whatever: 1}, anything: {a: [1, {b: c}]}",
        "operators: [{type: json_parser}, {type: move, from: a}, {type: '${env:T}'}]",
    ],
)
def test_what_the_collector_decodes_has_no_findings(text: str) -> None:
    assert checked(text) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("endpont: x", "error E003: unknown setting `exporters.otlp.endpont`"),
        (
            "compression: gzp",
            "error E004: `exporters.otlp.compression` must be one of gzip, zstd",
        ),
        (
            "tls: {insecur: true}",
            "error E003: unknown setting `exporters.otlp.tls.insecur`",
        ),
        (
            "tls: {insecure: maybe}",
            "error E004: `exporters.otlp.tls.insecure` must be true or false, not text",
        ),
        (
            "tls: {insecure: 'true'}",
            (
                "error E004: `exporters.otlp.tls.insecure` must be true or false, not "
                "true or false in quotes"
            ),
        ),
        (
            "tls: [insecure]",
            "error E004: `exporters.otlp.tls` must be a mapping, not a list",
        ),
        (
            "size: '3'",
            (
                "error E004: `exporters.otlp.size` must be a whole number, not a "
                "number in quotes"
            ),
        ),
        (
            "size: -3",
            (
                "error E004: `exporters.otlp.size` must be a whole number, not a "
                "negative number"
            ),
        ),
        (
            "timeout: often",
            (
                "error E004: `exporters.otlp.timeout` must be a duration such as "
                "`10s`, not text"
            ),
        ),
        (
            "timeout: '10'",
            (
                "error E004: `exporters.otlp.timeout` must be a duration such as "
                "`10s`, not text"
            ),
        ),
        (
            "headers: {a: 1}",
            "error E004: `exporters.otlp.headers.a` must be text, not a number",
        ),
        (
            "keys: [a, true]",
            "error E004: `exporters.otlp.keys.1` must be text, not true or false",
        ),
        (
            "operators: [{type: json_prser}]",
            "error E004: `exporters.otlp.operators.0.type` is none that there is",
        ),
        (
            "operators: [{type: json_parser, from: a}]",
            "error E003: unknown setting `exporters.otlp.operators.0.from`",
        ),
        (
            "timeout: 10",
            (
                "warning W061: `exporters.otlp.timeout` has no unit, so it is in "
                "nanoseconds"
            ),
        ),
        ("old: 1", "warning W031: `exporters.otlp.old` is deprecated"),
        (
            "sending_queue: {length: 1}",
            (
                "error W031: the Collector no longer takes "
                "`exporters.otlp.sending_queue.length`"
            ),
        ),
        (
            "sending_queue: {blocking: true}",
            (
                "error W031: the Collector no longer takes "
                "`exporters.otlp.sending_queue.blocking`"
            ),
        ),
    ],
)
def test_what_it_does_not_decode_or_regrets_is_told(text: str, line: str) -> None:
    assert checked(text) == [line]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("endpont: x", "did you mean `endpoint`?"),
        ("compression: gzp", "did you mean `gzip`?"),
        ("compression: lzma4", None),
        ("tls: {insecure: 'true'}", "take the quotes away"),
        ("timeout: often", "write it as `10s` or `1m30s`"),
        ("timeout: 10", "write a unit, as in `10s`"),
        ("headers: {a: 1}", "put it in quotes"),
        ("old: 1", "use `new`"),
        ("sending_queue: {length: 1}", "removed in 0.1.0; use `size`"),
        ("sending_queue: {blocking: true}", "write `block_on_overflow`"),
        ("operators: [{type: json_prser}]", "did you mean `json_parser`?"),
        ("tls: [a]", None),
    ],
)
def test_hints_say_how_to_mend_it(text: str, hint: str | None) -> None:
    text = f"exporters: {{otlp: {{{text}}}}}\n"
    (found,) = settings.check(subject_of(text, KNOWN))
    assert found.hint == hint


def test_no_value_is_ever_shown() -> None:
    (line,) = checked("tls: {insecure: hunter2}")
    assert "hunter2" not in line


def test_zero_needs_no_unit() -> None:
    assert checked("timeout: 0") == []


def test_a_component_without_settings_has_its_defaults() -> None:
    text = "exporters: {otlp: , unheard_of: {a: 1}}\n"
    assert lines(settings.check, subject_of(text, KNOWN)) == []


def test_the_collectors_own_telemetry_is_looked_at_too() -> None:
    text = "service: {telemetry: {logs: {insecure: 1}, metrixs: {}}}\n"
    found = lines(settings.check, subject_of(text, KNOWN))
    assert [line.split(": ", 1)[1] for line in found] == [
        (
            "error E004: `service.telemetry.logs.insecure` must be true or false, not "
            "a number"
        ),
        "error E003: unknown setting `service.telemetry.metrixs`",
    ]


def test_where_nothing_is_known_of_the_agents_these_are_warnings() -> None:
    found = checked("endpont: x, size: '3', sending_queue: {length: 1}", Basis.GUESSED)
    assert [line.split(":")[0] for line in found] == [
        "warning E003",
        "warning E004",
        "warning W031",
    ]


def test_of_a_build_of_another_release_these_are_warnings() -> None:
    other = dataclasses.replace(KNOWN, release="0.160.0")
    same = dataclasses.replace(KNOWN, release=KNOWN.version)
    text = "exporters: {otlp: {endpont: x}}\n"
    for catalogue, severity in ((other, "warning"), (same, "error")):
        subject = subject_of(text, catalogue, basis=Basis.PINNED)
        (found,) = settings.check(subject)
        assert found.severity == severity
