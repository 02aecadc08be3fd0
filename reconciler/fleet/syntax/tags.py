"""What tags and escapes make of a value, as the Collector reads them.

Called by `yaml.py` for every value. Of tags, YAML's own scalar ones can be used.
"""

import re
from typing import Final

from yaml.events import CollectionStartEvent, ScalarEvent

from reconciler.fleet.syntax import scalars
from reconciler.fleet.syntax.nodes import ScalarValue

_ESCAPED_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
_YAML_TAGS: Final = "tag:yaml.org,2002:"


class Refused(Exception):  # noqa: N818 - says why a tag cannot be used
    """The Collector does not read this; never leaves the room of documents.

    Attributes:
        message: What is wrong, without the value: that may be a secret.
        hint: How to mend it.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Disliked(Refused):
    """The Collector passes this over; a fleet repo does without it."""


def resolve(event: ScalarEvent) -> ScalarValue:
    """The value of a scalar.

    Raises:
        Disliked: Its tag is none of YAML's own scalar ones.
        Refused: Its tag does not fit its text.
    """
    text: str = event.value
    tag: str | None = event.tag
    if tag is None or tag == "!":
        return text if event.style else scalars.resolve(text)
    if tag.removeprefix(_YAML_TAGS) not in scalars.TAGS:
        raise _not_usable(tag)
    try:
        return scalars.resolve_tagged(tag.removeprefix(_YAML_TAGS), text)
    except ValueError as error:
        raise Refused(str(error)) from None


def check_escapes(event: ScalarEvent, stream: str) -> None:
    """The Collector's parser is older than the escape of a slash.

    Raises:
        Refused: A text in double quotes holds one.
    """
    start, end = event.start_mark, event.end_mark
    source = stream[start.index : end.index] if start and end else ""
    if event.style == '"' and _ESCAPED_SLASH.search(source):
        message = "the Collector does not know the escape `\\/`"
        raise Refused(message, "write a plain `/`")


def check_question_mark(event: ScalarEvent) -> None:
    """In `[]` and `{}`, where to the Collector's parser a `?` begins a key.

    Raises:
        Refused: A text without quotes holds one.
    """
    if not event.style and "?" in event.value:
        message = "a text in `[]` or `{}` cannot hold a `?` without quotes"
        raise Refused(message, "put it in quotes")


def check(event: CollectionStartEvent, own: str) -> None:
    """Whether a list (`seq`) or mapping (`map`) is tagged as what it is, if at all.

    Raises:
        Disliked: It is tagged as something else.
    """
    tag: str | None = event.tag
    if tag is not None and tag not in {"!", _YAML_TAGS + own}:
        raise _not_usable(tag)


def _not_usable(tag: str) -> Disliked:
    shown = tag.replace(_YAML_TAGS, "!!")
    hint = "delete it; text is forced by quotes"
    return Disliked(f"the tag `{shown}` cannot be used here", hint)
