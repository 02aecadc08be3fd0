"""Extensions: tokens, leases, and the server that manages the Collector."""

from collections.abc import Mapping
from typing import Final

from reconciler.fleet.rules.validators import shared
from reconciler.fleet.rules.validators.view import Faults, View


def of(type_: str, view: View) -> Faults:
    """What an extension refuses."""
    if check := _OWN.get(type_):
        yield from check(view)


def _bearer_token(view: View) -> Faults:
    token, file, tokens = (
        view.text("token"),
        view.text("filename"),
        view.count("tokens"),
    )
    if token == file == "" and tokens == 0:
        yield view.needs("a `token`, `tokens` or a `filename`")
    if token and tokens > 0:
        yield view.must("tokens", "not be set beside `token`")


def _health_check(view: View) -> Faults:
    if view.text("endpoint", "localhost") == "":
        yield view.must("endpoint", "not be empty")
    path = view.text("path", "/")
    if path is not None and not path.startswith("/"):
        yield view.must("path", "begin with `/`")


def _leader_elector(view: View) -> Faults:
    for key in ("lease_name", "lease_namespace"):
        if view.text(key) == "":
            yield view.needs(f"a `{key}`")


def _opamp(view: View) -> Faults:
    server = view.part("server")
    if not server.is_known:
        return
    given = [key for key in ("ws", "http") if key in server]
    if not given:
        yield view.needs("`server.ws` or `server.http`")
    if len(given) > 1:
        yield server.must("http", "not be set beside `ws`")
    elif given and server.part(given[0]).text("endpoint") == "":
        yield server.part(given[0]).needs("an `endpoint`")


def _zpages(view: View) -> Faults:
    if view.text("endpoint", "localhost") == "":
        yield view.must("endpoint", "not be empty")


def _file_storage(view: View) -> Faults:
    compaction = view.part("compaction")
    if compaction.number("max_transaction_size") < 0:
        yield compaction.must("max_transaction_size", "not be negative")
    interval = compaction.seconds("check_interval", 5.0)
    if compaction.flag("on_rebound") and interval <= 0:
        yield compaction.must("check_interval", "be positive")


_OWN: Final[Mapping[str, shared.Check]] = {
    "bearertokenauth": _bearer_token,
    "file_storage": _file_storage,
    "health_check": _health_check,
    "k8s_leader_elector": _leader_elector,
    "opamp": _opamp,
    "zpages": _zpages,
}
