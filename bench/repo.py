"""A made-up fleet repo of any size, for `language.py`: many teams, six label keys.

The same numbers give the same bytes. Documents are as people write them: a base for
everybody, one config for each role, region and team, variables, groups and tests.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.ids import CommitSha, Revision

ROLES = ("gateway", "node", "edge", "batch")
ENVIRONMENTS = ("production", "staging", "dev")
REGIONS = tuple(f"region-{number}" for number in range(8))
KEYS = ("role", "env", "region", "team", "os", "canary")

_FLEET = """\
apiVersion: reconciler/v1
kind: Fleet
metadata: {name: bench}
"""
_BASE = """\
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "localhost:4317"}
      http: {endpoint: "localhost:4318"}
processors:
  memory_limiter: {check_interval: 1s, limit_percentage: 80, spike_limit_percentage: 20}
  batch: {timeout: 5s, send_batch_size: 8192}
exporters:
  otlp_http/backend: {endpoint: {$var: endpoint}}
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: [otlp_http/backend]
    metrics:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: [otlp_http/backend]
"""


_EVERYWHERE = """\
apiVersion: reconciler/v1
kind: Variables
metadata: {name: everywhere}
spec:
  selector: {}
  values: {endpoint: "https://backend.example:4318", team_size: 512}
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything.

    Attributes:
        teams: Each has a `CollectorConfig` with a file of its own.
        variables: `Variables` documents beside them.
        tests: `ConfigTest` documents.
    """

    teams: int
    variables: int
    tests: int

    @property
    def documents(self) -> int:
        """All documents of ours that the repo holds."""
        fixed = 3 + len(ROLES) + len(ENVIRONMENTS) + len(REGIONS)
        return fixed + self.teams + self.variables + self.tests


def snapshot(size: Size, *, changed: int | None = None) -> Snapshot:
    """The repo; `changed` names a team whose file differs from what it would be."""
    files = dict(_files(size, changed))
    commit = CommitSha(f"{0 if changed is None else changed + 1:040x}")
    return Snapshot(
        Revision("main", commit),
        {
            path: SourceFile(path, blob_id(text.encode()), text.encode())
            for path, text in files.items()
        },
    )


def labels(number: int, teams: int) -> dict[str, str]:
    """The labels of the agent with this number; a team has one role, in one region."""
    team = number % teams
    return {
        "role": ROLES[team % len(ROLES)],
        "env": ENVIRONMENTS[number // teams % len(ENVIRONMENTS)],
        "region": REGIONS[team % len(REGIONS)],
        "team": f"team-{team}",
        "os": "linux" if number % 10 else "windows",
        "canary": "true" if number % 50 == 0 else "false",
    }


def _files(size: Size, changed: int | None) -> Iterator[tuple[str, str]]:
    yield "fleet.yaml", _FLEET
    yield "base/base.yaml", _config("base", "{}", 0, "files: [base.collector.yaml]")
    yield "base/base.collector.yaml", _BASE
    yield "variables/everywhere.yaml", _EVERYWHERE
    for role in ROLES:
        yield (
            f"roles/{role}.yaml",
            _config(role, f"{{matchLabels: {{role: {role}}}}}", 10, _ROLE % role),
        )
    for environment in ENVIRONMENTS:
        yield f"groups/{environment}.yaml", _group(environment)
    for number, region in enumerate(REGIONS):
        yield f"regions/{region}.yaml", _region(region, number)
    for number in range(size.teams):
        yield f"teams/team-{number}/team.yaml", _team(number)
        grown = 1 if number == changed else 0
        yield f"teams/team-{number}/team.collector.yaml", _team_file(number, grown)
    for number in range(size.variables):
        yield f"variables/team-{number}.yaml", _variables(number, size.teams)
    for number in range(size.tests):
        yield f"tests/test-{number}.yaml", _test(number, size.teams)


_ROLE = """config:
    processors:
      resource:
        attributes:
          - {key: deployment.role, value: %s, action: upsert}
    service:
      telemetry: {logs: {level: info}}
      pipelines:
        traces: {processors: [memory_limiter, resource, batch]}"""


def _document(kind: str, name: str, spec: str) -> str:
    return (
        f"apiVersion: reconciler/v1\nkind: {kind}\nmetadata:\n  name: {name}\n"
        f"  owner: platform\nspec:\n  {spec}\n"
    )


def _config(name: str, selector: str, priority: int, what: str) -> str:
    spec = f"selector: {selector}\n  priority: {priority}\n  {what}"
    return _document("CollectorConfig", name, spec)


def _group(environment: str) -> str:
    spec = f"selector: {{matchLabels: {{env: {environment}}}}}\n  soak: 30s"
    return _document("AgentGroup", environment, spec)


def _region(region: str, number: int) -> str:
    values = f"values: {{endpoint: 'https://backend-{number}.example:4318'}}"
    spec = f"selector: {{matchLabels: {{region: {region}}}}}\n  priority: 5\n  {values}"
    return _document("Variables", region, spec)


def _team(number: int) -> str:
    selector = (
        f"matchLabels: {{team: team-{number}}}\n"
        "    matchExpressions:\n"
        "      - {key: canary, operator: NotIn, values: ['true']}"
    )
    what = (
        "files: [team.collector.yaml]\n"
        "  lists:\n"
        "    - {path: /service/pipelines/traces/processors, merge: insert, "
        "after: memory_limiter}"
    )
    return _config(f"team-{number}", f"\n    {selector}", 20, what)


def _team_file(number: int, grown: int) -> str:
    statements = "\n".join(
        f'          - set(attributes["team.{index}"], "team-{number}")'
        for index in range(6 + grown)
    )
    return (
        f"# What team {number} wants of its traces.\n"
        "processors:\n"
        f"  batch/team-{number}: {{send_batch_size: {{$var: team_size}}}}\n"
        f"  transform/team-{number}:\n"
        "    error_mode: ignore\n"
        "    trace_statements:\n"
        "      - context: span\n"
        f"        statements:\n{statements}\n"
        "service:\n"
        "  pipelines:\n"
        f"    traces:\n      processors: [transform/team-{number}]\n"
        f"    logs/team-{number}:\n"
        "      receivers: [otlp]\n"
        f"      processors: [memory_limiter, batch/team-{number}]\n"
        "      exporters: [otlp_http/backend]\n"
    )


def _variables(number: int, teams: int) -> str:
    spec = (
        f"selector: {{matchLabels: {{team: team-{number % teams}}}}}\n"
        f"  priority: {10 + number}\n"
        f"  values: {{team_size: {1024 + number}}}"
    )
    return _document("Variables", f"team-{number}", spec)


def _test(number: int, teams: int) -> str:
    given = ", ".join(
        f"{key}: '{value}'" for key, value in labels(number, teams).items()
    )
    spec = (
        f"labels: {{{given}}}\n"
        "  expect:\n"
        "    values:\n"
        "      /processors/batch/timeout: 5s\n"
        f"    group: {labels(number, teams)['env']}"
    )
    return _document("ConfigTest", f"test-{number}", spec)


def replaced(snapshot: Snapshot, path: str, old: str, new: str) -> Snapshot:
    """The repo with a text of one file replaced."""
    content = snapshot.files[path].content.replace(old.encode(), new.encode())
    file = SourceFile(path, blob_id(content), content)
    return dataclasses.replace(snapshot, files={**snapshot.files, path: file})
