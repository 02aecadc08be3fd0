"""The families of good practice: what a Collector accepts and people regret.

Run by `check.py` beside the rules that the Collector itself enforces.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from reconciler.fleet.findings import Finding
from reconciler.fleet.rules import (
    endpoints,
    expansion,
    exposure,
    order,
    owned,
    secrets,
)
from reconciler.fleet.rules.subject import Subject

Family: TypeAlias = Callable[[Subject], Iterator[Finding]]

STRICT: Final[tuple[Family, ...]] = (expansion.check, secrets.check, owned.check)
"""Those that may find errors, which keep agents from a config.

Each judges a value by itself, whatever the document is merged with.
"""

FAMILIES: Final[tuple[Family, ...]] = (
    *STRICT,
    order.check,
    exposure.check,
    endpoints.check,
)
"""All of them."""
