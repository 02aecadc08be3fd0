import pytest

from reconciler.fleet.rules.validators import operators
from tests.fleet.rules.validators.views import told

FIRST = "`operators.0`"


def checked(*ones: str) -> list[str]:
    body = ", ".join(f"{{{one}}}" for one in ones)
    return told(operators.check, f"operators: [{body}]")


@pytest.mark.parametrize(
    "ones",
    [
        ["type: json_parser"],
        ["type: regex_parser, regex: '^(?P<a>.*)$'"],
        ["type: regex_parser, regex: '${env:REGEX}'"],
        ["type: csv_parser, header: 'a,b'"],
        ["type: syslog_parser, protocol: RFC5424"],
        ["type: time_parser, parse_from: attributes.t, layout: '%s'"],
        ["type: time_parser, parse_from: attributes.t, layout_type: native"],
        ["type: json_parser, timestamp: {parse_from: attributes.t, layout: '%Y'}"],
        ["type: json_parser, severity: {parse_from: attributes.s}"],
        ["type: move, from: attributes.a, to: body"],
        ["type: recombine, combine_field: body, is_first_entry: 'true'"],
        ["type: container, format: crio"],
        [
            "type: router, routes: [{expr: 'true', output: a}], default: b",
            "type: noop, id: a",
            "type: noop, id: b",
        ],
        [
            "type: json_parser",
            "type: json_parser, output: json_parser2",
            "type: json_parser",
        ],
        ["type: noop, output: '${env:NEXT}'"],
    ],
)
def test_operators_that_can_be_made(ones: list[str]) -> None:
    assert checked(*ones) == []


@pytest.mark.parametrize(
    ("one", "messages"),
    [
        ("type: regex_parser", [f"{FIRST} needs a `regex`"]),
        (
            "type: regex_parser, regex: '^(.*)$'",
            ["`operators.0.regex` must name a group, as in `(?P<name>.*)`"],
        ),
        (
            "type: csv_parser",
            [f"{FIRST} needs a `header` or a `header_attribute`"],
        ),
        (
            (
                "type: csv_parser, header: a, header_attribute: b, lazy_quotes: true, "
                "ignore_quotes: true"
            ),
            [
                "`operators.0.header_attribute` must not be set beside `header`",
                "`operators.0.lazy_quotes` must not be set beside `ignore_quotes`",
            ],
        ),
        ("type: syslog_parser", [f"{FIRST} needs a `protocol`"]),
        (
            "type: syslog_parser, protocol: rfc1",
            ["`operators.0.protocol` must be one of rfc3164, rfc5424"],
        ),
        (
            "type: time_parser",
            [f"{FIRST} needs a `parse_from`", f"{FIRST} needs a `layout`"],
        ),
        (
            "type: time_parser, parse_from: body.t, layout_type: epoch, layout: sec",
            [
                (
                    "`operators.0.layout` must be one of s, ms, us, ns, s.ms, s.us, "
                    "s.ns for an epoch"
                )
            ],
        ),
        (
            "type: json_parser, timestamp: {parse_from: body.t, layout_type: iso}",
            [
                (
                    "`operators.0.timestamp.layout_type` must be one of strptime, "
                    "gotime, epoch, native"
                )
            ],
        ),
        (
            "type: json_parser, severity: {mapping: {}}",
            ["`operators.0.severity` needs a `parse_from`"],
        ),
        ("type: severity_parser", [f"{FIRST} needs a `parse_from`"]),
        ("type: move", [f"{FIRST} needs a `from`", f"{FIRST} needs a `to`"]),
        ("type: remove", [f"{FIRST} needs a `field`"]),
        ("type: retain", [f"{FIRST} needs a list of `fields`"]),
        (
            "type: recombine",
            [
                f"{FIRST} needs `is_first_entry` or `is_last_entry`",
                f"{FIRST} needs a `combine_field`",
            ],
        ),
        (
            "type: container, format: podman",
            ["`operators.0.format` must be one of docker, crio, containerd"],
        ),
        (
            "type: noop, output: nowhere",
            ["`operators.0.output` names `nowhere`, which is no operator"],
        ),
        (
            "type: router, routes: [{expr: 'true', output: a}]",
            ["`operators.0.routes.0.output` names `a`, which is no operator"],
        ),
    ],
)
def test_operators_that_cannot_be_made(one: str, messages: list[str]) -> None:
    assert checked(one) == messages


def test_an_id_belongs_to_one_operator() -> None:
    assert checked("type: noop, id: a", "type: noop", "type: noop, id: a") == [
        "`operators.2.id` must not be that of another operator"
    ]


def test_an_operator_that_the_agent_fills_in_may_be_the_one_that_is_named() -> None:
    settings = "operators: [{type: noop, output: a}, '${file:operator}']"
    assert told(operators.check, settings) == []
    assert checked("type: noop, output: a", "type: noop, id: '${env:ID}'") == []
