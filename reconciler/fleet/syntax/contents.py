"""What an entry of a config holds, by its content type: YAML, JSON, or text.

Asked when documents are read (`kinds/config.py`), and when configs are written down
(`render.py`) or judged. A Collector's own entry is YAML; other agents take others.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.syntax import characters, dump, json_values, yaml
from reconciler.fleet.syntax.nodes import Node, Scalar, Text
from reconciler.fleet.syntax.yaml import CAPS, Caps

YAML: Final = "text/yaml"
JSON: Final = "application/json"
TEXT: Final = "text/plain"

_NAME: Final = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,99}"
PATTERN: Final = f"{_NAME}/{_NAME}"
"""RFC 6838, in lower case and without parameters."""
MAPPINGS: Final = r".*[/+]((x-)?yaml|json)"
"""The content types of mappings, which are merged; all others are of text."""

_TYPE = re.compile(PATTERN)
_MAPPING = re.compile(MAPPINGS)
_BY_SUFFIX: Final[Mapping[str, str]] = {".json": JSON, ".yaml": YAML, ".yml": YAML}


class Form(Enum):
    """How the content of an entry is read and written."""

    YAML = "YAML"
    JSON = "JSON"
    TEXT = "text"


def is_content_type(text: str) -> bool:
    """Whether it is `type/subtype`, as it is to be written."""
    return _TYPE.fullmatch(text) is not None


def by_name(path: str) -> str:
    """The content type of a file, where nobody says another."""
    return _BY_SUFFIX.get(posixpath.splitext(path)[1].lower(), TEXT)


def form_of(content_type: str) -> Form:
    """How such content is read."""
    if not _MAPPING.fullmatch(content_type):
        return Form.TEXT
    return Form.JSON if content_type.endswith("json") else Form.YAML


def text(content: bytes, path: str, *, caps: Caps = CAPS) -> tuple[Node, ...]:
    """The whole file, as it is.

    Raises:
        Fault: It is too large, or not UTF-8.
    """
    whole = characters.utf8(content, path, most=caps.size)
    return (Scalar(Text(whole), Where(path, 1, 1)),)


READ: Final[Mapping[Form, Callable[..., tuple[Node, ...]]]] = {
    Form.YAML: yaml.compose,
    Form.JSON: json_values.compose,
    Form.TEXT: text,
}
"""Bytes, path and caps to the documents of a file."""


def write(node: Node, content_type: str) -> bytes:
    """The content of an entry that is no author's file."""
    is_json = form_of(content_type) is Form.JSON
    return json_values.dump(node) if is_json else dump.dump(node)
