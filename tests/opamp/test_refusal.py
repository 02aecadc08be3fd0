from http import HTTPStatus

from starlette.exceptions import HTTPException

from reconciler.opamp import refusal

REFUSED = HTTPException(HTTPStatus.NOT_FOUND, "not hére", headers={"Allow": "GET"})


def test_a_refusal_is_a_whole_response_that_closes() -> None:
    head, _, body = refusal.response(REFUSED, method=b"GET").partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert status == "HTTP/1.1 404 Not Found"
    assert body.decode() == "not hére\n"
    assert headers.pop("Date").endswith(" GMT")
    assert headers == {
        "Connection": "close",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Allow": "GET",
    }


def test_a_refusal_of_head_has_no_body() -> None:
    assert refusal.response(REFUSED, method=b"HEAD").endswith(b"\r\n\r\n")
