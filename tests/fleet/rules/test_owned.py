from reconciler.fleet.rules import owned
from tests.fleet.rules.subjects import lines, subject_of


def found(text: str) -> list[str]:
    return lines(owned.check, subject_of(text, labels={}))


def test_the_extension_of_the_supervisor_is_its_own() -> None:
    text = "extensions: {opamp: {server: }}\nservice: {extensions: [opamp]}\n"
    (line,) = found(text)
    assert line == (
        "c.yaml:1:14: error E050: the extension `opamp` belongs to the supervisor, "
        "which adds its own"
    )


def test_enabling_the_extension_is_the_business_of_the_supervisor() -> None:
    (line,) = found("service: {extensions: [health_check, opamp]}\n")
    assert line.startswith("c.yaml:1:38: error E050: the supervisor enables")


def test_the_identity_of_an_agent_is_its_own() -> None:
    old = "service: {telemetry: {resource: {service.instance.id: a, x: b}}}"
    new = (
        "service: {telemetry: {resource: {attributes: "
        "[{name: x}, {name: service.instance.id, value: a}, 4]}}}"
    )
    for text, column in ((old, 34), (new, 65)):
        (line,) = found(text)
        assert line.startswith(f"c.yaml:1:{column}: error E050: `service.instance.id`")


def test_other_extensions_and_attributes_are_free() -> None:
    assert (
        found(
            "extensions: {opamp/other: , opampx: }\n"
            "service: {telemetry: {resource: {service.name: a}}, extensions: []}\n"
        )
        == []
    )


def test_a_collector_outside_any_fleet_may_have_both() -> None:
    text = "extensions: {opamp: }\nservice: {extensions: [opamp]}\n"
    assert lines(owned.check, subject_of(text)) == []
