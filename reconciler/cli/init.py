"""`reconciler init [FOLDER]`: a small fleet repo that explains itself."""

from pathlib import Path
from typing import Annotated, Final

import typer

from reconciler.cli import output, verbs
from reconciler.cli.exits import Exit
from reconciler.errors import ReconcilerError
from reconciler.fleet.adoption import documents
from reconciler.fleet.reading import schemas

FILES: Final = {
    "fleet.yaml": """\
# yaml-language-server: $schema=fleet.schema.json
# The root document: one for each repository. `reconciler lint` checks all of it.
apiVersion: reconciler/v1
kind: Fleet
metadata:
  name: my-fleet
spec:
  statuses:
    context: fleet # commit statuses are called fleet/<group>
  defaults:
    soak: 10s # an agent counts once it ran a config in good health for so long
""",
    "groups.yaml": """\
# yaml-language-server: $schema=fleet.schema.json
# Who stands together: every group gets a commit status of its own. An agent is in one
# group, that of the highest priority; without any it is in the group `default`.
apiVersion: reconciler/v1
kind: AgentGroup
metadata:
  name: gateways
spec:
  selector:
    matchLabels:
      role: gateway # an attribute that the agent reports of itself
""",
    "base.yaml": """\
# yaml-language-server: $schema=fleet.schema.json
# What to run: a CollectorConfig is for the agents that its selector picks. All that
# pick an agent are merged, low priority to high; equal ones may not disagree.
apiVersion: reconciler/v1
kind: CollectorConfig
metadata:
  name: base
spec:
  selector: {} # every agent
  priority: 0
  files: [base.collector.yaml] # plain Collector configuration, beside this file
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata:
  name: gateway
spec:
  selector:
    matchLabels: {role: gateway}
  priority: 10
  lists: # a list replaces the one below it, unless a rule says otherwise
    - {path: /service/pipelines/traces/processors, merge: insert, before: batch}
  config: # small changes can stand here
    processors:
      batch:
        send_batch_size: {$var: batch_size} # set in variables.yaml
      resource/gateway:
        attributes:
          - {key: passed.gateway, value: true, action: upsert}
    service:
      pipelines:
        traces:
          processors: [resource/gateway]
""",
    "variables.yaml": """\
# yaml-language-server: $schema=fleet.schema.json
# Values that differ between agents of one document; the highest priority sets a name.
apiVersion: reconciler/v1
kind: Variables
metadata:
  name: defaults
spec:
  selector: {}
  values:
    batch_size: 8192
""",
    "base.collector.yaml": """\
# Plain Collector configuration: editors and `otelcol validate` know it. `${env:NAME}`
# is filled in by the Collector on its own host, never by the reconciler.
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: localhost:4317
      http:
        endpoint: localhost:4318
processors:
  batch:
    timeout: 1s
exporters:
  debug:
    verbosity: basic
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug]
    metrics:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug]
    logs:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug]
""",
    "tests.yaml": """\
# yaml-language-server: $schema=fleet.schema.json
# What agents must get: `reconciler test` runs this, and so does every pull request.
apiVersion: reconciler/v1
kind: ConfigTest
metadata:
  name: gateways-send-larger-batches
spec:
  labels: {role: gateway}
  expect:
    group: gateways
    documents: [base, gateway]
    values:
      /processors/batch/send_batch_size: 8192
    absent: [/exporters/otlp]
""",
    ".fleetignore": """\
# Files that are none of the fleet's, as in a .gitignore.
/drafts/
""",
}

app = verbs.new("Write a fleet repo to start from.")


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Where; made when missing.")
    ] = Path(),
) -> int:
    """Write a fleet repo to start from. Never overwrites a file."""
    files = {name: content.encode() for name, content in FILES.items()}
    files[schemas.FILE] = documents.schema()
    paths = {folder / name: content for name, content in files.items()}
    if there := [str(path) for path in paths if path.exists() or path.is_symlink()]:
        raise ReconcilerError(
            f"already there: {', '.join(there)}",
            hint="choose an empty folder; nothing was written",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in paths.items():
            with path.open("xb") as file:
                file.write(content)
            output.say(str(path))
    except OSError as wrong:
        raise ReconcilerError(
            f"cannot write {wrong.filename}: {wrong.strerror}"
        ) from None
    output.talk(
        f"Next:\n"
        f"  reconciler lint {folder}\n"
        f"  reconciler test {folder}\n"
        f"  reconciler render {folder} -l role=gateway\n"
        f"  reconciler explain processors.batch {folder} -l role=gateway\n"
        f"  reconciler serve --source {folder}"
    )
    return Exit.OK
