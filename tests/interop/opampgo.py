"""Our small agent on opamp-go's client (`go/opampgo`), over WebSocket or HTTP."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from tests.interop import waiting
from tests.interop.process import Process
from tests.interop.toolchain import Built


class OpampGo(Process):
    """One agent; started again it is the same agent and remembers its config.

    Args:
        url: Its scheme says how it talks (ws or http).
        reject: Configs that contain this text end as FAILED with `complaint`.
        mute: It never reports what became of a config.
    """

    def __init__(
        self,
        folder: Path,
        *,
        url: str,
        binary: Built,
        labels: Mapping[str, str] | None = None,
        reject: str = "",
        complaint: str = "",
        mute: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.uid = str(UUID(bytes=uuid4().bytes))
        words = ["-url", url, "-uid", self.uid, "-heartbeat", "1s"]
        words += ["-state", str(folder / "state")]
        words += [f"-label={key}={value}" for key, value in (labels or {}).items()]
        words += ["-reject", reject, "-complaint", complaint, f"-mute={mute}".lower()]
        super().__init__(
            f"opampgo {folder.name}",
            [str(binary.binary), *words],
            log=folder / "opampgo.log",
        )

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What happened to it so far, oldest first."""
        lines = [line for line in self.text().splitlines() if line.startswith("{")]
        return [event for event in map(json.loads, lines) if event["event"] == kind]

    def configs(self) -> list[str]:
        """The bodies of every config it was ever offered, oldest first."""
        return [event["config"][""] for event in self.events("offered")]

    def wait_for_event(self, kind: str, *, count: int = 1, within: float = 15) -> None:
        """Come back once it happened so many times."""
        waiting.wait_for(
            lambda: len(self.events(kind)),
            lambda seen: seen >= count,
            within=within,
            what=f"{self.name}: {count} times {kind}",
        )


StartOpampGo = Callable[..., OpampGo]
"""What the fixture `start_opampgo` is."""
