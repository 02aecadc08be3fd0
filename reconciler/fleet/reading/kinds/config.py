"""Kind `CollectorConfig`: what to run, in files or in place."""

from typing import Final

from reconciler.errors import Where
from reconciler.fleet.documents import (
    COLLECTOR_ENTRY,
    CollectorConfig,
    Fragment,
    Removal,
)
from reconciler.fleet.findings import Fault
from reconciler.fleet.reading import scopes
from reconciler.fleet.reading.kinds import lists
from reconciler.fleet.reading.kinds.document import Document
from reconciler.fleet.rendering import variables
from reconciler.fleet.rules import check
from reconciler.fleet.syntax import contents, fields
from reconciler.fleet.syntax.contents import YAML, Form
from reconciler.fleet.syntax.fields import Fields
from reconciler.fleet.syntax.nodes import Scalar, Table, Text
from reconciler.fleet.syntax.pointers import Pattern

MOST_FILES: Final = 50
MOST_PATHS: Final = 100


_FIELDS: Final = (
    *("selector", "priority", "files", "config", "entry", "allowEmpty"),
    *("lists", "remove", "scope", "contentType"),
)
OF_MAPPINGS: Final = ("config", "lists", "remove", "scope")
"""Fields that mean nothing to text."""


def read(document: Document) -> CollectorConfig | None:
    """A config; None without a name, selector or content that could be used."""
    spec = document.spec(_FIELDS)
    selector = document.select(spec)
    priority = spec.integer("priority", 0)
    entry = spec.text("entry", COLLECTOR_ENTRY)
    allow_empty = spec.boolean("allowEmpty", default=False)
    rules = tuple(lists.read(spec, document.report))
    removals = tuple(Removal(*one) for one in _patterns(spec, "remove"))
    scope = _scope(spec)
    content_type = _content_type(spec, entry, document)
    fragments = _fragments(spec, document, contents.form_of(content_type or YAML))
    if not document.name or selector is None or not fragments:
        return None
    config = CollectorConfig(
        document.name,
        document.where,
        selector,
        priority,
        fragments,
        entry=entry,
        allow_empty=allow_empty,
        lists=rules,
        remove=removals,
        scope=scope,
        variables=_check(entry, fragments, document),
        content_type=content_type,
    )
    document.report.add(*scopes.check(config))
    return config


def _patterns(spec: Fields, key: str) -> tuple[tuple[Pattern, Where], ...]:
    found = tuple(spec.patterns(key))
    if len(found) > MOST_PATHS:
        spec.refuse(key, f"a list of at most {MOST_PATHS} paths")
        return ()
    return found


def _scope(spec: Fields) -> tuple[Pattern, ...] | None:
    if "scope" not in spec:
        return None
    return tuple(pattern for pattern, _ in _patterns(spec, "scope"))


def _check(
    entry: str, fragments: tuple[Fragment, ...], document: Document
) -> frozenset[str]:
    """The names of the variables it uses, after a look at every part."""
    names: frozenset[str] = frozenset()
    mappings = (
        fragment.node for fragment in fragments if isinstance(fragment.node, Table)
    )
    for mapping in mappings:
        used, tree = variables.check(mapping, document.report)
        if entry == COLLECTOR_ENTRY:
            document.report.add(*check.fragment(tree))
        names |= used
    return names


def _content_type(spec: Fields, entry: str, document: Document) -> str | None:
    """As the document says, else by the names of its files; None without either."""
    if entry == COLLECTOR_ENTRY:
        if "contentType" in spec:
            document.report.error(
                fields.WRONG_VALUE,
                "`spec.contentType` is for a config of a named entry",
                where=spec.place("contentType"),
                hint="a Collector takes YAML; of other agents, name the `entry`",
            )
        return None
    said = spec.given("contentType")
    if said and contents.is_content_type(said):
        return said
    if said is not None:
        spec.refuse("contentType", "a content type such as `application/json`")
    named = sorted({contents.by_name(name) for name, _ in spec.texts("files")})
    if len(named) > 1 and said is None:
        document.report.error(
            fields.WRONG_VALUE,
            f"the files are of several types: {', '.join(named)}",
            where=spec.place("files"),
            hint="say in `contentType` which one it is",
        )
        return contents.YAML
    return named[0] if named else None


def _check_text(spec: Fields, document: Document) -> None:
    for key in OF_MAPPINGS:
        if key in spec:
            document.report.error(
                fields.WRONG_VALUE,
                f"`spec.{key}` is for mappings, and this content is text",
                where=spec.place(key),
                hint="text is one file, as it is; YAML and JSON have content types too",
            )
    if len(tuple(spec.texts("files"))) > 1:
        spec.refuse("files", "one file, as text is not merged")


def _fragments(spec: Fields, document: Document, form: Form) -> tuple[Fragment, ...]:
    if ("files" in spec) == ("config" in spec):
        document.report.error(
            fields.WRONG_VALUE,
            "exactly one of `spec.files` and `spec.config` is needed",
            where=spec.where,
            hint="list files of Collector YAML, or write the config in place",
        )
        return ()
    if form is Form.TEXT:
        _check_text(spec, document)
    if "config" in spec:
        table = spec.table("config")
        return (Fragment(table, None),) if table else ()
    names = tuple(spec.texts("files"))
    if not 1 <= len(names) <= MOST_FILES:
        spec.refuse("files", f"a list of 1 to {MOST_FILES} files")
        return ()
    fragments = [_fragment(name, where, document, form) for name, where in names]
    found = tuple(fragment for fragment in fragments if fragment)
    return found if len(found) == len(fragments) else ()


def _fragment(
    name: str, where: Where, document: Document, form: Form
) -> Fragment | None:
    try:
        file = document.files.named(name, where)
        composed = document.files.compose(file, form)
    except Fault as fault:
        document.report.add(*fault.findings)
        return None
    match composed:
        case (Table() | Scalar(Text()) as node,):
            return Fragment(node, file.content)
    place, what = Where(file.path), "empty"
    if len(composed) > 1:
        place, what = composed[1].where, f"{len(composed)} documents"
    elif composed:
        place, what = composed[0].where, fields.kind_of(composed[0])
    document.report.error(
        fields.WRONG_VALUE,
        f"a file of Collector config is one mapping; this is {what}"
        if form is Form.YAML
        else f"{form.value} of an entry is one mapping; this is {what}",
        where=place,
        hint="write `{}` for a config that is meant to be empty",
    )
    return None
