"""The command line, run while agents are connected."""

import asyncio
import subprocess
import sys
from pathlib import Path


async def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """A command and how it ended."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "reconciler", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


async def ask(*words: str | Path) -> str:
    """What a command prints; it must end well."""
    done = await command(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout
