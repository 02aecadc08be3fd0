"""A refusal as it goes over the wire when no application gets to answer.

`connection.py` writes it and closes. Starlette's exception carries status, words and
headers, as in `polling.py`.
"""

from email.utils import formatdate
from http import HTTPStatus

from starlette.exceptions import HTTPException


def response(refusal: HTTPException, *, method: bytes) -> bytes:
    """A whole HTTP/1.1 response in plain text, after which the connection closes."""
    status = HTTPStatus(refusal.status_code)
    body = f"{refusal.detail}\n".encode()
    head = {
        "Date": formatdate(usegmt=True),
        "Connection": "close",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        **(refusal.headers or {}),
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in head.items()]
    # An answer to HEAD ends with its headers.
    text = b"" if method == b"HEAD" else body
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + text
