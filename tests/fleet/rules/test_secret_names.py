import pytest

from reconciler.fleet.rules import secret_names


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "db_password",
        "passwd",
        "passphrase",
        "Authorization",
        "Proxy-Authorization",
        "token",
        "access_token",
        "lightstep-access-token",
        "X-Api-Key",
        "apikey",
        "api_key",
        "dd.api_key",
        "license_key",
        "client_secret",
        "secret",
        "secret_key",
        "secret_access_key",
        "access_key_secret",
        "private_key",
        "account_key",
        "x-honeycomb-team",
        "credentials",
        "API_TOKEN",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert secret_names.is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "username",
        "user",
        "key",
        "key_file",
        "password_file",
        "token_file",
        "bearer_token_file",
        "access_key_id",
        "max_tokens",
        "include_token",
        "token_separator",
        "secret_name",
        "authenticator",
        "auth",
        "keepalive",
        "compass",
        "monkey",
        "",
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not secret_names.is_secret(name)
