from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any

import pytest

from reconciler.errors import Where
from reconciler.fleet.findings import Report
from reconciler.fleet.syntax import fields
from reconciler.fleet.syntax.fields import Fields
from tests.fleet.trees import node_of, read


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


KNOWN = ("name", "size", "on", "colour", "wait", "inner", "list", "part", "day")


def fields_of(text: str) -> tuple[Fields, Report]:
    report = Report()
    return Fields(read(text, "a.yaml"), "spec", known=KNOWN, report=report), report


READERS: dict[str, Callable[[Fields], Any]] = {
    "text": lambda spec: spec.text("name", "none"),
    "integer": lambda spec: spec.integer("size", 7),
    "boolean": lambda spec: spec.boolean("on", default=True),
    "choice": lambda spec: spec.choice("colour", Colour.RED),
    "seconds": lambda spec: spec.seconds("wait", 3.0, least=1),
    "table": lambda spec: spec.table("inner"),
    "texts": lambda spec: list(spec.texts("list")),
    "one_or_more": lambda spec: [text for text, _ in spec.one_or_more("list")],
    "pairs": lambda spec: dict(spec.pairs("inner")),
    "share": lambda spec: spec.share("part", 0.5),
    "day": lambda spec: spec.day("day"),
}
DEFAULTS = {
    "text": "none",
    "integer": 7,
    "boolean": True,
    "choice": Colour.RED,
    "seconds": 3.0,
    "table": None,
    "texts": [],
    "one_or_more": [],
    "pairs": {},
    "share": 0.5,
    "day": None,
}


@pytest.mark.parametrize("reader", READERS)
def test_what_is_missing_has_its_default(reader: str) -> None:
    spec, report = fields_of("{}")
    assert READERS[reader](spec) == DEFAULTS[reader]
    assert report.findings == ()


@pytest.mark.parametrize(
    ("text", "reader", "value"),
    [
        ("name: x", "text", "x"),
        ("size: -3", "integer", -3),
        ("on: false", "boolean", False),
        ("colour: green", "choice", Colour.GREEN),
        ("wait: 1m30s", "seconds", 90.0),
        ("inner: {}", "table", read("inner: {}", "a.yaml").items["inner"][1]),
        (
            "list: [a, b]",
            "texts",
            [("a", Where("a.yaml", 1, 8)), ("b", Where("a.yaml", 1, 11))],
        ),
        ("list: a", "one_or_more", ["a"]),
        ("list: [a, b]", "one_or_more", ["a", "b"]),
        ("inner: {a: b, c: ''}", "pairs", {"a": "b", "c": ""}),
        ("part: 0%", "share", 0.0),
        ("part: 12.5%", "share", 0.125),
        ("day: 2027-03-31", "day", date(2027, 3, 31)),
        ("day: '2027-03-31'", "day", date(2027, 3, 31)),
    ],
)
def test_what_is_right_is_read(text: str, reader: str, value: object) -> None:
    spec, report = fields_of(text)
    assert READERS[reader](spec) == value
    assert report.findings == ()


@pytest.mark.parametrize(
    ("text", "reader", "message"),
    [
        ("name: 1", "text", "`spec.name` must be text, not `1`"),
        ("name:", "text", "`spec.name` must be text, not empty"),
        ("size: '3'", "integer", "`spec.size` must be a whole number, not `3`"),
        ("size: 3.0", "integer", "`spec.size` must be a whole number, not `3.0`"),
        ("size: true", "integer", "`spec.size` must be a whole number, not `true`"),
        ("on: yes", "boolean", "`spec.on` must be true or false, not `yes`"),
        ("on: 1", "boolean", "`spec.on` must be true or false, not `1`"),
        (
            "colour: gren",
            "choice",
            "`spec.colour` must be one of red, green, not `gren`",
        ),
        ("wait: 10", "seconds", "`spec.wait` must be a duration, not `10`"),
        ("wait: [1s]", "seconds", "`spec.wait` must be a duration, not a list"),
        ("wait: 0", "seconds", "`spec.wait` must be between 1s and 24h, not `0`"),
        ("wait: 25h", "seconds", "`spec.wait` must be between 1s and 24h, not `25h`"),
        ("inner: [a]", "table", "`spec.inner` must be a mapping, not a list"),
        ("list: a", "texts", "`spec.list` must be a list, not `a`"),
        ("list: [{a: b}]", "texts", "`spec.list[0]` must be text, not a mapping"),
        ("list: 1", "one_or_more", "`spec.list` must be a list, not `1`"),
        ("inner: {a: 1}", "pairs", "`spec.inner.a` must be text, not `1`"),
        ("inner: a", "pairs", "`spec.inner` must be a mapping, not `a`"),
        ("part: 0.5", "share", "`spec.part` must be a share such as `50%`, not `0.5`"),
        (
            "part: 101%",
            "share",
            "`spec.part` must be a share such as `50%`, not `101%`",
        ),
        (
            "day: soon",
            "day",
            "`spec.day` must be a day such as 2027-03-31, not `soon`",
        ),
        ("day: [1]", "day", "`spec.day` must be a day such as 2027-03-31, not a list"),
    ],
)
def test_what_is_wrong_has_its_default_and_a_finding(
    text: str, reader: str, message: str
) -> None:
    spec, report = fields_of(text)
    assert READERS[reader](spec) == DEFAULTS[reader]
    assert [found.message for found in report.findings] == [message]


def test_a_finding_stands_at_the_value() -> None:
    spec, report = fields_of("name: x\nsize: big\n")
    spec.integer("size", 0)
    (found,) = report.findings
    assert found.where == Where("a.yaml", 2, 7)


def test_an_unknown_field_is_named_with_the_one_that_was_meant() -> None:
    _, report = fields_of("name: x\ncolor: red\n")
    (found,) = report.findings
    assert found.message == "unknown field `spec.color`"
    assert found.where == Where("a.yaml", 2, 1)
    assert found.hint == "did you mean `colour`?"


def test_of_very_many_unknown_fields_some_are_named() -> None:
    _, report = fields_of("\n".join(f"x{index}: 1" for index in range(5_000)))
    assert len(report.findings) == 20


def test_a_required_field_that_is_missing_is_an_error_at_the_mapping() -> None:
    spec, report = fields_of("name: x")
    assert spec.require("name", "hint")
    assert not spec.require("size", "add it")
    (found,) = report.findings
    assert (found.message, found.hint) == ("`spec.size` is missing", "add it")


@pytest.mark.parametrize(
    ("value", "shown", "kind"),
    [
        ("hunter2", "`hunter2`", "text"),
        ("x" * 99, f"`{'x' * 40}...`", "text"),
        (1, "`1`", "a number"),
        (False, "`false`", "true or false"),
        (None, "empty", "empty"),
        ([1], "a list", "a list"),
        ({}, "a mapping", "a mapping"),
    ],
)
def test_values_are_shown_in_our_documents_and_never_in_collector_configs(
    value: object, shown: str, kind: str
) -> None:
    assert fields.describe(node_of(value)) == shown
    assert fields.kind_of(node_of(value)) == kind
