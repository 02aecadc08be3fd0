"""Which names of settings, headers and variables say that their value is a secret."""

import functools
import re
from typing import Final

_SECRET = re.compile(
    r"""(?:.*[_.-])?(?:
      authorization | proxy_authorization | htpasswd | pass(?:word|wd|phrase)
      | (?:client_|shared_|app_)?secret (?:_?key|_access_key)?
      | (?:[a-z]+_?)?tokens?
      | (?:api|private|license|ingest(?:ion)?|access|account|signing)_?key (?:_secret)?
      | credentials | x_honeycomb_team
    )""",
    re.VERBOSE,
)
_NONE = re.compile(r".*(?:max|num|count|limit|separator|include|allow|per)_?tokens?")


LONGEST: Final = 200
"""Characters of a name that is read."""


def is_secret(name: str) -> bool:
    """Whether a value of this name is to be kept from everybody."""
    return _is_secret(name[-LONGEST:])


@functools.lru_cache(maxsize=4_096)
def _is_secret(name: str) -> bool:
    folded = name.lower().replace("-", "_")
    return bool(_SECRET.fullmatch(folded)) and not _NONE.fullmatch(folded)
