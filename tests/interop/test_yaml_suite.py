"""The documents of the YAML test suite give nothing but findings, read as Go does."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from reconciler.fleet.catalogue import bundled
from reconciler.fleet.findings import Fault, Finding
from reconciler.fleet.linting import bare, lint
from reconciler.fleet.reading import parse
from reconciler.fleet.syntax import goyaml, yaml
from reconciler.fleet.syntax.nodes import Node
from tests.interop import configs, distribution, yaml_suite
from tests.interop.test_dump import same, told, typed
from tests.interop.toolchain import Unavailable

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-others")]
SECONDS: Final = 0.5
WE_REFUSE: Final = {
    "4ABK/0": "a URL as a key without a value, in braces: libyaml ends the key at `:`",
    "U99R/0": "a comma in a tag outside of brackets, which only Go takes",
}
IT_REFUSES: Final = {
    "2CMS/0": "a key over several lines at the top of a file",
    "9KBC/0": "a mapping that begins on the line of `---`",
    "C2SP/0": "a list over several lines as a key",
    "CXX2/0": "a mapping with an anchor that begins on the line of `---`",
    "WZ62/0": "a tag without a value, before a comma",
}
READ_DIFFERENTLY: Final = {
    "565N/0": "a binary text: it is bytes to Go, and stays text here",
    "DFF7/0": "a key that is null is so to Go, and an empty text here, with a warning",
    "FH7J/0": "the same, with a tag",
    "PW8X/0": "the same, with an anchor",
}


@pytest.fixture(scope="module")
def documents() -> dict[str, bytes]:
    try:
        return yaml_suite.documents()
    except Unavailable as missing:
        if os.environ.get("REQUIRE_INTEROP") == "1":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))


def as_document(content: bytes) -> tuple[Finding, ...]:
    try:
        yaml.compose(content, "a.yaml")
    except Fault as fault:
        return fault.findings
    return ()


def as_repo(content: bytes) -> tuple[Finding, ...]:
    fleet = parse.parse(configs.snapshot({"fleet.yaml": content}))
    return lint.check(fleet)


def as_config(content: bytes) -> tuple[Finding, ...]:
    return bare.check(content, "a.yaml", catalogue=bundled.bundled())


@pytest.mark.parametrize("judge", [as_document, as_repo, as_config])
def test_every_document_gives_findings_in_no_time(
    documents: dict[str, bytes], judge: Callable[[bytes], tuple[Finding, ...]]
) -> None:
    assert len(documents) > 400
    for name, content in documents.items():
        began = time.monotonic()
        found = judge(content)
        assert time.monotonic() - began < SECONDS, name
        assert all(isinstance(one, Finding) for one in found), name


def test_what_go_reads_is_read_and_nothing_else(
    documents: dict[str, bytes], distribution_binary: Path
) -> None:
    theirs = distribution.decode(distribution_binary, documents.values())
    refused, taken, other = set(), set(), set()
    for (name, content), value in zip(documents.items(), theirs, strict=True):
        is_read, node = read(content)
        if isinstance(value, str):
            taken |= {name} if is_read else set()
        elif not is_read:
            refused.add(name)
        elif not is_same(value, node):
            other.add(name)
    assert refused == WE_REFUSE.keys()
    assert taken == IT_REFUSES.keys()
    assert other == READ_DIFFERENTLY.keys()


def read(content: bytes) -> tuple[bool, Node | None]:
    """Whether a bare config can be read, and as what."""
    try:
        return True, goyaml.read(content, "a.yaml")[0]
    except Fault:
        return False, None


def is_same(value: Any, node: Node | None) -> bool:
    return (
        told(value) == {"n": None} if node is None else same(told(value), typed(node))
    )
