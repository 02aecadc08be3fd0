"""A Git repository that a test commits to, with the smallest fleet that is useful."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "Fleet",
    "GIT_AUTHOR_EMAIL": "fleet@example.invalid",
    "GIT_COMMITTER_NAME": "Fleet",
    "GIT_COMMITTER_EMAIL": "fleet@example.invalid",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}

FLEET = """\
apiVersion: reconciler/v1
kind: Fleet
metadata: {name: test}
spec:
  defaults: {soak: 0s}
---
apiVersion: reconciler/v1
kind: AgentGroup
metadata: {name: everyone}
spec:
  selector: {}
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: base}
spec:
  selector: {}
  files: [base.collector.yaml]
"""


def collector(exporter: str = "debug", **settings: str) -> str:
    """A whole Collector config with one exporter; `settings` are those of `otlp`."""
    timeout = settings.get("timeout", "1s")
    return f"""\
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:0
processors:
  batch:
    timeout: {timeout}
exporters:
  {exporter}: {{}}
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [{exporter}]
"""


class FleetRepo:
    """A work tree; every `commit` is one commit on `main`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        """Run git; returns what it prints."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.path,
            env=IDENTITY,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str | None], message: str = "change") -> str:
        """Write or delete (None) files and commit them; returns the commit."""
        for name, text in files.items():
            path = self.path / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")
