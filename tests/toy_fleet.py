"""Small fleets of documents, for tests: `running("a")` has every agent run config a."""

import functools
from collections.abc import Iterable
from typing import Any

from reconciler.fleet.documents import Fleet
from reconciler.fleet.reading import parse
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.ids import CommitSha, Revision
from reconciler.state.observed import EffectiveConfig


def collector(tag: str) -> str:
    """A Collector config that differs from others by its tag."""
    return f"""\
receivers: {{nop: {{}}}}
exporters: {{"debug/{tag}": {{}}}}
service:
  pipelines:
    traces: {{receivers: [nop], exporters: ["debug/{tag}"]}}
"""


def config(name: str, tag: str, selector: str = "{}", **spec: object) -> str:
    """A `CollectorConfig` whose content is `collector(tag)`, in place."""
    inline = "".join(f"    {line}\n" for line in collector(tag).splitlines())
    return _document("CollectorConfig", name, selector, spec) + f"  config:\n{inline}"


def oversized(name: str, selector: str = "{}", lines: int = 100_000) -> str:
    """A config that no message holds, of one short text used often and written out."""
    text = "x\\n" * lines
    uses = ", ".join(["*text"] * 9)
    body = f'  config: {{text: &text "{text}", more: [{uses}]}}\n'
    return _document("CollectorConfig", name, selector, {"entry": "ns/large"}) + body


def group(name: str, selector: str = "{}", **spec: object) -> str:
    """An `AgentGroup`."""
    return _document("AgentGroup", name, selector, spec)


def inventory(attributes: str, labels: str, name: str = "known") -> str:
    """An `Inventory` of one entry, for agents that report these attributes."""
    return (
        f"apiVersion: reconciler/v1\nkind: Inventory\nmetadata: {{name: {name}}}\n"
        f"spec:\n  entries:\n    - match: {{attributes: {attributes}}}\n"
        f"      labels: {labels}\n"
    )


def _document(kind: str, name: str, selector: str, spec: dict[str, object]) -> str:
    more = "".join(f"  {key}: {value}\n" for key, value in spec.items())
    return (
        f"apiVersion: reconciler/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
        f"spec:\n  selector: {selector}\n{more}"
    )


@functools.lru_cache(maxsize=512)
def fleet(
    commit: str,
    *documents: str,
    context: str = "fleet",
    root: tuple[tuple[str, object], ...] = (),
    **defaults: object,
) -> Fleet:
    """The fleet of these documents; `commit` is stretched to 40 digits.

    `root` is what its Fleet says beside the defaults of groups.
    """
    policy = "".join(f"    {key}: {value}\n" for key, value in defaults.items())
    head = "apiVersion: reconciler/v1\nkind: Fleet\nmetadata: {name: toy}\n"
    head += f"spec:\n  statuses: {{context: {context}}}\n"
    head += "".join(f"  {key}: {value}\n" for key, value in root)
    if policy:
        head += f"  defaults:\n{policy}"
    content = "---\n".join([head, *documents]).encode()
    file = SourceFile("fleet.yaml", blob_id(content), content)
    snapshot = Snapshot(Revision("main", sha(commit)), {"fleet.yaml": file})
    return parse.parse(snapshot)


def spread(documents: Iterable[str]) -> Fleet:
    """A fleet of more documents than one file may hold, each in a file of its own."""
    root = "apiVersion: reconciler/v1\nkind: Fleet\nmetadata: {name: toy}\n"
    contents = {f"{n}.yaml": text.encode() for n, text in enumerate((root, *documents))}
    files = {
        path: SourceFile(path, blob_id(content), content)
        for path, content in contents.items()
    }
    found = parse.parse(Snapshot(Revision("main", sha("c1")), files))
    assert not found.fatal, found.fatal
    return found


def sha(commit: str) -> CommitSha:
    """A full commit id that begins with these hex digits."""
    return CommitSha(commit.ljust(40, "0"))


def running(tag: str, commit: str = "c1", **defaults: Any) -> Fleet:
    """A fleet in which every agent runs `collector(tag)`, in group `default`."""
    return fleet(commit, config("everyone", tag), **defaults)


def rendered(of: Fleet, **labels: str) -> RenderedConfig:
    """What an agent with these labels should run."""
    found = render.render(of, labels)
    assert isinstance(found, RenderedConfig), found
    return found


def effective(text: str) -> EffectiveConfig:
    """An effective config of one entry, as Collectors report it."""
    return EffectiveConfig({"": ConfigEntry(text.encode(), "text/yaml")})
