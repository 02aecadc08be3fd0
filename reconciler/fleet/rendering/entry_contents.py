"""What the documents of one entry come to, beside the tree: content type and bytes.

Called by `render.py`. YAML and JSON are merged, whatever files they stand in; text is
the one file of one document, and nobody here knows what it means.
"""

from collections.abc import Iterable
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.documents import CollectorConfig
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.syntax import contents, fields, json_values, nodes
from reconciler.fleet.syntax.contents import Form
from reconciler.fleet.syntax.merge import CONFLICT
from reconciler.fleet.syntax.nodes import Node, Scalar

EMPTY: Final = "E051"


def content_type(configs: tuple[CollectorConfig, ...], report: Report) -> str:
    """Of an entry, as its documents say; a finding where they disagree."""
    typed = [(config, config.content_type) for config in configs if config.content_type]
    if not typed:
        return contents.YAML
    (first, content_type), *others = typed
    for other, its in others:
        if its != content_type:
            what = f"is {content_type} at {first.where} and {its} at {other.where}"
            report.add(_conflict(other, what, "give its documents one `contentType`"))
    return content_type


def check(
    configs: tuple[CollectorConfig, ...], tree: Node, content_type: str
) -> Iterable[Finding]:
    """What keeps the content of an entry from being written down."""
    first, *others = configs
    for other in others if isinstance(tree, Scalar) else ():
        what = f"is text, which is not merged; {first.where} and {other.where} set it"
        yield _conflict(other, what, "let one of them select these agents")
    if nodes.is_empty(tree) and not any(config.allow_empty for config in configs):
        yield _empty(configs)
    if contents.form_of(content_type) is Form.JSON:
        for where in json_values.unwritable(tree):
            message = "JSON has no `.inf` and no `.nan`"
            yield findings.error(fields.WRONG_VALUE, message, where)


def _conflict(config: CollectorConfig, what: str, hint: str) -> Finding:
    return findings.error(
        CONFLICT, f"the entry `{config.entry}` {what}", config.where, hint
    )


def _empty(configs: tuple[CollectorConfig, ...]) -> Finding:
    names = ", ".join(config.name for config in configs)
    return findings.error(
        EMPTY,
        f"the config rendered from {names} is empty, which stops a Collector",
        configs[-1].where,
        "set `spec.allowEmpty: true` if that is meant",
    )


def body(configs: tuple[CollectorConfig, ...], tree: Node, content_type: str) -> bytes:
    """The author's bytes when one file makes the config, else the tree written anew.

    A single file has nothing below it that it could remove, or put a list to.
    """
    fragments = [fragment for config in configs for fragment in config.fragments]
    uses_variables = any(config.variables for config in configs)
    if len(fragments) == 1 and fragments[0].content is not None and not uses_variables:
        return fragments[0].content
    return contents.write(tree, content_type)
