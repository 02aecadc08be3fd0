"""Secrets written into a config, where everybody who can read the repo reads them.

Told by the name of the setting, by what the catalogue says of it, or by the shape of
the value; a long random text alone is only a suspicion. References (`${env:NAME}`) and
placeholders are no secrets. No message holds any part of a value.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.catalogue.model import Setting, Shape
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.rules import leaves, secret_names
from reconciler.fleet.rules.config import Component
from reconciler.fleet.rules.leaves import Leaf
from reconciler.fleet.rules.subject import Subject
from reconciler.fleet.syntax.nodes import Node, Scalar, Table
from reconciler.fleet.syntax.pointers import Path

SECRET: Final = "E040"  # noqa: S105 - the id of a rule
CLEAR: Final = "a secret in clear"
HINT: Final = (
    "let the agent's host hold it: `${env:NAME}`, or `${file:/run/secrets/name}`"
)
LEAST_RANDOM: Final = 32
"""Characters from which on a text can look random."""
RANDOM: Final = 4.3
"""Bits of entropy a character has in a text of them that looks random."""

_LEAST_TOKEN: Final = 20
"""Characters of the shortest token that its shape gives away."""
_LONGEST: Final = 16_384
"""Characters of a text that are searched for shapes; keys and tokens are shorter."""

_SHAPES = re.compile(
    r"""-----BEGIN[ ](?:[A-Z0-9]+[ ])*PRIVATE[ ]KEY-----
    | \b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{30,} | \bgithub_pat_[A-Za-z0-9_]{30,}
    | \bglpat-[\w-]{20,} | \bxox[abeoprs]-[A-Za-z0-9-]{20,} | \bAKIA[A-Z0-9]{16}\b
    | \bsk_live_[A-Za-z0-9]{20,} | \bAIza[\w-]{35} | \bNRAK-[A-Z0-9]{20,}
    | \bglc_[A-Za-z0-9+/=]{30,} | \bglsa_[A-Za-z0-9_]{30,} | \bdt0c01\.[A-Z0-9]{24}
    | \bhvs\.[\w-]{24,} | \bSG\.[\w-]{20,}\.[\w-]{30,} | \bnpm_[A-Za-z0-9]{36}
    | (?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}
    """,
    re.VERBOSE,
)
_INSIDE = re.compile(
    r"""(?: ://[^\s:/@?\#]*: (?P<user>[^\s@/]+) @
      | [?&;] (?:password|passwd|api[_-]?key|token|secret|sig)
        = (?P<query>[\w.~%+-]+) (?=[&;\s]|$)
      | \b(?:SharedAccessKey|AccountKey) = (?P<azure>[A-Za-z0-9+/=]{20,})
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_KIND_OF_CREDENTIAL = re.compile(r"(?i)(?:bearer|basic|token|api-?key|splunk)\s+")
_PLACEHOLDER = re.compile(
    r"""[\Wx_]* | [<\[({%@].*[>\])}%@] | __.*__
      | .*(?:your|change|replace|insert|redacted|placeholder|example|dummy).*
      | .*(?:\.\.\.|<[^<>]+>|\{\{).* | \.{0,2}/.* | (?:none|null|true|false)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_VARIABLE = re.compile(r"\$(?:\w+|\(\w+\))|[A-Z]+(?:_[A-Z0-9]+)+")
"""As other programs write what they fill in: `$TOKEN`, `$(TOKEN)`, `API_TOKEN`."""
_RANDOM = re.compile(rf"[A-Za-z0-9+/_-]{{{LEAST_RANDOM},}}={{0,2}}")
_NOT_RANDOM = re.compile(r"(?i).*(?:cert|pem|ca|hash|sha\d*|digest|checksum|id|regex)")


def check(subject: Subject) -> Iterator[Finding]:
    """Every value that is a secret, or looks like one."""
    known = {leaf.path for one in subject.config.all() for leaf in _known(one, subject)}
    for leaf in subject.config.leaves:
        what = _what(leaf, subject)
        if what or (leaf.path in known and not _is_placeholder(str(leaf.value))):
            yield findings.of(
                _severity(subject, by_catalogue=what is None),
                SECRET,
                f"`{leaf.name}` holds {what or CLEAR}",
                leaf.where,
                HINT,
            )
        elif _looks_random(leaf):
            message = f"`{leaf.name}` looks like a secret: long, and random"
            yield findings.warning(SECRET, message, leaf.where, HINT)


def _severity(subject: Subject, *, by_catalogue: bool) -> Severity:
    """An error keeps agents from their config, and so it has to be sure."""
    if subject.labels is None:
        return Severity.WARNING
    return subject.basis.severity if by_catalogue else Severity.ERROR


def _what(leaf: Leaf, subject: Subject) -> str | None:
    if leaf.value is None or isinstance(leaf.value, bool | float):
        return None
    text = str(leaf.value)
    if what := _shape(text[:_LONGEST]):
        return what
    return CLEAR if _is_named(leaf, subject) and not _is_placeholder(text) else None


def _shape(text: str) -> str | None:
    if len(text) >= _LEAST_TOKEN and (found := _SHAPES.search(text)):
        is_key = found[0].startswith("-----")
        return "a private key" if is_key else "what has the shape of a secret token"
    for found in _INSIDE.finditer(text) if "=" in text or "@" in text else ():
        if not _is_placeholder(next(filter(None, found.groups()))):
            return "a secret inside a longer text"
    return None


def _is_named(leaf: Leaf, subject: Subject) -> bool:
    """By its key; a header in a list of pairs by the name beside it."""
    if secret_names.is_secret(leaf.field) or leaf.path[-2:] in _NAMED_BY_TWO:
        return True
    if leaf.field != "value":
        return False
    return secret_names.is_secret(_beside(subject.config.tree, leaf.path))


_NAMED_BY_TWO: Final = frozenset({("api", "key"), ("htpasswd", "inline")})


def _beside(tree: Node, path: Path) -> str:
    """The name of a header that is written as `{name, value}` in a list of them."""
    holder = leaves.at(tree, path[:-1])
    if not isinstance(holder, Table) or holder.items.keys() != {"name", "value"}:
        return ""
    name = holder.items["name"][1]
    return str(name.value) if isinstance(name, Scalar) else ""


def _is_placeholder(text: str) -> bool:
    value = _KIND_OF_CREDENTIAL.sub("", text, count=1).strip()
    return (
        "${" in value
        or bool(_PLACEHOLDER.fullmatch(value))
        or bool(_VARIABLE.fullmatch(value))
    )


def _looks_random(leaf: Leaf) -> bool:
    """Letters of both cases and digits without a word in it, under no telling name."""
    text = leaf.value
    if not isinstance(text, str) or len(text) < LEAST_RANDOM:
        return False
    is_path = text.startswith("/") or text.endswith("/")
    if is_path or not _RANDOM.fullmatch(text) or _NOT_RANDOM.fullmatch(leaf.field):
        return False
    kinds = (str.isupper, str.islower, str.isdigit)
    return all(any(map(kind, text)) for kind in kinds) and _entropy(text) >= RANDOM


def _entropy(text: str) -> float:
    shares = (count / len(text) for count in Counter(text).values())
    return -sum(share * math.log2(share) for share in shares)


def _known(component: Component, subject: Subject) -> Iterator[Leaf]:
    """What the catalogue calls secret; of headers, whose every value is, none."""
    known = subject.catalogue.find(component.kind, component.type)
    if known and known.settings:
        for path, node in _settings(component.settings, known.settings):
            yield from leaves.walk(node, (component.kind, component.id, *path))


def _settings(
    node: Node, setting: Setting, path: Path = ()
) -> Iterator[tuple[Path, Node]]:
    if setting.secret and setting.shape is Shape.STRING:
        yield path, node
    elif isinstance(node, Table):
        for key, (_, value) in node.items.items():
            if key in setting.fields:
                yield from _settings(value, setting.fields[key], (*path, key))
