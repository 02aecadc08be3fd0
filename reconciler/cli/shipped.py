"""Files that come with the program without being code: examples and the rules' pages.

A wheel carries them inside the package under a name of their own, a clone has them at
its root; `pyproject.toml` says which folders a wheel takes along.
"""

from pathlib import Path

import reconciler
from reconciler.errors import SetupError


def folder(top: str, name: str) -> Path:
    """The folder `top/name` of a clone, or `_top/name` of an installed package.

    Raises:
        SetupError: This installation has neither.
    """
    package = Path(reconciler.__file__).parent
    for place in (package / f"_{top}" / name, package.parent / top / name):
        if place.is_dir():
            return place
    raise SetupError(
        f"{top}/{name} is not part of this installation",
        hint="install the wheel, or run it in a clone",
    )
