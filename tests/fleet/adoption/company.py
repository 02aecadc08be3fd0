"""Two hundred hosts as a company might have them, written by hand over the years."""

from collections.abc import Iterator

from reconciler.fleet.adoption.adopted import Adopted
from tests.fleet.adoption.inputs import host

ROLES = ("gateway", "node", "edge")
ENVIRONMENTS = ("dev", "staging", "production")
REGIONS = ("eu", "us", "ap", "sa")
ODD = {17: "insecure: true", 58: "insecure: true", 99: "ca_file: /etc/own.pem"}
"""Hosts on which somebody changed one line."""
STRANGE = {140: "zipkin", 171: "jaeger"}
"""Hosts that have one component more than others of their kind."""

_OWN = {
    "gateway": "",
    "node": """
  # What the machine itself does.
  hostmetrics:
    collection_interval: 30s
    scrapers:
      cpu: {}
      memory: {}
""",
    "edge": """
  file_log:
    include: [/var/log/app/*.log]
    start_at: end
""",
}
_RECEIVERS = {
    ("node", "metrics"): "[otlp, hostmetrics]",
    ("edge", "logs"): "[otlp, file_log]",
}


def fleet() -> list[Adopted]:
    """All of them, in the order of their names."""
    return [_host(number) for number in range(200)]


def _host(number: int) -> Adopted:
    role = ROLES[number % 3]
    environment = ENVIRONMENTS[number // 3 % 3]
    region = REGIONS[number // 9 % 4]
    return host(
        f"host-{number:03}",
        "".join(_config(number, role, environment, region)),
        role=role,
        deployment_environment_name=environment,
        cloud_region=region,
    )


def _config(number: int, role: str, environment: str, region: str) -> Iterator[str]:
    production = environment == "production"
    archive = ", otlp_grpc/archive" if production else ""
    yield f"""\
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: localhost:4317
{_OWN[role]}"""
    if number in STRANGE:
        yield f"  {STRANGE[number]}:\n"
    yield f"""\
processors:
  # Before anything else, or a burst kills the process.
  memory_limiter:
    check_interval: 1s
    limit_mib: {2048 if role == "gateway" else 512}
  batch:
    timeout: {"10s" if production else "2s"}
exporters:
  otlp_grpc/backend:
    endpoint: otel.{region}.acme.example:4317 # the nearest one
    compression: zstd
    retry_on_failure:
      max_elapsed_time: 10m
    tls:
      {ODD.get(number, "min_version: '1.3'")}
"""
    if production:
        yield "  otlp_grpc/archive:\n    endpoint: archive.acme.example:4317\n"
    yield f"""\
service:
  telemetry:
    logs:
      level: {"debug" if environment == "dev" else "info"}
  pipelines:
"""
    for signal in ("traces", "metrics", "logs"):
        own = f", {STRANGE[number]}" if number in STRANGE and signal == "traces" else ""
        receivers = _RECEIVERS.get((role, signal), "[otlp]").replace("]", f"{own}]")
        yield f"""\
    {signal}:
      receivers: {receivers}
      processors: [memory_limiter, batch]
      exporters: [otlp_grpc/backend{archive if signal == "logs" else ""}]
"""
