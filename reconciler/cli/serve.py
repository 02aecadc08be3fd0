"""`reconciler serve`: one flag for every setting, then the service until a signal."""

import inspect
from typing import Annotated, Any, Final

import typer
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from reconciler import settings
from reconciler.cli import verbs
from reconciler.cli.exits import Exit
from reconciler.settings import Settings

app = verbs.new("Follow a fleet repo and drive the agents that connect.")

HELP: Final = (
    "Follow a fleet repo and drive the agents that connect. "
    "With nothing but --source it runs, on loopback.\n\n"
    "Each setting can also be an environment variable (RECONCILER_ and its name, such "
    "as RECONCILER_DATA_DIR) or stand in the YAML file of --config (data_dir: ...). "
    "Flags win over the environment, that over the file. Tokens are never flags: give "
    "a file, RECONCILER_GIT_TOKEN or RECONCILER_FORGE_TOKEN. Durations are Go's (30s, "
    "1m30s) or seconds. How much the fleet repo may hold is set by the environment "
    "alone, for this and for the verbs that check a repo: RECONCILER_LIMITS__FILES, "
    "__TOTAL_BYTES, __FILE_BYTES, __DEPTH, __NODES, __TEXT, __ALIASES, __DOCUMENTS."
)


def run(**flags: Any) -> int:
    """Serve until SIGTERM or SIGINT; the flags are made from `Settings` below."""
    given = {name: value for name, value in flags.items() if value is not None}
    chosen = settings.load(given)
    from reconciler import service  # noqa: PLC0415 - `serve --help` needs no room

    service.serve(chosen)
    return Exit.OK


def _parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    said: Any = field.json_schema_extra
    flag = settings.flag_of(name)
    is_switch = field.annotation is bool
    option = typer.Option(
        flag,
        help=_help(field),
        metavar=said["metavar"] or None,
        rich_help_panel=said["panel"],
        show_default=False,
    )
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[(bool if is_switch else str) | None, option],
    )


def _help(field: FieldInfo) -> str:
    if field.default in (None, PydanticUndefined):
        return str(field.description)
    match field.default:
        case bool(value):
            default = "on" if value else "off"
        case float(seconds):
            default = f"{seconds:g}s"
        case other:
            default = str(other)
    return f"{field.description} Default: {default}."


run.__signature__ = inspect.Signature(  # type: ignore[attr-defined] # read by Typer
    [
        _parameter(name, field)
        for name, field in Settings.model_fields.items()
        if f"{name}_file" not in Settings.model_fields
    ]
)
app.command(help=HELP)(run)
