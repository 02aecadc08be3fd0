from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from reconciler.web import app
from tests.web import fakes
from tests.web.fakes import FakeView


@pytest.fixture
def view() -> FakeView:
    return fakes.fleet()


@pytest.fixture
def client(view: FakeView) -> Iterator[TestClient]:
    with TestClient(app.create_app(view), raise_server_exceptions=False) as ready:
        yield ready
