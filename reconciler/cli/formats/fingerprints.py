"""What tells one finding from all others, today and in the next commit.

Made of the rule, the file and what the line says, not of where it stands: lines added
above change nothing. Findings alike in all of that are told apart by their order.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator

from reconciler.cli.formats.checked import Checked
from reconciler.cli.formats.snippets import Snippets
from reconciler.fleet.findings import Finding


def of(checked: Checked) -> Iterator[str]:
    """A fingerprint for each finding in order: 64 hexadecimal digits, each once."""
    snippets = Snippets(checked)
    alike: Counter[tuple[str, ...]] = Counter()
    for found in checked.findings:
        parts = _parts(found, snippets)
        alike[parts] += 1
        text = "\0".join((*parts, str(alike[parts])))
        yield hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _parts(found: Finding, snippets: Snippets) -> tuple[str, str, str]:
    line = snippets.at(found.where) or ""
    return found.rule, found.where.path, line.strip()
