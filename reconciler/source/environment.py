"""The environment that Git runs in: nothing inherited but what is named here.

Called by `git.py`. All configuration travels in variables, because a secret in an
argument list can be read by every user of the machine. Needs Git 2.32.
"""

import os
import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import SetupError
from reconciler.source.remote import Remote, Transport

OLDEST_GIT = (2, 32)
"""The first that ignores the machine's configuration when told to by variable."""

_KEPT = frozenset(
    [
        "PATH",
        "TMPDIR",
        "SSH_AUTH_SOCK",
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
        "http_proxy",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "no_proxy",
        "NO_PROXY",
    ]
)

_FIXED = {
    "GIT_ASKPASS": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_SSH_VARIANT": "ssh",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
}

_CONFIG = (
    ("core.bigFileThreshold", "8m"),  # bigger blobs are streamed, not held in memory
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("core.symlinks", "false"),
    ("credential.helper", ""),
    ("fetch.fsckObjects", "true"),
    ("fetch.recurseSubmodules", "false"),
    ("gc.autoDetach", "false"),  # nothing outlives the command that we watch
    ("http.followRedirects", "false"),  # `redirect.py` says why, and where they lead
    ("maintenance.autoDetach", "false"),
    ("protocol.version", "2"),
    ("transfer.bundleURI", "false"),
)


@dataclass(frozen=True, slots=True)
class Access:
    """How to be let in; each part is for one transport.

    Attributes:
        token: The password for HTTP.
        ssh_key: A private key file; then no other key and no settings file is used.
            None leaves it to the user's own SSH settings and agent.
        known_hosts: Host keys to trust instead of the user's own.
    """

    token: str | None = field(default=None, repr=False)
    ssh_key: Path | None = None
    known_hosts: Path | None = None


def check(inherited: Collection[str]) -> None:
    """Refuse what GitPython reads by itself and would move the mirror elsewhere.

    Raises:
        SetupError: Such a variable is set, as inside a Git hook.
    """
    for name in ("GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"):
        if name in inherited:
            raise SetupError(f"{name} is set", hint="Unset it; Git hooks set it.")


def strangers(
    inherited: Iterable[str], *, ours: Collection[str] = frozenset()
) -> list[str]:
    """The names of variables that Git must not see; `ours` are set anew anyway."""
    kept = _KEPT.union(ours)
    return [name for name in inherited if name and name not in kept]


def hardened(remote: Remote, access: Access) -> dict[str, str]:
    """The variables Git runs with, beside those it may inherit."""
    config = list(_CONFIG)
    if remote.authorization:
        header = f"Authorization: {remote.authorization}"
        config.append((f"http.{remote.url}.extraHeader", header))
    variables = _FIXED | {
        "GIT_ALLOW_PROTOCOL": remote.transport.value,
        "GIT_CONFIG_COUNT": str(len(config)),
    }
    for number, (key, value) in enumerate(config):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    if remote.transport is Transport.SSH:
        variables["GIT_SSH_COMMAND"] = _ssh_command(access)
    return variables


def _ssh_command(access: Access) -> str:
    words = ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
    if access.ssh_key:
        words += [
            "-F",
            os.devnull,
            "-o",
            "IdentitiesOnly=yes",
            "-i",
            str(access.ssh_key),
        ]
    if access.known_hosts:
        words += ["-o", f"UserKnownHostsFile={access.known_hosts}"]
    return shlex.join(words)
