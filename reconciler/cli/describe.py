"""`reconciler describe agent NAME`: all there is to know about one agent."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from reconciler.cli import client, output, verbs
from reconciler.cli.client import Client, ServerOption
from reconciler.cli.output import Form, FormOption

LABEL_WIDTH: Final = 18
HASH_DIGITS: Final = 12
UNVERIFIABLE: Final = "unverifiable"

app = verbs.new("Show all there is to know about something in a running service.")


@app.callback()
def describe() -> None:
    """Typer makes a group of nouns out of this."""


@app.command()
def agent(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="Host name, instance_uid, or the start of one."
        ),
    ],
    *,
    server: ServerOption = client.SERVER,
    form: FormOption = Form.TABLE,
) -> None:
    """Show one agent: where it stands, since when and why, and what it runs."""
    with Client(server) as service:
        document = service.agent(name)
    if form is not Form.TABLE:
        output.data(document, form)
        return
    now = document["now"]
    for label, lines in _sections(document["agent"], now):
        for number, line in enumerate(lines):
            start = f"{label}:" if number == 0 else ""
            output.say(Text(f"{start:<{LABEL_WIDTH}}", "bold") + Text(line))
    _say_effective(document["agent"]["effectiveConfig"])


def _sections(one: dict[str, Any], now: str) -> Iterator[tuple[str, list[str]]]:
    yield "Name", [one["name"]]
    yield "Instance UID", [one["uid"]]
    yield "Group", [one["group"]]
    yield "Sync", _sync(one, now)
    yield "Presence", _presence(one, now)
    yield "Health", _health(one, now)
    yield "Desired config", _desired(one["desired"])
    yield "Reported config", _reported(one["remoteConfigStatus"])
    yield "Last offer", [_offer(one["lastOffer"], now)]
    yield "Last good config", [_digits(one["lastGoodHash"])]
    yield "Quarantined", _failures(one["failures"], now)
    yield "Drift", _drift(one["drift"])
    yield "Build", [_build(one)]
    yield "Capabilities", one["capabilities"] or ["none"]
    yield "Identifying", _labels(one["description"]["identifying"])
    yield "Other labels", _labels(one["description"]["nonIdentifying"])


def _sync(one: dict[str, Any], now: str) -> list[str]:
    first = f"{one['sync']} ({one['reason']}) for {output.age(one['since'], now)}"
    return [first, one["detail"]] if one["detail"] else [first]


def _presence(one: dict[str, Any], now: str) -> list[str]:
    seen = f"last heard {output.age(one['lastSeen'], now)} ago"
    first = f"{one['presence']} over {one['transport']}, {seen}"
    until = one.get("forgottenAt")
    if until is None:
        return [first]
    away, left = output.age(one["disconnectedAt"], now), output.age(now, until)
    return [first, f"away for {away}, counts until {until}: {left} more"]


def _health(one: dict[str, Any], now: str) -> list[str]:
    match one["health"]:
        case None:
            return ["does not say"]
        case health:
            word = "healthy" if health["healthy"] else "unhealthy"
            told = [health["status"], health["worstComponent"]]
            told += health["lastError"].splitlines()
            return [
                f"{word} for {output.age(health['since'], now)}",
                *filter(None, told),
            ]


def _desired(desired: dict[str, Any] | None) -> list[str]:
    match desired:
        case None:
            return ["unknown: no revision is in force"]
        case {"hash": str(digest), "documents": documents}:
            return [f"{_digits(digest)} from {', '.join(documents)}"]
        case {"findings": []}:
            return ["none: no CollectorConfig selects it"]
        case {"findings": findings}:
            return ["held back by", *map(_finding, findings)]
        case _:
            return ["-"]


def _finding(finding: dict[str, Any]) -> str:
    place = f"{finding['path']}:{finding['line']}:{finding['column']}"
    return f"{place}: {finding['severity']} {finding['rule']}: {finding['message']}"


def _reported(status: dict[str, Any] | None) -> list[str]:
    if status is None:
        return ["does not say"]
    first = f"{_digits(status['hash'])} {status['status']}"
    return [first, *status["error"].splitlines()]


def _offer(offer: dict[str, Any] | None, now: str) -> str:
    if offer is None:
        return "none"
    heard = "acknowledged" if offer["acknowledged"] else "not acknowledged"
    return (
        f"{_digits(offer['hash'])} {output.age(offer['at'], now)} ago: {offer['kind']} "
        f"of generation {offer['generation']}, attempt {offer['attempt']}, {heard}"
    )


def _failures(failures: list[dict[str, Any]], now: str) -> list[str]:
    return [
        f"{_digits(one['hash'])} {output.age(one['at'], now)} ago: {one['reason']}"
        + (f": {' '.join(one['detail'].split())}" if one["detail"] else "")
        for one in failures
    ] or ["none"]


def _drift(drift: dict[str, Any] | None) -> list[str]:
    match drift:
        case None:
            return ["not compared yet"]
        case _:
            hidden = _unverifiable(drift["differences"])
            doubt = drift["unconfirmed"]
            unconfirmed = [f"cannot be confirmed: {doubt}"] if doubt else []
            return [*drift["explanation"], *unconfirmed, *hidden] or ["none"]


def _unverifiable(differences: list[dict[str, Any]]) -> list[str]:
    count = sum(one["verdict"] == UNVERIFIABLE for one in differences)
    words = f"{count} values cannot be verified: the Collector fills them in"
    return [words] if count else []


def _build(one: dict[str, Any]) -> str:
    match one["components"]:
        case None:
            words = "does not say what it has"
        case components:
            words = f"{sum(map(len, components.values()))} types of components"
    digest = one["componentsHash"]
    return f"{_digits(digest)}: {words}" if digest else words


def _labels(labels: dict[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in sorted(labels.items())] or ["none"]


def _digits(digest: str | None) -> str:
    return digest[:HASH_DIGITS] if digest else "-"


def _say_effective(config: dict[str, Any] | None) -> None:
    if config is None:
        output.say("Effective config: not reported")
        return
    for entry in config["entries"]:
        name = f" {entry['name']}" if entry["name"] else ""
        output.say(Text(f"Effective config{name}:", "bold"))
        for line in (entry["text"] or entry["unreadable"] or "").splitlines():
            output.say(f"  {line}")
