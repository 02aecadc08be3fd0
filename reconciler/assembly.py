"""From the settings to the parts of a service.

`service.py` calls each of these once, at start. Every room speaks of its own limits and
addresses; here the settings are put into their words.
"""

import hashlib
import os
import re
from pathlib import Path

from pydantic import SecretStr

from reconciler.controller import AgentSettings
from reconciler.errors import SetupError
from reconciler.opamp.limits import Limits
from reconciler.report import forge as forges
from reconciler.report.address import ForgeKind
from reconciler.report.forge import RestForge
from reconciler.settings import Settings
from reconciler.source import limits as source_limits
from reconciler.source import open as opening
from reconciler.source.environment import Access
from reconciler.source.limits import Limits as RepoLimits
from reconciler.source.source import Source

FETCH_SECONDS = 120.0
"""A fetch that takes longer is given up and tried again."""

FORGES = {
    "github": ForgeKind.GITHUB,
    "gitea": ForgeKind.GITEA,
    "forgejo": ForgeKind.GITEA,  # a fork that kept the API
}


def secrets(settings: Settings) -> list[str]:
    """What must never be logged."""
    tokens = (settings.git_token, settings.forge_token)
    return [token for token in map(_reveal, tokens) if token]


def make_private(folder: Path) -> None:
    """Create the data folder for its owner alone.

    Raises:
        SetupError: It cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as wrong:
        raise SetupError(
            f"cannot create {folder}: {wrong.strerror}",
            hint="choose another folder with --data-dir DIR",
        ) from None


def repo_limits() -> RepoLimits:
    """Caps on the fleet repo, from the environment.

    Raises:
        SetupError: A variable is wrong.
    """
    return source_limits.from_environment(os.environ)


def source(settings: Settings, limits: RepoLimits) -> Source:
    """The fleet repo.

    Raises:
        SetupError: Nothing can be followed there.
    """
    return opening.open_source(
        settings.source,
        ref=settings.ref,
        data_dir=settings.data_dir,
        interval=settings.poll_interval,
        timeout=FETCH_SECONDS,
        access=Access(token=_reveal(settings.git_token)),
        allow_rewrites=settings.allow_rewrites,
        limits=limits,
    )


def forge(settings: Settings) -> RestForge | None:
    """Where commit statuses go; None when they stay here.

    Raises:
        SetupError: What is said of it is not enough.
    """
    owner, _, repo = (settings.forge_repo or "").partition("/")
    return forges.open_forge(
        kind=FORGES[settings.forge] if settings.forge else None,
        url=settings.forge_url,
        owner=owner or None,
        repo=repo or None,
        token=_reveal(settings.forge_token),
        source=settings.source,
    )


def limits(settings: Settings) -> Limits:
    """Caps and deadlines towards agents."""
    return Limits(
        connections=settings.max_connections,
        handshakes_per_second=settings.max_handshakes,
    )


def agent_settings(settings: Settings) -> AgentSettings | None:
    """What agents are offered as OpAMP connection settings, if anything."""
    if settings.opamp_url is None:
        return None
    seconds = int(settings.heartbeat_interval)
    digest = hashlib.sha256(f"1 {settings.opamp_url} {seconds}".encode()).digest()
    return AgentSettings(settings.opamp_url, seconds, digest)


def shown_source(settings: Settings) -> str:
    """The source as it may be logged: without a user, which is a token for some."""
    return re.sub(r"(?<=://)[^/@]*@", "", settings.source)


def _reveal(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
