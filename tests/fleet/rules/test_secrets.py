import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.catalogue.model import Component, Setting, Shape
from reconciler.fleet.findings import Severity
from reconciler.fleet.rules import secrets
from reconciler.fleet.rules.subject import Basis
from tests.fleet.rules.subjects import catalogue_of, lines, subject_of

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJlLW9mLWl0"
RANDOM = "Zq7fK2mX9vB4nL8wR3tY6pD1sH5jG0cA"


def found(settings: str, *, labels: dict[str, str] | None = None) -> list[str]:
    subject = subject_of(f"exporters: {{otlp: {{{settings}}}}}\n", labels=labels)
    return [line.partition(": ")[2] for line in lines(secrets.check, subject)]


@pytest.mark.parametrize(
    "settings",
    [
        "password: hunter22",
        "password: 12345678",
        "api_key: 0f3a",
        "headers: {Authorization: Bearer 4f1b0c9e}",
        "headers: {Authorization: 'Basic dXNlcjp3b3Jk'}",
        "headers: {x-api-key: abc}",
        "headers: [{name: authorization, value: 4f1b0c9e}]",
        "headers: [{dd-api-key: 4f1b0c9e}]",
        "tokens: [4f1b0c9e]",
        "api: {key: 4f1b0c9e}",
        "htpasswd: {inline: 'me:word'}",
    ],
    ids=str,
)
def test_the_name_of_a_setting_tells_of_a_secret(settings: str) -> None:
    (line,) = found(settings)
    assert line.startswith("warning E040: `exporters.otlp.")
    assert line.endswith("` holds a secret in clear")


@pytest.mark.parametrize(
    "value",
    [
        "''",
        "null",
        "true",
        "'${env:TOKEN}'",
        "'Bearer ${env:TOKEN}'",
        "'${file:/run/secrets/token}'",
        "$TOKEN",
        "$(TOKEN)",
        "<TOKEN>",
        "'Bearer <token>'",
        "'Basic <base64 of it>'",
        "'{{ .Values.token }}'",
        "'%TOKEN%'",
        "__TOKEN__",
        "MY_API_TOKEN",
        "xxxx",
        "XXXX-XXXX",
        "'****'",
        "'[REDACTED]'",
        "changeme",
        "change_me",
        "your-token-here",
        "YOUR_TOKEN",
        "replace-this",
        "...",
        "/var/run/secrets/token",
    ],
    ids=str,
)
def test_references_and_placeholders_are_none(value: str) -> None:
    assert found(f"token: {value}") == []


@pytest.mark.parametrize(
    "settings",
    [
        "username: admin",
        "basic_auth: {username: admin, password: '${env:WORD}'}",
        "headers: {X-Scope-OrgID: tenant-1}",
        "password_file: /run/secrets/x",
        "include_token: true",
        "attributes: [{key: token, action: delete}]",
        "actions: [{key: api_key, value: x, action: insert}]",
        "endpoint: 'https://otlp.example.org?tenant=1'",
        "endpoint: 'https://${env:USER}:${env:WORD}@otlp.example.org'",
        "endpoint: 'https://user@otlp.example.org'",
        'statement: \'replace_pattern(body, "token=[^&]+", "token=***")\'',
        "regex: '[?&]password=[^&]*'",
        "id: 0f8fad5b-d9cb-469f-a165-70867728950e",
        f"image: sha256:{'9f86d081884c7d65' * 4}",
        f"ca_pem: {RANDOM}",
        f"hash: {RANDOM}",
        "path: /Applications/Utilities/Terminal2/Contents/MacOS",
        "key: k8s.deployment.environment.name.of.the.thing",
    ],
    ids=str,
)
def test_other_values_are_left_alone(settings: str) -> None:
    assert found(settings) == []


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("ghp_" + "a1B2" * 9, "what has the shape of a secret token"),
        ("glpat-" + "a1B2c" * 4, "what has the shape of a secret token"),
        ("'Bearer " + JWT + "'", "what has the shape of a secret token"),
        ("AKIAIOSFODNN7ABCDEFG", "what has the shape of a secret token"),
        (
            '"-----BEGIN RSA PRIVATE KEY-----\\nMIIB\\n"',
            "a private key",
        ),
        ('"-----BEGIN PRIVATE KEY-----\\nMIIB\\n"', "a private key"),
        ("'https://me:hunter22@otlp.example.org'", "a secret inside a longer text"),
        (
            "'tcp://h:9000?username=me&password=hunter22'",
            "a secret inside a longer text",
        ),
        (
            "'Endpoint=sb://x;SharedAccessKey=" + "aB3+" * 8 + "='",
            "a secret inside a longer text",
        ),
    ],
    ids=lambda text: text[:20],
)
def test_the_shape_of_a_value_tells_of_a_secret_under_any_name(
    value: str, what: str
) -> None:
    (line,) = found(f"x: {value}")
    assert line == f"warning E040: `exporters.otlp.x` holds {what}"


def test_a_certificate_is_none() -> None:
    assert found('x: "-----BEGIN CERTIFICATE-----\\nMIIB\\n"') == []


def test_a_long_random_text_is_a_suspicion_even_in_a_fleet() -> None:
    (line,) = found(f"x: {RANDOM}", labels={})
    assert (
        line == "warning E040: `exporters.otlp.x` looks like a secret: long, and random"
    )


def test_a_secret_is_an_error_in_a_fleet() -> None:
    assert found("password: hunter22", labels={"env": "prod"}) == [
        "error E040: `exporters.otlp.password` holds a secret in clear"
    ]


@pytest.mark.parametrize(
    ("basis", "labels", "severity"),
    [
        (Basis.PINNED, {}, Severity.ERROR),
        (Basis.GUESSED, {}, Severity.WARNING),
        (Basis.ASSUMED, None, Severity.WARNING),
    ],
    ids=str,
)
def test_what_only_the_catalogue_knows_is_as_bad_as_that_is_sure(
    basis: Basis, labels: dict[str, str] | None, severity: Severity
) -> None:
    header = Setting(Shape.STRING, secret=True)
    settings = Setting(
        Shape.STRUCT,
        fields={
            "dsn": Setting(Shape.STRING, secret=True),
            "headers": Setting(Shape.MAP, item=header),
            "nested": Setting(Shape.STRUCT, fields={"dsn": header}),
        },
    )
    known = catalogue_of(Component("exporters", "x", settings=settings))
    subject = subject_of(
        "exporters: {x/a: {dsn: abc, nested: {dsn: '${env:A}'}, headers: {a: b}}}",
        known,
        basis=basis,
        labels=labels,
    )
    (one,) = secrets.check(subject)
    assert (one.severity, one.where.column) == (severity, 24)


def test_a_value_is_found_at_its_own_place() -> None:
    (line,) = lines(secrets.check, subject_of("exporters:\n  a:\n    token: abc\n"))
    assert line.startswith("c.yaml:3:12: ")


@given(st.from_regex(r"[A-Za-z0-9+/]{8,60}", fullmatch=True))
def test_no_message_shows_any_part_of_a_value(value: str) -> None:
    subject = subject_of(f"exporters: {{a: {{password: '{value}', x: '{value}'}}}}")
    for one in secrets.check(subject):
        assert value not in f"{one.message}{one.hint}"
