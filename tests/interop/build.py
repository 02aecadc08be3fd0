"""`python -m tests.interop.build [NAME…]`: build the real parts before the tests do.

Prints one line a part; exits 1 when one could not be built.
"""

import argparse
import sys

from rich.console import Console

from tests.interop import toolchain
from tests.interop.toolchain import Recipe, Unavailable

console = Console(soft_wrap=True, markup=False, highlight=False)


def build(recipe: Recipe) -> bool:
    """Build one part and say how that went."""
    console.print(f"{recipe.name} {recipe.version}: ", end="")
    try:
        built = toolchain.build(recipe)
    except Unavailable as missing:
        console.print(f"not available: {missing}")
        return False
    took = "was built before" if built.seconds is None else f"{built.seconds:.0f} s"
    size = built.binary.stat().st_size / 1e6
    console.print(f"{took}, {size:.0f} MB, {built.binary}")
    return True


def main() -> int:
    """Build what was asked for, all of it by default; one failure stops no other."""
    recipes = {recipe.name: recipe for recipe in toolchain.RECIPES}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(recipes))
    names = parser.parse_args().names or list(recipes)
    unknown = sorted(set(names) - set(recipes))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(recipes)}")
    outcomes = [build(recipes[name]) for name in names]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
