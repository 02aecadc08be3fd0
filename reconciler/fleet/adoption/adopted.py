"""One config that somebody has, with the labels of its host.

Made by `reconciler import` for each file or agent; everything else of this room works on
tuples of these.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.errors import Where
from reconciler.fleet import fields, yaml
from reconciler.fleet.findings import Fault
from reconciler.fleet.nodes import Table


@dataclass(frozen=True, slots=True)
class Adopted:
    """One input.

    Attributes:
        name: Of the host; unique among the inputs.
        labels: By which the fleet repo will know it.
        content: As somebody wrote it.
        tree: What it says.
        stripped: JSON Pointers of what was taken out of the tree on purpose, each with
            what was done.
    """

    name: str
    labels: Mapping[str, str]
    content: bytes
    tree: Table
    stripped: Mapping[str, str]

    @property
    def is_whole(self) -> bool:
        """Whether the content still says what the tree says."""
        return not self.stripped


def read(content: bytes, path: str) -> Table:
    """The one mapping in a file.

    Raises:
        Fault: It is not YAML, or not one mapping; with its place.
    """
    documents = yaml.compose(content, path)
    if len(documents) == 1 and isinstance(documents[0], Table):
        return documents[0]
    place, what = Where(path), "empty"
    if len(documents) > 1:
        place, what = documents[1].where, f"{len(documents)} documents"
    elif documents:
        place, what = documents[0].where, fields.kind_of(documents[0])
    message = f"a Collector config is one mapping; this is {what}"
    raise Fault(fields.WRONG_VALUE, message, where=place)
