"""What HTTP says about the bytes of a body: media type, codings, sizes.

Pure; `polling.py` asks. Codings follow RFC 9110, sections 8.4 and 12.5.3.
"""

import gzip
import zlib
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

PROTOBUF = "application/x-protobuf"
"""Exactly so in answers: some clients refuse it with parameters behind it."""

_GZIP_WINDOW = 31
_WORTH_COMPRESSING = 256
_LEVEL = 6


def is_protobuf(content_type: str) -> bool:
    """Whether a header means an OpAMP message, whatever its case and parameters."""
    return content_type.partition(";")[0].strip().lower() == PROTOBUF


def decode(body: bytes, *, coding: str, limit: int) -> bytes:
    """A body as it was before its Content-Encoding, at most `limit` bytes.

    Raises:
        HTTPException: 400 for what is not one whole gzip member, 413 over the limit,
            415 for any coding but one gzip or none.
    """
    match coding.strip().lower():
        case "" | "identity":
            return body
        case "gzip":
            return _inflate(body, limit)
    raise HTTPException(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "the body may be encoded with gzip or not at all",
        headers={"Accept-Encoding": "gzip"},
    )


def _inflate(body: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj(wbits=_GZIP_WINDOW)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the body is not gzip") from None
    if len(plain) > limit:
        raise too_large(limit)
    if not inflater.eof:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the gzip body is cut off")
    # Thousands of empty members cost a parser seconds.
    if inflater.unused_data:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "only one gzip member is taken")
    return plain


def too_large(limit: int) -> HTTPException:
    """The answer to a body of more than `limit` bytes."""
    return HTTPException(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {limit} bytes are not taken"
    )


def encode(body: bytes, *, accept: str | None) -> tuple[bytes, str | None]:
    """A body for who sent this Accept-Encoding, and its coding if it has one."""
    if len(body) < _WORTH_COMPRESSING or accept is None or not _prefers_gzip(accept):
        return body, None
    return gzip.compress(body, compresslevel=_LEVEL, mtime=0), "gzip"


def _prefers_gzip(accept: str) -> bool:
    weights = dict(_weight(part) for part in accept.lower().split(","))
    gzip_weight = weights.get("gzip", weights.get("*", 0.0))
    return gzip_weight > 0 and gzip_weight >= weights.get("identity", 0.0)


def _weight(part: str) -> tuple[str, float]:
    coding, _, parameter = part.partition(";")
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return coding.strip(), 1.0
    try:
        return coding.strip(), float(value)
    except ValueError:
        return coding.strip(), 0.0


def announced_length(headers: Headers) -> int:
    """Content-Length, or 0 when the body comes in chunks."""
    return int(headers.get("content-length", "0"))
