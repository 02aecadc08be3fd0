"""`${...}`: what the Collector refuses to expand, and what it takes from elsewhere.

E045 is certain whatever the agent's host holds: the Collector stops on it. W043 names
what a host can leave open: a variable without a default is silently null when it is not
set, a file may be anywhere, and a URL puts the config of the fleet into other hands.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.rules import expansions, leaves, secret_names
from reconciler.fleet.rules.expansions import Expansion
from reconciler.fleet.rules.leaves import LONGEST, Leaf
from reconciler.fleet.rules.subject import Subject

OUTSIDE: Final = "W043"
REFUSED: Final = "E045"

ROOTS: Final = (
    "/conf/",
    "/etc/",
    "/mnt/",
    "/run/credentials/",
    "/run/secrets/",
    "/secrets/",
    "/var/run/secrets/",
    "/vault/secrets/",
)
"""Where configuration and secrets of a host are kept, mounted ones included."""

_USUAL: Final = frozenset({"env", "file", "http", "https", "yaml"})
_OTHERS: Final = frozenset({"aes", "googlesecretmanager", "s3", "secretsmanager"})
"""Schemes of providers that a build may have besides."""

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_CAPITALS = re.compile(r"[A-Z_][A-Z0-9_]*")
"""How variables are named; what looks like this is no piece of a secret."""


def check(subject: Subject) -> Iterator[Finding]:
    """Every expansion that is a fault, and each variable without a default once."""
    told: set[str] = set()
    for leaf, text in leaves.texts(subject.config.leaves):
        if "${" not in text:
            continue
        for one in expansions.find(text):
            fault = _refused(one, leaf, subject)
            if fault:
                yield fault
                break  # the Collector stops here, and so does what can be said
            yield from _outside(one, leaf)
            yield from _without_default(one, leaf, told)
        yield from _left(text, leaf)


def _refused(one: Expansion, leaf: Leaf, subject: Subject) -> Finding | None:
    if reason := _reason(one):
        message = f"the Collector cannot expand `{_shown(one, leaf)}`: {reason}"
        return findings.error(REFUSED, message, leaf.where, _hint(one))
    if one.scheme in _USUAL | _OTHERS:
        return None
    shown = _shown(one, leaf)
    message = f"`{shown}` needs a provider that this Collector does not have"
    hint = f"usual ones are {', '.join(sorted(_USUAL))}"
    return findings.of(subject.basis.severity, REFUSED, message, leaf.where, hint)


def _left(text: str, leaf: Leaf) -> Iterator[Finding]:
    for one in itertools.islice(expansions.left(text), 1):
        message = (
            f"`{_shown(one, leaf)}` stays text, as does all after an escaped `$${{`"
        )
        hint = "put what is escaped at the end, or into a variable of its own"
        yield findings.warning(REFUSED, message, leaf.where, hint)


def _reason(one: Expansion) -> str | None:
    """Why no Collector expands it, whatever providers it was built with."""
    if one.scheme is None:
        return "what is before the `:` is no scheme"
    if "$" in one.opaque:
        return "a `$` may not stand inside"
    if one.scheme == "env" and one.is_known:
        name, _, _ = one.opaque.partition(":-")
        return None if _NAME.fullmatch(name) else _bad_name(name)
    if one.scheme not in _USUAL and one.opaque.startswith("-"):
        return "a default needs `env:` in front of the name"
    return None


def _bad_name(name: str) -> str:
    if not name:
        return "there is no name in it"
    if name != name.strip():
        return "there is a space in the name"
    return "a variable is named by letters, digits and `_`, and begins with no digit"


def _shown(one: Expansion, leaf: Leaf) -> str:
    """It, without a default and without what may be a piece of a secret."""
    name, has_default, _ = one.text[2:-1].partition(":-")
    plain = name.strip().removeprefix("env:")
    if secret_names.is_secret(leaf.field) and not _CAPITALS.fullmatch(plain):
        return "${...}"
    return f"${{{name[:LONGEST]}{':-...' if has_default else ''}}}"


def _hint(one: Expansion) -> str:
    name, has_default, _ = one.text[2:-1].partition(":-")
    plain = name.strip().removeprefix("env:")
    if _CAPITALS.fullmatch(plain):
        return f"write `${{env:{plain}{':-...' if has_default else ''}}}`"
    return "write `$${` for the text `${`, or `${env:NAME}` for a variable"


def _outside(one: Expansion, leaf: Leaf) -> Iterator[Finding]:
    if one.scheme in ("http", "https"):
        message = f"`${{{one.scheme}:...}}` lets another server decide over this config"
        hint = "put the value into the repo, or into a file of the agent's host"
        yield findings.warning(OUTSIDE, message, leaf.where, hint)
    elif one.scheme == "file" and one.is_known and not _is_inside(one.opaque):
        message = f"`{_shown(one, leaf)}` is not where a host keeps configuration"
        hint = "name an absolute path such as `/etc/otelcol/...` or `/run/secrets/...`"
        yield findings.warning(OUTSIDE, message, leaf.where, hint)


def _is_inside(path: str) -> bool:
    return path.startswith(ROOTS) and ".." not in path.split("/")


def _without_default(one: Expansion, leaf: Leaf, told: set[str]) -> Iterator[Finding]:
    """A secret has none on purpose: its default would be in the repo."""
    is_open = one.scheme == "env" and one.is_known and ":-" not in one.opaque
    secret = secret_names.is_secret(leaf.field) or secret_names.is_secret(one.opaque)
    if not is_open or secret or one.opaque in told:
        return
    told.add(one.opaque)
    yield findings.of(
        Severity.INFO,
        OUTSIDE,
        f"`{one.text}` has no default: where it is not set, the value is null",
        leaf.where,
        f"write `${{env:{one.opaque}:-...}}` if hosts may lack it",
    )
