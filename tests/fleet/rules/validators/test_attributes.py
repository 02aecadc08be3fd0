import pytest

from reconciler.fleet.rules.validators import attributes
from tests.fleet.rules.validators.views import Cases, told, view

KINDS = (
    "`actions.0.action` must be one of insert, update, upsert, delete, hash, extract, "
    "convert"
)
CASES: Cases = {
    "attributes": [
        ("actions: [{key: a, action: insert, value: 1}]", []),
        ("actions: [{key: a, action: UPSERT, from_attribute: b}]", []),
        ("actions: [{key: a, action: insert, value: '${env:V}'}]", []),
        ("actions: [{key: a, action: update, default_value: 1}]", []),
        ("actions: [{key: a, action: delete}, {pattern: a.*, action: hash}]", []),
        ("actions: [{key: a, action: extract, pattern: '(?P<b>.*)'}]", []),
        ("actions: [{key: a, action: convert, converted_type: int}]", []),
        ("actions: '${file:actions}'", []),
        ("actions: ['${file:action}']", []),
        ("", ["needs a list of `actions`"]),
        ("actions: []", ["needs a list of `actions`"]),
        ("actions: [{key: a, action: insrt, value: 1}]", [KINDS]),
        ("actions: [{key: a}]", [KINDS]),
        ("actions: [null]", [KINDS]),
        (
            "actions: [{key: a, action: insert, value: }]",
            [
                (
                    "`actions.0` needs a `value`, `from_attribute` or `from_context` "
                    "to insert"
                )
            ],
        ),
        ("actions: [{key: a, action: insert, value: ''}]", []),
        ("actions: [{action: insert, value: 1}]", ["`actions.0` needs a `key`"]),
        ("actions: [{action: delete}]", ["`actions.0` needs a `key` or a `pattern`"]),
        (
            "actions: [{key: a, action: insert}]",
            [
                (
                    "`actions.0` needs a `value`, `from_attribute` or `from_context` "
                    "to insert"
                )
            ],
        ),
        (
            "actions: [{key: a, action: insert, value: 1, from_context: b}]",
            ["`actions.0.from_context` must not be set beside `value`"],
        ),
        (
            "actions: [{key: a, action: insert, value: 1, pattern: b}]",
            ["`actions.0.pattern` must not be set for `insert`"],
        ),
        (
            "actions: [{key: a, action: insert, value: 1, converted_type: int}]",
            ["`actions.0.converted_type` must not be set for `insert`"],
        ),
        (
            "actions: [{key: a, action: delete, value: 1}]",
            ["`actions.0.value` must not be set for `delete`"],
        ),
        (
            "actions: [{key: a, action: extract}]",
            ["`actions.0` needs a `pattern`"],
        ),
        (
            "actions: [{key: a, action: extract, pattern: b}]",
            ["`actions.0.pattern` must name a group, as in `(?P<name>.*)`"],
        ),
        (
            "actions: [{key: a, action: convert, converted_type: float}]",
            ["`actions.0.converted_type` must be one of int, double, string"],
        ),
    ],
    "resource": [
        ("attributes: [{key: a, action: upsert, value: b}]", []),
        ("", ["needs a list of `attributes`"]),
    ],
    "span": [
        ("name: {from_attributes: [a]}", []),
        ("name: {to_attributes: {rules: ['(?P<a>.*)']}}", []),
        ("status: {code: Error, description: x}", []),
        (
            "",
            ["needs `name.from_attributes`, `name.to_attributes` or `status`"],
        ),
        ("status: {code: Bad}", ["`status.code` must be one of Ok, Error, Unset"]),
        (
            "status: {code: Ok, description: x}",
            ["`status.description` must not be set but for `Error`"],
        ),
    ],
}
CHECKS = {
    "attributes": attributes.attributes,
    "resource": attributes.resource,
    "span": attributes.span,
}


@pytest.mark.parametrize(
    ("type_", "settings", "messages"),
    [(type_, *case) for type_, cases in CASES.items() for case in cases],
)
def test_what_actions_are_refused(
    type_: str, settings: str, messages: list[str]
) -> None:
    assert told(CHECKS[type_], settings) == messages


def test_actions_are_made_when_a_pipeline_is_built() -> None:
    (late,) = attributes.attributes(view("actions: [{key: a}]"))
    (early,) = attributes.attributes(view(""))
    assert (late.signals is None, early.signals is None) == (False, True)
