"""Many agents on opamp-go in one process (`opampgo -fleet`), and all their words.

Every agent is truthful: it reports what it runs. All it says is kept with its time, so
that a test can ask what it had said before a status was posted.
"""

import json
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID, uuid4

from tests.blackbox import documents
from tests.interop import waiting
from tests.interop.process import Process
from tests.interop.toolchain import Built

CARRIED_OUT: Final = 15.0


@dataclass(frozen=True, slots=True)
class Words:
    """All that an agent said of itself from a moment on.

    Attributes:
        status: Of the remote config: UNSET, APPLYING, APPLIED or FAILED.
        hash: The config that this is about.
        effective: What it runs; None for nothing.
    """

    at: float
    role: str
    status: str
    hash: str
    effective: Any
    healthy: bool


@dataclass(slots=True)
class Testimony:
    """What one agent said, was offered, and when it could be heard."""

    words: list[Words] = field(default_factory=list)
    offers: list[tuple[float, str]] = field(default_factory=list)
    reachable: list[tuple[float, bool]] = field(default_factory=list)

    def note_reachable(self, at: float, *, reachable: bool) -> None:
        """From now on it can be heard, or not."""
        if not self.reachable or self.reachable[-1][1] != reachable:
            self.reachable.append((at, reachable))

    @property
    def is_reachable(self) -> bool:
        """It can be heard now."""
        return bool(self.reachable) and self.reachable[-1][1]

    def was_reachable(self, begin: float, end: float) -> bool:
        """It could be heard all that time."""
        before = [now for at, now in self.reachable if at <= begin]
        between = [now for at, now in self.reachable if begin < at <= end]
        return bool(before) and before[-1] and all(between)

    def stood(self, begin: float, end: float) -> list[Words]:
        """The words that stood at some moment of that time."""
        before = [words for words in self.words if words.at <= begin]
        between = [words for words in self.words if begin < words.at <= end]
        return before[-1:] + between

    def lasting(self) -> list[tuple[Words, float]]:
        """All words, each with the seconds it stood."""
        ends = [words.at for words in self.words[1:]] + [time.time()]
        return [
            (words, end - words.at) for words, end in zip(self.words, ends, strict=True)
        ]


class Agents(Process):
    """The process; agents are known by name, which is their host's.

    Attributes:
        testimonies: By name.
        configs: What every hash means that was ever offered.
        changed_at: When an agent did or was told something last.
    """

    def __init__(self, folder: Path, binary: Built) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        command = [str(binary.binary), "-fleet"]
        super().__init__("agents", command, log=folder / "agents.log")
        self._folder = folder
        self._number = 0
        self._done: dict[int, str] = {}
        self._uids: dict[str, UUID] = {}
        self.testimonies: defaultdict[str, Testimony] = defaultdict(Testimony)
        self.configs: dict[str, Any] = {}
        self.changed_at = 0.0

    def _spawn(self, log: IO[str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self.command,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout is not None
        threading.Thread(target=self._listen, args=(process.stdout,)).start()
        return process

    def stop(self) -> int:
        """Give no more orders; all agents end then."""
        if self._popen is not None and self._popen.stdin is not None:
            self._popen.stdin.close()
        return super().stop()

    def start_agent(
        self,
        name: str,
        url: str,
        *,
        role: str,
        tempers: Mapping[str, str],
        new_uid: bool = False,
        forgetful: bool = False,
    ) -> None:
        """Let an agent begin; it is who it was and remembers, unless told otherwise."""
        if new_uid or name not in self._uids:
            self._uids[name] = uuid4()
        state = self._folder / f"{name}.state"
        if forgetful:
            state.unlink(missing_ok=True)
        self.order(
            name,
            "start",
            url=url,
            uid=str(self._uids[name]),
            labels={"host.name": name, "role": role},
            state=str(state),
            tempers=dict(tempers),
        )

    def order(self, name: str, do: str, **how: Any) -> None:
        """Have an agent do something; it is done then."""
        assert self._popen is not None
        assert self._popen.stdin is not None
        self._number += 1
        order = {"number": self._number, "do": do, "agent": name, **how}
        self._popen.stdin.write(f"{json.dumps(order)}\n")
        self._popen.stdin.flush()
        error = waiting.wait_for(
            lambda: self._done.get(self._number),
            lambda answer: answer is not None,
            within=CARRIED_OUT,
            what=f"{name}: {do}",
        )
        assert not error, f"{name}: {do}: {error}"

    def cannot_be_heard(self) -> None:
        """The service was killed; agents are heard again as they come back."""
        for testimony in self.testimonies.values():
            testimony.note_reachable(time.time(), reachable=False)

    def _listen(self, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                self._take(json.loads(line))

    def _take(self, event: dict[str, Any]) -> None:
        testimony = self.testimonies[event["agent"]]
        match event["event"]:
            case "done":
                self._done[event["number"]] = event.get("error", "")
            case "connected":
                testimony.note_reachable(event["at"], reachable=True)
            case "connect_failed" | "lost" | "left":
                testimony.note_reachable(event["at"], reachable=False)
            case "offered":
                self.configs[event["hash"]] = _tree(event["config"])
                testimony.offers.append((event["at"], event["hash"]))
                self.changed_at = event["at"]
            case "said":
                testimony.words.append(_words(event))
                self.changed_at = event["at"]


def _words(event: Mapping[str, Any]) -> Words:
    return Words(
        at=event["at"],
        role=event["labels"]["role"],
        status=event["status"],
        hash=event["hash"],
        effective=_tree(event["config"]),
        healthy=event["healthy"],
    )


def _tree(config: Mapping[str, str]) -> Any:
    return documents.tree(config.get("", ""))
