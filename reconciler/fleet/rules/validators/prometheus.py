"""The `prometheus` receiver, whose `config` Prometheus's own code reads."""

import re
from math import nan
from typing import Final

from reconciler.fleet.rules import config
from reconciler.fleet.rules.validators import shared
from reconciler.fleet.rules.validators.view import Fault, Faults, View
from reconciler.fleet.syntax import spelling
from reconciler.fleet.syntax.nodes import Table

_UNSUPPORTED: Final = ("remote_write", "remote_read", "rule_files")
_NEED_TARGET: Final = (
    *("replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"),
)
_ACTIONS: Final = (*_NEED_TARGET, "keep", "drop", "labelmap", "labeldrop", "labelkeep")
_TIMES: Final = ("scrape_interval", "scrape_timeout")
_RULES: Final = ("relabel_configs", "metric_relabel_configs")
_INTERVAL: Final = "1m"
_DURATION = re.compile(
    r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?"
)
_GROUPS = re.compile(r"static_configs|[a-z0-9]+_sd_configs")
_FILE = re.compile(r"[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)")
_SECONDS: Final = (31_536_000.0, 604_800.0, 86_400.0, 3_600.0, 60.0, 1.0, 0.001)


def receiver(view: View) -> Faults:
    """Its scrape configs, and what Prometheus has and the receiver has not."""
    own = view.part("config")
    has_allocator = view.is_given("target_allocator")
    jobs = own.count("scrape_configs") + own.count("scrape_config_files")
    if jobs == 0 and not has_allocator:
        yield view.needs("`config.scrape_configs` or a `target_allocator`")
    for key in _UNSUPPORTED:
        if own.count(key) > 0:
            yield own.must(key, "not be set: the receiver only scrapes")
    yield from _allocator(view.part("target_allocator"))
    default = own.part("global").text("scrape_interval", _INTERVAL)
    yield from _durations(own.part("global"), (*_TIMES, "evaluation_interval"))
    seen: set[str] = set()
    for job in own.parts("scrape_configs"):
        yield from _name(job, seen)
        yield from _times(job, default)
        yield from _targets(job)
        yield from _discovery(job)
        for key in _RULES:
            for rule in job.parts(key):
                yield from _relabel(rule)


def _allocator(view: View) -> Faults:
    if not isinstance(view.node, Table) or not view.is_on:
        return
    if view.text("endpoint") == "":
        yield view.needs("an `endpoint`")
    yield from shared.url(view, "endpoint")
    if view.text("collector_id") == "":
        yield view.needs("a `collector_id`")
    if view.seconds("interval") <= 0:
        yield view.needs("an `interval` above 0")


def _durations(view: View, keys: tuple[str, ...]) -> Faults:
    for key in keys:
        text, number = view.text(key), view.number(key, nan)
        is_other = text and text != "0" and _seconds(text) is None
        if is_other or (number and number.is_integer()):
            yield view.must(key, "be a duration, as Prometheus writes it: `30s`, `1m`")


def _name(job: View, seen: set[str]) -> Faults:
    name = job.text("job_name")
    if name == "":
        yield job.needs("a `job_name`")
    elif name in seen:
        yield job.must("job_name", "not be that of another scrape config")
    seen.add(name or "")


def _times(job: View, default: str | None) -> Faults:
    yield from _durations(job, _TIMES)
    interval = _seconds(job.text("scrape_interval", default or "${unknown}"))
    timeout = _seconds(job.text("scrape_timeout"))
    if interval and timeout and timeout > interval:
        what = f"not be longer than the interval ({interval:g}s)"
        yield job.must("scrape_timeout", what)


def _seconds(text: str | None) -> float | None:
    match = _DURATION.fullmatch(text) if text else None
    if not match:
        return None
    return sum(
        int(number or 0) * seconds
        for number, seconds in zip(match.groups(), _SECONDS, strict=True)
    )


def _targets(job: View) -> Faults:
    """An address has no slash, unless a rule may take it away."""
    if job.count("relabel_configs") != 0:
        return
    for group in job.parts("static_configs"):
        for text, where in group.texts("targets"):
            if "/" in text:
                message = f"`{group.path}.targets` takes host and port, not a URL"
                hint = "write the scheme as `scheme`, and the path as `metrics_path`"
                yield Fault(message, where, hint)


def _discovery(job: View) -> Faults:
    for key in (key for key, _ in job.entries() if _GROUPS.fullmatch(key)):
        for one in job.parts(key):
            if config.is_null(one.node):
                yield Fault(f"`{one.path}` is empty", one.where)
                continue
            yield from _durations(one, ("refresh_interval",))
            if key == "file_sd_configs":
                yield from _files(one)
            elif key == "http_sd_configs" and one.text("url") == "":
                yield one.needs("a `url`")


def _files(one: View) -> Faults:
    if one.count("files") == 0:
        yield one.needs("a list of `files`")
    for text, where in one.texts("files"):
        if not _FILE.fullmatch(text):
            message = f"`{one.path}.files` takes names that end in .json or .yaml"
            hint = "a `*` may stand in the last part of a name alone"
            yield Fault(message, where, hint)


def _relabel(rule: View) -> Faults:
    action = rule.text("action", "replace")
    if action is not None and action.lower() not in _ACTIONS:
        hint = spelling.hint(action, _ACTIONS)
        yield rule.must("action", f"be one of {', '.join(_ACTIONS)}", hint)
    if action and action.lower() in _NEED_TARGET and rule.text("target_label") == "":
        yield rule.needs(f"a `target_label` for `{action}`")
    if action == "hashmod" and rule.number("modulus") == 0:
        yield rule.needs("a `modulus` above 0 for `hashmod`")
