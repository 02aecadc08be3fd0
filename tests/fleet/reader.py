"""Reads single documents for the tests of `kinds/`."""

from dataclasses import dataclass

from reconciler.fleet.findings import Report
from reconciler.fleet.reading.files import Files
from reconciler.fleet.reading.kinds.document import Document
from tests.fleet.trees import read


@dataclass
class Reader:
    """Reads documents that may name the files of one snapshot."""

    files: Files
    report: Report

    def document(self, text: str) -> Document:
        return Document(read(text, "docs/fleet.yaml"), self.files, self.report)

    def spec(self, text: str) -> Document:
        return self.document(f"metadata: {{name: all}}\nspec: {text}\n")

    @property
    def messages(self) -> list[str]:
        return [found.message for found in self.report.findings]
