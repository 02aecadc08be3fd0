import stat
from pathlib import Path
from typing import Any

import pytest

from reconciler import assembly, settings
from reconciler.errors import SetupError
from reconciler.settings import Settings
from reconciler.source.folder import FolderSource
from reconciler.source.limits import Limits

TOKEN = "canary-t0ken"


def given(tmp_path: Path, **flags: Any) -> Settings:
    return settings.load({"source": str(tmp_path), "data_dir": tmp_path, **flags})


def test_tokens_are_the_secrets_that_no_log_may_hold(tmp_path: Path) -> None:
    forge = {"forge": "github", "forge_repo": "acme/fleet", "forge_token": TOKEN}
    assert assembly.secrets(given(tmp_path, **forge)) == [TOKEN]
    assert assembly.secrets(given(tmp_path)) == []


def test_the_data_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assembly.make_private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_data_folder_that_cannot_be_made_says_how_to_choose_another(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot create") as caught:
        assembly.make_private(tmp_path / "file" / "data")
    assert caught.value.hint is not None
    assert "--data-dir" in caught.value.hint


def test_a_plain_folder_is_followed_as_a_folder(tmp_path: Path) -> None:
    assert isinstance(assembly.source(given(tmp_path), Limits()), FolderSource)


def test_without_a_forge_there_is_none(tmp_path: Path) -> None:
    assert assembly.forge(given(tmp_path)) is None


def test_agents_are_offered_settings_only_with_our_own_url(tmp_path: Path) -> None:
    url = "wss://opamp.example/v1/opamp"
    assert assembly.agent_settings(given(tmp_path)) is None
    offered = assembly.agent_settings(given(tmp_path, opamp_url=url))
    assert offered is not None
    assert (offered.endpoint, offered.heartbeat_seconds) == (url, 30)


def test_obligation_38_the_hash_of_agent_settings_covers_all_of_them(
    tmp_path: Path,
) -> None:
    chosen: list[dict[str, Any]] = [
        {"opamp_url": "ws://a/v1/opamp"},
        {"opamp_url": "ws://b/v1/opamp"},
        {"opamp_url": "ws://a/v1/opamp", "heartbeat_interval": "10s"},
    ]
    hashes = {assembly.agent_settings(given(tmp_path, **one)) for one in chosen}
    assert len({one.hash for one in hashes if one}) == 3


def test_limits_are_those_of_the_settings(tmp_path: Path) -> None:
    limits = assembly.limits(given(tmp_path, max_connections=7, max_handshakes=3))
    assert (limits.connections, limits.handshakes_per_second) == (7, 3)


def test_a_token_in_place_of_a_user_is_not_shown_with_the_source(
    tmp_path: Path,
) -> None:
    url = f"https://{TOKEN}@git.example/acme/fleet.git"
    shown = assembly.shown_source(given(tmp_path, source=url))
    assert shown == "https://git.example/acme/fleet.git"
