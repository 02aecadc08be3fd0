import pytest

from reconciler.fleet.findings import Report
from reconciler.fleet.reading.files import Files
from tests.fleet.conftest import MakeSnapshot
from tests.fleet.reader import Reader


@pytest.fixture
def reader(snapshot_of: MakeSnapshot) -> Reader:
    snapshot = snapshot_of(
        {
            "docs/a.yaml": "receivers: {otlp: }\n",
            "docs/b.yaml": "exporters: {debug: }\n",
            "docs/list.yaml": "- a\n",
            "docs/empty.yaml": "# nothing\n",
            "docs/null.yaml": "---\n",
            "docs/two.yaml": "a: 1\n---\nb: 1\n",
            "docs/broken.yaml": "a: [\n",
            "docs/a.json": '{"a": 1}',
            "docs/list.json": "[1]",
            "docs/broken.json": '{"a": 1,}',
            "docs/a.conf": "a = 1",
            "docs/b.conf": "b = 1",
            "docs/typo.yaml": "recievers: {}\n",
        }
    )
    return Reader(Files(snapshot), Report())
