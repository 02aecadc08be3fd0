"""What a figure was measured on: without it, a figure says nothing."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    "opamp-reconciler",
    "websockets",
    "protobuf",
    "uvicorn",
    "uvloop",
    "sqlalchemy",
    "starlette",
)


def describe() -> list[str]:
    """Machine, Python and packages, one line each."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [
        f"{_processor()}, {os.cpu_count()} cores, {system}",
        f"{python}, {packages}",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown processor"
