"""A whole Gitea on loopback: one user, a token, repositories, commit statuses.

It refuses to run as root, so a root's Gitea runs as `nobody`; hence it works in a
folder that anybody can reach, with copies of the binary and its assets.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

from tests.interop import process, waiting
from tests.interop.process import Process
from tests.interop.toolchain import Built

OWNER = "fleet"
ACCOUNT = "nobody" if os.geteuid() == 0 else None
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """One row as Gitea keeps it."""

    id: int
    context: str
    state: str
    description: str


class Gitea(Process):
    """A context manager; slow to start (3 s), so one serves a whole session.

    Args:
        home: An empty folder that every account can reach.
    """

    def __init__(self, built: Built, *, home: Path, log: Path) -> None:
        self._home = home
        self._settings = self._home / "app.ini"
        self._binary = self._home / built.binary.name
        self._assets = built.folder
        self.token = ""
        self.address = f"127.0.0.1:{process.free_port()}"
        self.url = f"http://{self.address}"
        super().__init__(
            "gitea",
            self._command("web"),
            log=log,
            environment={"HOME": str(self._home), "GITEA_WORK_DIR": str(self._home)},
            user=ACCOUNT,
        )
        self._client = httpx2.Client(base_url=f"{self.url}/api/v1", trust_env=False)

    def start(self) -> None:
        """Make the database, the user and the token if they are not there, then serve.

        It serves when this comes back.
        """
        if not self.token:
            self._settle()
        super().start()
        waiting.wait_for(
            self._answers, bool, within=START_SECONDS, what="Gitea answering"
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._client.close()

    def _settle(self) -> None:
        shutil.copytree(self._assets, self._home, dirs_exist_ok=True)
        self._settings.write_text(self._app_ini())
        self._home.chmod(0o755)
        if ACCOUNT:
            for folder, _, names in os.walk(self._home):
                for path in (Path(folder), *(Path(folder, name) for name in names)):
                    shutil.chown(path, ACCOUNT)
        self._run("migrate")
        words = ["--admin", "--must-change-password=false", "--username", OWNER]
        words += ["--password", "fleet-password", "--email", "fleet@example.org"]
        words += ["--access-token", "--access-token-scopes", "all"]
        said = self._run("admin", "user", "create", *words)
        self.token = said.split("created...", 1)[1].split()[0]
        self._client.headers["Authorization"] = f"token {self.token}"

    def _app_ini(self) -> str:
        home, (host, _, port) = self._home, self.address.partition(":")
        sections: dict[str, dict[str, object]] = {
            "server": {
                "HTTP_ADDR": host,
                "HTTP_PORT": port,
                "ROOT_URL": f"{self.url}/",
                "DISABLE_SSH": "true",
                "OFFLINE_MODE": "true",
                "STATIC_ROOT_PATH": home,
                "APP_DATA_PATH": home / "data",
            },
            "database": {"DB_TYPE": "sqlite3", "PATH": home / "gitea.db"},
            "repository": {"ROOT": home / "repositories"},
            "security": {"INSTALL_LOCK": "true", "SECRET_KEY": "interop"},
            "webhook": {"ALLOWED_HOST_LIST": "loopback"},
            "queue": {"TYPE": "channel"},
            "cron": {"ENABLED": "false"},
            "actions": {"ENABLED": "false"},
            "indexer": {"ISSUE_INDEXER_TYPE": "db"},
            "log": {"MODE": "console", "LEVEL": "info"},
        }
        lines: list[str] = []
        for section, values in sections.items():
            lines.append(f"[{section}]")
            lines += [f"{key} = {value}" for key, value in values.items()]
        return "\n".join(lines)

    def _command(self, *words: str) -> list[str]:
        return [str(self._binary), "--config", str(self._settings), *words]

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            self._command(*words),
            env=self._environment,
            user=self._user,
            extra_groups=[] if self._user else None,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"gitea {words[0]}: {done.stdout}"
        return done.stdout

    def _answers(self) -> bool:
        assert self.running, f"Gitea ended: {self.text()[-2000:]}"
        try:
            return self._client.get("/version").is_success
        except httpx2.TransportError:
            return False

    def create_repository(self, name: str) -> str:
        """A private, empty repository; its clone URL, without credentials."""
        body = {"name": name, "private": True, "default_branch": "main"}
        self._call("POST", "/user/repos", json=body)
        return f"{self.url}/{OWNER}/{name}.git"

    def push_url(self, repository: str) -> str:
        """The clone URL with the token in it, for a person's pushes."""
        return f"http://{OWNER}:{self.token}@{self.address}/{OWNER}/{repository}.git"

    def rows(self, repository: str, commit: str) -> list[CommitStatus]:
        """Every status ever posted on a commit, oldest first."""
        path = f"/repos/{OWNER}/{repository}/statuses/{commit}"
        found = self._call("GET", path, params={"limit": 50})
        rows = [
            CommitStatus(row["id"], row["context"], row["status"], row["description"])
            for row in found
        ]
        return sorted(rows, key=lambda row: row.id)

    def post_status(
        self, repository: str, commit: str, *, context: str, description: str
    ) -> None:
        """A red status as another program would post it."""
        path = f"/repos/{OWNER}/{repository}/statuses/{commit}"
        body = {"state": "failure", "context": context, "description": description}
        self._call("POST", path, json=body)

    def statuses(self, repository: str, commit: str) -> dict[str, CommitStatus]:
        """The statuses a person sees on a commit, by context."""
        return {row.context: row for row in self.rows(repository, commit)}

    def combined(self, repository: str, commit: str) -> str:
        """The one colour Gitea shows for a commit; empty when it has none."""
        path = f"/repos/{OWNER}/{repository}/commits/{commit}/status"
        return str(self._call("GET", path).get("state", ""))

    def _call(self, method: str, path: str, **words: Any) -> Any:
        response = self._client.request(method, path, **words)
        response.raise_for_status()
        return response.json()
