from collections.abc import Callable

from reconciler.fleet import render
from reconciler.fleet.documents import Fleet
from reconciler.fleet.render import RenderedConfig

MakeFleet = Callable[..., Fleet]

COLLECTOR = """\
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "127.0.0.1:0"}  # any free port
exporters:
  debug:
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [debug]}
"""

FLEET = """\
apiVersion: reconciler/v1
kind: Fleet
metadata: {name: acme}
"""

CONFIG = """\
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: everyone}
spec:
  selector: {}
  files: [collector.yaml]
"""


def test_a_repository_of_two_documents_is_enough(fleet_of: MakeFleet) -> None:
    fleet = fleet_of(
        {"fleet.yaml": f"{FLEET}---\n{CONFIG}", "collector.yaml": COLLECTOR}
    )
    assert fleet.findings == ()
    rendered = render.render(fleet, {"host.name": "edge-17"})
    assert isinstance(rendered, RenderedConfig)
    assert rendered.entries[""].body == COLLECTOR.encode()
    assert rendered.documents == ("everyone",)
