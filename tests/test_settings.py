"""Settings: where they come from, which place wins, and how faults are told."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import settings
from reconciler.errors import SetupError
from reconciler.settings import Listen, Settings

SECRET = "glpat-s3cret"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RECONCILER_{name.upper()}", raising=False)


def faults(**flags: Any) -> list[str]:
    with pytest.raises(SetupError) as wrong:
        settings.load(flags)
    first, *lines = wrong.value.message.splitlines()
    assert first == "these settings are wrong:"
    return [line.strip() for line in lines]


def test_with_nothing_but_a_source_it_listens_on_loopback() -> None:
    chosen = settings.load({"source": "."})
    assert str(chosen.listen) == "127.0.0.1:8080"
    assert str(chosen.opamp_listen) == "127.0.0.1:4320"
    assert (chosen.ref, chosen.forge, chosen.opamp_url) == (None, None, None)


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings.load({"source": "."}).source = "elsewhere"


VALUES = {
    "poll_interval": ("11s", "12s", "13s"),
    "log_level": ("debug", "warning", "error"),
    "listen": ("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"),
    "max_connections": ("101", "102", "103"),
    "allow_rewrites": ("true", "true", "false"),
    "opamp_url": ("ws://a/v1/opamp", "ws://b/v1/opamp", "ws://c/v1/opamp"),
}
PLACES = [
    places for n in range(4) for places in itertools.combinations(("f", "e", "c"), n)
]


@pytest.mark.parametrize("places", PLACES, ids="".join)
@pytest.mark.parametrize("name", VALUES)
def test_flags_win_over_the_environment_and_that_over_the_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    places: tuple[str, ...],
) -> None:
    by_flag, by_variable, by_file = VALUES[name]
    file = tmp_path / "settings.yaml"
    file.write_text(f"{name}: '{by_file}'\n" if "c" in places else "")
    flags: dict[str, Any] = {"source": ".", "config": str(file)}
    if "e" in places:
        monkeypatch.setenv(f"RECONCILER_{name.upper()}", by_variable)
    if "f" in places:
        flags[name] = by_flag
    expected = (
        {
            "f": {name: by_flag},
            "e": {name: by_variable},
            "c": {name: by_file},
        }[places[0]]
        if places
        else {}
    )
    only = settings.load({"source": ".", **expected})
    assert getattr(settings.load(flags), name) == getattr(only, name)


def test_the_environment_can_name_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("source: /srv/fleet\npoll_interval: 20\n")
    monkeypatch.setenv("RECONCILER_CONFIG", str(file))
    chosen = settings.load({})
    assert (chosen.source, chosen.poll_interval) == ("/srv/fleet", 20.0)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_REF", "")
    monkeypatch.setenv("RECONCILER_FORGE", "")
    assert settings.load({"source": "."}).forge is None


def test_foreign_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_SERVER", "http://127.0.0.1:8080")
    settings.load({"source": "."})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1m30s", 90), ("1h", 3600), ("2", 2), ("1500ms", 1.5)],
)
def test_durations_are_gos_or_seconds(text: str, seconds: float) -> None:
    chosen = settings.load({"source": ".", "poll_interval": text})
    assert chosen.poll_interval == seconds


@pytest.mark.parametrize("text", ["", "s", "1 s", "1d", "-5s", "nan", "inf", "0.5s"])
def test_wrong_durations_are_refused(text: str) -> None:
    [fault] = faults(source=".", poll_interval=text)
    assert fault.startswith("--poll-interval: ")


@given(host=st.ip_addresses(), port=st.integers(0, 65535))
def test_every_address_is_read_back_as_it_is_printed(host: Any, port: int) -> None:
    address = Listen(str(host), port)
    assert settings.load({"source": ".", "listen": str(address)}).listen == address


@pytest.mark.parametrize(
    "text", ["8080", ":8080", "localhost", "localhost:", "a:65536", "a:-1", "a:²"]
)
def test_wrong_addresses_are_refused(text: str) -> None:
    [fault] = faults(source=".", listen=text)
    assert fault.startswith("--listen: not HOST:PORT; ")


def test_all_faults_are_told_at_once_each_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("log_level: loud\nsurce: here\nmax_connections: [1]\n")
    monkeypatch.setenv("RECONCILER_LISTEN", "nowhere")
    assert sorted(faults(config=str(file), heartbeat_interval="1.5s")) == [
        "--heartbeat-interval: input should be a multiple of 1",
        "--source: is required",
        f"{file}:1:1: log_level: input should be 'debug', 'info', 'warning' or 'error'",
        f"{file}:2:1: surce: there is no such setting; did you mean `source`?",
        f"{file}:3:1: max_connections: input should be a valid integer",
        "RECONCILER_LISTEN: not HOST:PORT; 0.0.0.0:PORT is every interface",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "not YAML"),
        ("source: a\nsource: b", "already given"),
        ("- source", "settings are one mapping of names to values"),
        ("a: 1\n---\nb: 2", "settings are one mapping of names to values"),
        ("source: !!python/object/apply:os.system [id]", "tag"),
    ],
)
def test_a_file_that_is_no_mapping_of_settings_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    with pytest.raises(SetupError, match=words) as wrong:
        settings.load({"config": str(file)})
    assert str(wrong.value).startswith(str(file))


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("# nothing yet\n---\n")
    settings.load({"source": ".", "config": str(file)})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "settings.yaml"
    with pytest.raises(SetupError, match="No such file") as wrong:
        settings.load({"source": ".", "config": str(missing)})
    assert str(wrong.value).startswith(str(missing))


def test_a_secret_can_stand_in_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")
    monkeypatch.setenv("RECONCILER_GIT_TOKEN_FILE", str(file))
    chosen = settings.load({"source": "."})
    assert chosen.git_token
    assert chosen.git_token.get_secret_value() == SECRET


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", None])
def test_a_secret_file_without_a_secret_is_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    [fault] = faults(source=".", git_token_file=str(file))
    assert fault.startswith("--git-token-file: ")
    assert str(file) in fault


def test_a_secret_given_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(SECRET)
    monkeypatch.setenv("RECONCILER_GIT_TOKEN", SECRET)
    [fault] = faults(source=".", git_token_file=str(file))
    assert fault == "RECONCILER_GIT_TOKEN: given twice: here and as git_token_file"


def test_no_secret_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_GIT_TOKEN", SECRET)
    chosen = settings.load({"source": f"https://bot:{SECRET}@forge.example/a/b"})
    assert SECRET not in repr(chosen) + str(chosen) + str(chosen.data_dir)


def test_a_fault_beside_a_secret_does_not_print_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RECONCILER_FORGE_TOKEN", SECRET)
    told = faults(source=f"https://{SECRET}@forge.example/a", forge="gitlab", ref="")
    assert SECRET not in "".join(told)


def test_a_forge_needs_its_repo_token_and_url() -> None:
    assert faults(source=".", forge="gitea") == [
        "--forge-url: is needed for forge gitea",
        "--forge-repo: is needed for forge gitea",
        "--forge-token-file: is needed for forge gitea",
    ]


def test_github_knows_its_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_FORGE_TOKEN", SECRET)
    chosen = settings.load({"source": ".", "forge": "github", "forge_repo": "a/b"})
    assert chosen.forge_url == "https://api.github.com"


def test_parts_of_a_forge_without_a_forge_are_refused() -> None:
    assert faults(source=".", forge_repo="a/b") == [
        "--forge-repo: says nothing without forge"
    ]


def test_an_unknown_forge_is_one_fault_and_no_more() -> None:
    told = faults(source=".", forge="gitlab", forge_repo="a/b")
    assert told == ["--forge: input should be 'github', 'gitea' or 'forgejo'"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("forge_url", "forge.example"),
        ("forge_url", "ftp://forge.example"),
        ("forge_repo", "fleet"),
        ("forge_repo", "a/b/c"),
        ("opamp_url", "opamp.example:4320"),
        ("opamp_url", "wss://"),
    ],
)
def test_wrong_urls_and_names_are_refused(name: str, value: str) -> None:
    told = faults(source=".", forge="github", **{name: value})
    assert any(fault.startswith(f"{settings.flag_of(name)}: not ") for fault in told)


def test_the_data_folder_is_one_for_each_source_and_ref(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")

    def folder(source: str, **more: str) -> Path:
        return settings.load({"source": source, **more}).data_dir

    url = "https://forge.example/acme/fleet.git"
    assert folder(url).parent == Path("/state/opamp-reconciler")
    assert folder(url).name.startswith("fleet-")
    assert folder(url) == folder(url)
    assert len({folder(url), folder(url, ref="next"), folder("/srv/fleet")}) == 3


def test_a_token_in_the_url_does_not_decide_the_data_folder() -> None:
    one = settings.load({"source": "https://one@forge.example/acme/fleet"})
    two = settings.load({"source": "https://two:x@forge.example/acme/fleet"})
    assert one.data_dir == two.data_dir


def test_a_data_folder_that_was_chosen_is_taken_as_it_is(tmp_path: Path) -> None:
    assert (
        settings.load({"source": ".", "data_dir": str(tmp_path)}).data_dir == tmp_path
    )


def test_a_wrong_source_does_not_blame_the_data_folder() -> None:
    assert faults(source="") == ["--source: string should have at least 1 character"]


def test_secrets_have_no_flag_of_their_own() -> None:
    assert settings.flag_of("forge_token") == "--forge-token-file"
    assert settings.flag_of("data_dir") == "--data-dir"
