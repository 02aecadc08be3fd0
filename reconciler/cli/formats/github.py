"""For GitHub Actions: workflow commands, which it shows beside the lines of a diff."""

from typing import Final

from reconciler.cli.formats import checked as places
from reconciler.cli.formats.checked import Checked
from reconciler.fleet.findings import Finding, Severity

_COMMANDS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}
_DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = {**_DATA, **str.maketrans({":": "%3A", ",": "%2C"})}


def render(checked: Checked) -> str:
    """A command for each finding."""
    return "\n".join(map(_command, checked.findings))


def _command(found: Finding) -> str:
    """The place stands in the message too: the log shows nothing else."""
    line, column = places.position(found.where)
    path = places.path(found.where)
    properties = {
        "file": path,
        "line": str(line),
        "col": str(column),
        "title": f"reconciler {found.rule}",
    }
    given = ",".join(
        f"{key}={value.translate(_PROPERTY)}" for key, value in properties.items()
    )
    message = f"{path}:{line}:{column}: {found.rule}: {places.message(found)}"
    return f"::{_COMMANDS[found.severity]} {given}::{message.translate(_DATA)}"
