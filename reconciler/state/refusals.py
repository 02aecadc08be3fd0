"""What a commit is told of the errors in it, in words.

Called by `revisions.py`.
"""

from reconciler.fleet import findings as fleet_findings
from reconciler.fleet.findings import Finding


def first_error(why: tuple[Finding, ...]) -> tuple[str, str]:
    """The first error in words, and how many more there are."""
    # A fault with a line says more than one of a whole file.
    first, *others = sorted(fleet_findings.errors(why), key=_without_line)
    text = f"{first.where}: {first.message}" if first.where.path else first.message
    return text, f" (and {len(others)} more)" if others else ""


def kept(agents: int) -> str:
    """How many agents keep what they have because of them."""
    match agents:
        case 0:
            return "no agent depends on it"
        case 1:
            return "1 agent keeps what it has"
        case _:
            return f"{agents} agents keep what they have"


def _without_line(finding: Finding) -> bool:
    return not finding.where.line
