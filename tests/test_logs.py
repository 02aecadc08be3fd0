import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from reconciler import logs
from reconciler.logs import Scrub

SECRET = "canary-5ecret"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_known_secret_is_hidden_wherever_it_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("info", "json", secrets=[SECRET])
    structlog.get_logger().warning(f"push with {SECRET}", url=f"https://x:{SECRET}@y")
    logging.getLogger("library").warning("header %s", SECRET)
    try:
        int(SECRET)
    except ValueError:
        structlog.get_logger().exception("it broke")
    written = capsys.readouterr().err
    assert SECRET not in written
    assert written.count(logs.HIDDEN) >= 4


def test_an_agents_text_cannot_forge_a_line_or_colour_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("info", "console", secrets=[])
    structlog.get_logger().info("agent", detail="a\n2026 [info] forged \x1b[31mred")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_least_level_is_kept_and_libraries_only_warn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("warning", "json", secrets=[])
    structlog.get_logger().info("quiet")
    logging.getLogger("library").info("quiet too")
    structlog.get_logger().warning("loud")
    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "loud"


def test_numbers_stay_numbers() -> None:
    assert Scrub([])(None, "info", {"count": 3, "share": 0.5}) == {
        "count": 3,
        "share": 0.5,
    }
