"""The service's own knobs: frozen, checked at once, each from one of four places.

Flags win over the environment (`RECONCILER_…`), that over the file (`--config FILE`,
YAML), that over the default. Read once by `reconciler serve`, handed to `service.py`.
Collector config is something else and never stands here.
"""

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from reconciler.errors import SetupError, Where
from reconciler.fleet.documents import CONTEXT
from reconciler.fleet.findings import Fault
from reconciler.fleet.syntax import durations, nodes, spelling, yaml
from reconciler.fleet.syntax.nodes import Scalar, Table

ENV_PREFIX: Final = "RECONCILER_"
GITHUB_API: Final = "https://api.github.com"
PORTS: Final = 2**16


class Listen(NamedTuple):
    """An address to listen on; port 0 takes a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """`host:port`, IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


Forge = Literal["github", "gitea", "forgejo"]
LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


def _seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return durations.parse_duration(value)


def _listen(value: object) -> object:
    if not isinstance(value, str):
        return value
    host, _, port = value.rpartition(":")
    if not host:
        raise ValueError("not HOST:PORT; 0.0.0.0:PORT is every interface")
    if not (port.isascii() and port.isdecimal() and int(port) < PORTS):
        raise ValueError("not HOST:PORT; the port is a number up to 65535")
    return Listen(host.removeprefix("[").removesuffix("]"), int(port))


def _url(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        scheme, _, rest = value.partition("://")
        if scheme not in schemes or not rest.strip("/"):
            raise ValueError("not a URL that starts with " + ", ".join(schemes))
        return value.rstrip("/")

    return AfterValidator(check)


def _owner_and_name(value: str) -> str:
    if not re.fullmatch(r"[^/\s]+/[^/\s]+", value):
        raise ValueError("not OWNER/NAME")
    return value


def _status_prefix(value: str) -> str:
    if not CONTEXT.fullmatch(value):
        raise ValueError("not words of letters and digits, joined by `/`")
    return value


Seconds = Annotated[float, BeforeValidator(_seconds)]
Address = Annotated[Listen, BeforeValidator(_listen)]
HttpUrl = Annotated[str, _url("http", "https")]
OpampUrl = Annotated[str, _url("ws", "wss", "http", "https")]
StatusPrefix = Annotated[str, AfterValidator(_status_prefix)]
OwnerAndName = Annotated[str, AfterValidator(_owner_and_name)]


def _data_dir(earlier: dict[str, Any]) -> Path:
    """One folder a source, so that trying another never starts from its state."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    source = re.sub(r"(?<=://)[^/@]*@", "", earlier["source"])
    name = re.sub(r"[^\w.-]+", "-", Path(source).absolute().name.removesuffix(".git"))
    digest = sha256(f"{source}#{earlier['ref'] or ''}".encode()).hexdigest()[:8]
    return Path(home) / "opamp-reconciler" / f"{name}-{digest}"


def _knob(panel: str, metavar: str, description: str, **rules: Any) -> Any:
    """A field, and what `serve --help` says of it; None unless `rules` say else."""
    if "default_factory" not in rules:
        rules.setdefault("default", None)
    said: dict[str, Any] = {"panel": panel, "metavar": metavar}
    return Field(description=description, json_schema_extra=said, **rules)


class Settings(BaseSettings):
    """Everything that can be set; the descriptions are the help of `serve`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        enable_decoding=False,
    )

    source: str = _knob(
        "Fleet repo",
        "URL|FOLDER",
        "The fleet repo: a Git URL, or a local folder that is followed live. Required.",
        default=...,
        min_length=1,
        repr=False,  # its userinfo may be a token
    )
    ref: str | None = _knob(
        "Fleet repo",
        "REF",
        "Branch, or full name of a ref such as refs/tags/v1. Unset, the branch that "
        "the repository calls its own; a folder has none.",
    )
    poll_interval: Seconds = _knob(
        "Fleet repo",
        "DURATION",
        "From one look at the Git repository to the next.",
        default=15.0,
        ge=1.0,
        le=86_400.0,
    )
    allow_rewrites: bool = _knob(
        "Fleet repo",
        "",
        "Follow a branch whose history was rewritten, instead of holding still.",
        default=False,
    )
    git_token_file: Path | None = _knob(
        "Fleet repo", "FILE", "File with the token for an http(s) Git URL."
    )
    git_token: SecretStr | None = _knob("Fleet repo", "", "The token itself.")
    config: Path | None = _knob(
        "Service", "FILE", "YAML file with settings, named as here with `_` for `-`."
    )
    data_dir: Path = _knob(
        "Service",
        "DIR",
        "Where the state lives. Unset, a folder for this source and ref under "
        "$XDG_STATE_HOME/opamp-reconciler (~/.local/state/opamp-reconciler).",
        default_factory=_data_dir,
    )
    listen: Address = _knob(
        "Service",
        "HOST:PORT",
        "For people: API, health, metrics.",
        default=Listen("127.0.0.1", 8080),
    )
    log_format: LogFormat = _knob(
        "Service",
        "|".join(get_args(LogFormat)),
        "Lines for people or for machines.",
        default="console",
    )
    log_level: LogLevel = _knob(
        "Service", "|".join(get_args(LogLevel)), "The least to log.", default="info"
    )
    opamp_listen: Address = _knob(
        "Agents",
        "HOST:PORT",
        "For agents: OpAMP over WebSocket and HTTP, both on /v1/opamp.",
        default=Listen("127.0.0.1", 4320),
    )
    opamp_url: OpampUrl | None = _knob(
        "Agents",
        "URL",
        "OpAMP endpoint to hand to agents as their connection settings. "
        "Unset, they keep their own endpoint and heartbeat.",
    )
    heartbeat_interval: Seconds = _knob(
        "Agents",
        "DURATION",
        "Heartbeat to ask of agents, together with that endpoint; whole seconds.",
        default=30.0,
        ge=1.0,
        le=3600.0,
        multiple_of=1.0,
    )
    forget_after: Seconds = _knob(
        "Agents",
        "DURATION",
        "How long an agent that is away counts, where its AgentGroup says nothing.",
        default=7 * 86_400.0,
        ge=60.0,
        le=366 * 86_400.0,
    )
    max_connections: int = _knob(
        "Agents",
        "COUNT",
        "Connections at a time; agents above it are told to come back.",
        default=20_000,
        ge=1,
    )
    max_handshakes: int = _knob(
        "Agents",
        "COUNT",
        "New connections a second; agents above it are told to come back.",
        default=500,
        ge=1,
    )
    forge: Forge | None = _knob(
        "Forge",
        "|".join(get_args(Forge)),
        "Where commit statuses go. Unset, they stay in the API and the log.",
    )
    forge_url: HttpUrl | None = _knob(
        "Forge",
        "URL",
        f"https://HOST for Gitea and Forgejo; {GITHUB_API} unless given for GitHub.",
    )
    forge_repo: OwnerAndName | None = _knob(
        "Forge", "OWNER/NAME", "The fleet repo on the forge."
    )
    status_prefix: StatusPrefix | None = _knob(
        "Forge",
        "PREFIX",
        "First part of every commit status context, over `spec.statuses.context` of "
        "the Fleet; gives each of several services on one repository a name.",
    )
    forge_token_file: Path | None = _knob(
        "Forge", "FILE", "File with a token that may write commit statuses."
    )
    forge_token: SecretStr | None = _knob("Forge", "", "The token itself.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no source of ours
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor is this
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, file; what comes first wins."""
        return init_settings, env_settings, _ConfigFile(settings_cls)

    @field_validator("git_token_file", "forge_token_file")
    @classmethod
    def _check_secret_file(cls, value: Path | None) -> Path | None:
        if value and not _read_secret(value):
            raise ValueError(f"{value} is empty")
        return value

    @field_validator("git_token", "forge_token")
    @classmethod
    def _take_secret(
        cls, value: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        file = info.data.get(f"{info.field_name}_file")
        if value and file:
            raise ValueError(f"given twice: here and as {info.field_name}_file")
        return SecretStr(_read_secret(file)) if file else value

    @field_validator("forge_url", "forge_repo", "forge_token")
    @classmethod
    def _check_forge(cls, value: Any, info: ValidationInfo) -> Any:
        forge = info.data.get("forge", value)  # a wrong forge is told of already
        if forge is None and value is not None:
            raise ValueError("says nothing without forge")
        if forge == "github" and info.field_name == "forge_url":
            return value or GITHUB_API
        if forge is not None and value is None:
            raise ValueError(f"is needed for forge {forge}")
        return value


def load(flags: Mapping[str, Any]) -> Settings:
    """The settings, with `flags` above everything else; names as in `Settings`.

    Raises:
        SetupError: Something is wrong; every fault is named, with where it came from.
    """
    try:
        return Settings(**flags)
    except ValidationError as wrong:
        origin = _Origin(flags)
        faults = [
            f"{origin.of(str(error['loc'][0]))}: {_message(error)}"
            for error in wrong.errors(include_url=False, include_input=False)
            if error["type"] != "default_factory_not_called"  # only follows from others
        ]
    raise SetupError(
        "\n  ".join(["these settings are wrong:", *faults]),
        hint="`reconciler serve --help` explains each",
    )


def flag_of(name: str) -> str:
    """The flag of a setting; a secret is given by file, never on the command line."""
    is_secret = f"{name}_file" in Settings.model_fields
    return "--" + name.replace("_", "-") + ("-file" if is_secret else "")


class _ConfigFile(PydanticBaseSettingsSource):
    """The YAML file that flags or environment name."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Never called: `__call__` answers for all fields."""
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        path = self.current_state.get("config")
        table = _read_table(str(path)) if path else None
        return nodes.plain(table) if table else {}


class _Origin:
    """Where the value of a setting came from, in the words of who gave it."""

    def __init__(self, flags: Mapping[str, Any]) -> None:
        self._flags = flags
        self._variables = {name.upper(): name for name in os.environ}
        path = flags.get("config") or os.environ.get(f"{ENV_PREFIX}CONFIG")
        table = _read_table(str(path)) if path else None
        self._places = (
            {key: at for key, (at, _) in table.items.items()} if table else {}
        )

    def of(self, name: str) -> str:
        """A flag, a variable, or a key with its file, line and column."""
        if name in self._flags:
            return flag_of(name)
        if variable := self._variables.get(f"{ENV_PREFIX}{name}".upper()):
            return variable
        if where := self._places.get(name):
            return f"{where}: {name}"
        return flag_of(name)


def _message(error: ErrorDetails) -> str:
    match error["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            near = spelling.hint(str(error["loc"][0]), Settings.model_fields)
            return f"there is no such setting; {near}"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            return error["msg"][:1].lower() + error["msg"][1:]


def _read_table(path: str) -> Table | None:
    try:
        documents = yaml.compose(Path(path).read_bytes(), path)
    except OSError as wrong:
        message = f"cannot read the settings: {wrong.strerror}"
        raise SetupError(message, where=Where(path)) from None
    except Fault as wrong:
        raise SetupError(wrong.message, where=wrong.where, hint=wrong.hint) from None
    match documents:
        case () | (Scalar(None),):
            return None
        case (Table() as table,):
            return table
        case _:
            message = "settings are one mapping of names to values"
            raise SetupError(message, where=Where(path))


def _read_secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as wrong:
        raise ValueError(f"cannot read {path}: {wrong.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text") from None
