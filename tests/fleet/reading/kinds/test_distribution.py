import pytest

from reconciler.fleet.documents import DistributionDocument
from reconciler.fleet.findings import Report
from reconciler.fleet.labels import Selector
from reconciler.fleet.reading.files import Files
from reconciler.fleet.reading.kinds import distribution
from tests.fleet.conftest import MakeSnapshot
from tests.fleet.reader import Reader

COMPONENTS = """\
buildinfo: {command: otelcol-acme, version: 0.149.0}
receivers:
  - name: otlp
"""


@pytest.fixture
def builds(snapshot_of: MakeSnapshot) -> Reader:
    files = {"docs/acme.yaml": COMPONENTS, "docs/other.yaml": "a: 1\n"}
    return Reader(Files(snapshot_of(files)), Report())


def read(builds: Reader, spec: str) -> DistributionDocument | None:
    return distribution.read(builds.spec(spec))


def test_a_distribution_holds_what_the_binary_said(builds: Reader) -> None:
    made = read(builds, "{selector: {}, priority: 3, components: acme.yaml}")
    assert builds.messages == []
    assert made is not None
    assert (made.selector, made.priority) == (Selector(), 3)
    assert made.distribution.name == "otelcol-acme"
    assert made.distribution.has("receivers", "otlp")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{selector: {}}", "`spec.components` is missing"),
        ("{components: acme.yaml}", "`spec.selector` is missing"),
        ("{selector: {}, components: gone.yaml}", "there is no file `docs/gone.yaml`"),
        (
            "{selector: {}, components: other.yaml}",
            "this is not the output of `otelcol components`",
        ),
        (
            "{selector: {}, components: [acme.yaml]}",
            "`spec.components` must be text, not a list",
        ),
    ],
)
def test_a_distribution_is_checked(builds: Reader, spec: str, message: str) -> None:
    assert read(builds, spec) is None
    assert message in builds.messages
