"""Hints for misspelt words: the one that was probably meant.

Used wherever a name can be wrong. Comparing is slow and the words are anyone's, so
there are caps on how long and how many they may be.
"""

import difflib
from collections.abc import Collection
from typing import Final

MOST_WORDS: Final = 500
LONGEST_WORD: Final = 200


def nearest(word: str, known: Collection[str], *, cutoff: float = 0.6) -> str | None:
    """The known word that looks most like it, letter case aside."""
    if len(word) > LONGEST_WORD or len(known) > MOST_WORDS:
        return None
    folded = {one.casefold(): one for one in sorted(known)}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else None


def hint(word: str, known: Collection[str]) -> str:
    """`did you mean`, or the few words there are."""
    near = nearest(word, known)
    return (
        f"did you mean `{near}`?" if near else f"known are {', '.join(sorted(known))}"
    )


def is_slip(word: str, known: str) -> bool:
    """Whether one slip of the pen makes the word of the known one.

    A letter left out or doubled, two that changed places, or another letter case.
    """
    if word.casefold() == known.casefold():
        return word != known
    if len(word) < len(known):
        return len(word) + 1 == len(known) and _lacks_one(known, word)
    if len(word) > len(known):
        return any(
            word == known[: index + 1] + known[index:] for index in range(len(known))
        )
    return word != known and any(
        word == known[:index] + known[index + 1] + known[index] + known[index + 2 :]
        for index in range(len(known) - 1)
    )


def _lacks_one(long: str, short: str) -> bool:
    return any(long[:index] + long[index + 1 :] == short for index in range(len(long)))
