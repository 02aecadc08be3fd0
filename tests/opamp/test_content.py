import gzip
from http import HTTPStatus

import pytest
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from reconciler.opamp import content
from tests.opamp import examples
from tests.opamp.running import cpu_seconds, peak_bytes

LIMIT = 4 << 20


@pytest.mark.parametrize(
    ("header", "protobuf"),
    [
        ("application/x-protobuf", True),
        ("Application/X-Protobuf; charset=utf-8", True),
        ("application/x-protobuffer", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_only_the_media_type_counts_in_a_content_type(
    header: str, *, protobuf: bool
) -> None:
    assert content.is_protobuf(header) is protobuf


@pytest.mark.parametrize("coding", ["", "identity", " Identity "])
def test_a_plain_body_stays_as_it_is(coding: str) -> None:
    assert content.decode(b"abc", coding=coding, limit=3) == b"abc"


def test_a_gzip_body_is_unpacked_up_to_the_very_limit() -> None:
    packed = gzip.compress(b"x" * 100, mtime=0)
    assert content.decode(packed, coding="GZIP", limit=100) == b"x" * 100


@pytest.mark.parametrize(
    ("body", "coding", "status"),
    [
        (
            gzip.compress(b"x" * 101, mtime=0),
            "gzip",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        ),
        (gzip.compress(b"abc", mtime=0)[:-9], "gzip", HTTPStatus.BAD_REQUEST),
        (gzip.compress(b"a", mtime=0) * 2, "gzip", HTTPStatus.BAD_REQUEST),
        (gzip.compress(b"a", mtime=0) + b"\x00", "gzip", HTTPStatus.BAD_REQUEST),
        (b"no gzip", "gzip", HTTPStatus.BAD_REQUEST),
        (b"", "gzip", HTTPStatus.BAD_REQUEST),
        (b"a", "deflate", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        (b"a", "gzip, gzip", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        (b"a", "gzip, identity", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    ],
)
def test_anything_but_one_whole_gzip_member_within_the_limit_is_refused(
    body: bytes, coding: str, status: HTTPStatus
) -> None:
    with pytest.raises(HTTPException) as caught:
        content.decode(body, coding=coding, limit=100)
    assert caught.value.status_code == status


def test_the_refusal_of_a_coding_says_which_one_is_taken() -> None:
    with pytest.raises(HTTPException) as caught:
        content.decode(b"a", coding="br", limit=100)
    assert caught.value.headers == {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize(
    "body",
    [examples.zip_bomb(64), gzip.compress(b"", mtime=0) * 52_000],
    ids=["64 MiB of zeroes", "52,000 empty members"],
)
def test_a_bomb_costs_neither_time_nor_memory(body: bytes) -> None:
    def refuse() -> None:
        with pytest.raises(HTTPException):
            content.decode(body, coding="gzip", limit=LIMIT)

    assert cpu_seconds(refuse) < 0.1
    assert peak_bytes(refuse) < 4 * LIMIT


@pytest.mark.parametrize(
    ("accept", "packed"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("GZIP, deflate", True),
        ("gzip;q=0", False),
        ("gzip;q=0.0, *", False),
        ("*", True),
        ("*;q=0", False),
        ("identity", False),
        ("gzip;q=0.5, identity;q=1", False),
        ("gzip;q=1.0, identity; q=0.5", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("gzip;q=many", False),
        ("deflate, br", False),
    ],
)
def test_answers_are_packed_for_who_wants_it_by_weight(
    accept: str | None, *, packed: bool
) -> None:
    body = b"x" * 1000
    encoded, coding = content.encode(body, accept=accept)
    assert coding == ("gzip" if packed else None)
    assert (gzip.decompress(encoded) if packed else encoded) == body


def test_small_answers_are_not_worth_packing() -> None:
    assert content.encode(b"x" * 50, accept="gzip") == (b"x" * 50, None)


def test_a_body_in_chunks_announces_no_length() -> None:
    assert content.announced_length(Headers({})) == 0
    assert content.announced_length(Headers({"Content-Length": "17"})) == 17
