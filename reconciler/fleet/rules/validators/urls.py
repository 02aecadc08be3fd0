"""URLs as Go reads them, and what keeps it from it.

It takes more than people mean (`your-endpoint` is a path) and less than they hope (an
IP address needs a scheme before it).
"""

import re
from typing import Final

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):(.*)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPES = re.compile(r"(?:[^%]|%[0-9a-fA-F]{2})*", re.DOTALL)
_USER = re.compile(r"[a-zA-Z0-9._:~!$&'()*+,;=%@-]*")
_PORT = re.compile(r"(?::[0-9]*)?")
_HOST = re.compile(
    r"""(?:[a-zA-Z0-9_.~!$&'()*+,;=:\[\]<>"-]|[^\x00-\x7f]|%25|%[89a-fA-F][0-9a-fA-F])*"""
)
_NO_SCHEME: Final = "begin with a scheme, such as `http://`"


def fault(text: str, *, is_request: bool) -> str | None:
    """What a text must do to be a URL; None when it is one.

    Args:
        text: Not empty.
        is_request: Whether it must be absolute, a scheme or a path, without fragment.
    """
    if _CONTROL.search(text):
        return "hold no line breaks, tabs or other controls"
    whole = text if is_request else text.partition("#")[0]
    match = _SCHEME.fullmatch(whole)
    rest = (match[2] if match else whole).partition("?")[0]
    if whole.startswith(":"):
        return _NO_SCHEME
    if match and not rest.startswith("/"):
        return None
    is_path = rest.startswith("/")
    if not is_path and (is_request or ":" in rest.partition("/")[0]):
        return _NO_SCHEME
    if rest.startswith("//") and (match or not (is_request or rest.startswith("///"))):
        authority, slash, rest = rest[2:].partition("/")
        rest = slash + rest
        if wrong := _authority(authority):
            return wrong
    return None if _ESCAPES.fullmatch(rest) else "hold only whole `%` escapes"


def _authority(text: str) -> str | None:
    user, _, host = text.rpartition("@")
    if not _USER.fullmatch(user):
        return "have no odd characters before the `@`"
    end = host.rfind("]") + 1
    if host.startswith("[") and not end:
        return "close the bracket of its address"
    colon = host.rfind(":") if not host.startswith("[") else end
    port = host[colon:] if colon >= 0 else ""
    if not _PORT.fullmatch(port):
        return "have a number for a port"
    return None if _HOST.fullmatch(host) else "have the name of a host"
