import pytest

from reconciler.fleet.rules.validators import prometheus
from tests.fleet.rules.validators.views import told

NONE = "needs `config.scrape_configs` or a `target_allocator`"
ACTIONS = (
    "replace, hashmod, lowercase, uppercase, keepequal, dropequal, keep, drop, "
    "labelmap, labeldrop, labelkeep"
)
ALLOCATOR = "endpoint: 'http://ta:80', interval: 30s, collector_id: c"


def jobs(*jobs_: str) -> str:
    return f"config: {{scrape_configs: [{', '.join(f'{{{job}}}' for job in jobs_)}]}}"


@pytest.mark.parametrize(
    "settings",
    [
        jobs("job_name: a, static_configs: [{targets: ['a:1', '${env:TARGET}']}]"),
        jobs("job_name: a, scrape_interval: 5s, scrape_timeout: 5s"),
        jobs("job_name: a, scrape_interval: '${env:I}', scrape_timeout: 5m"),
        jobs("job_name: a, scrape_timeout: , scrape_interval: 1d2h"),
        jobs("job_name: a, scrape_timeout: 0, scrape_interval: '0'"),
        jobs(
            "job_name: a, static_configs: [{targets: ['http://a/b']}], "
            "relabel_configs: [{source_labels: [__address__], target_label: b}]"
        ),
        jobs("job_name: a, metric_relabel_configs: [{action: Keep, regex: x}]"),
        jobs(
            "job_name: a, file_sd_configs: [{files: ['targets/*.yml', b.json]}], "
            "http_sd_configs: [{url: 'http://a/b'}]"
        ),
        "config: '${file:prometheus.yaml}'",
        "config: {scrape_config_files: ['jobs/*.yml']}",
        f"target_allocator: {{{ALLOCATOR}}}",
        f"{jobs('job_name: a')}, target_allocator: {{enabled: false}}",
    ],
)
def test_what_prometheus_and_the_receiver_take(settings: str) -> None:
    assert told(prometheus.receiver, settings) == []


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        ("", [NONE]),
        ("config: ", [NONE]),
        ("target_allocator: ", [NONE]),
        ("config: {scrape_configs: []}", [NONE]),
        (
            f"{jobs('job_name: a')[:-1]}, remote_write: [{{url: x}}]}}",
            ["`config.remote_write` must not be set: the receiver only scrapes"],
        ),
        (jobs("scheme: http"), ["`config.scrape_configs.0` needs a `job_name`"]),
        (
            jobs("job_name: a", "job_name: a"),
            [
                (
                    "`config.scrape_configs.1.job_name` must not be that of another "
                    "scrape config"
                )
            ],
        ),
        (
            jobs("job_name: a, scrape_interval: 5s, scrape_timeout: 10s"),
            [
                (
                    "`config.scrape_configs.0.scrape_timeout` must not be longer than "
                    "the interval (5s)"
                )
            ],
        ),
        (
            jobs("job_name: a, scrape_interval: often"),
            [
                (
                    "`config.scrape_configs.0.scrape_interval` must be a duration, as "
                    "Prometheus writes it: `30s`, `1m`"
                )
            ],
        ),
        (
            jobs("job_name: a, scrape_interval: 15"),
            [
                (
                    "`config.scrape_configs.0.scrape_interval` must be a duration, as "
                    "Prometheus writes it: `30s`, `1m`"
                )
            ],
        ),
        (
            jobs("job_name: a, dns_sd_configs: [{names: [b], refresh_interval: '9'}]"),
            [
                (
                    "`config.scrape_configs.0.dns_sd_configs.0.refresh_interval` must "
                    "be a duration, as Prometheus writes it: `30s`, `1m`"
                )
            ],
        ),
        (
            jobs("job_name: a, static_configs: [null], file_sd_configs: [null]"),
            [
                "`config.scrape_configs.0.static_configs.0` is empty",
                "`config.scrape_configs.0.file_sd_configs.0` is empty",
            ],
        ),
        (
            "config: {scrape_configs: [null]}",
            ["`config.scrape_configs.0` needs a `job_name`"],
        ),
        (
            jobs("job_name: a, static_configs: [{targets: ['http://a:1/metrics']}]"),
            [
                (
                    "`config.scrape_configs.0.static_configs.0.targets` takes host and "
                    "port, not a URL"
                )
            ],
        ),
        (
            jobs("job_name: a, relabel_configs: [{source_labels: [b]}]"),
            [
                (
                    "`config.scrape_configs.0.relabel_configs.0` needs a "
                    "`target_label` for `replace`"
                )
            ],
        ),
        (
            jobs("job_name: a, relabel_configs: [{action: hashmod, target_label: b}]"),
            [
                (
                    "`config.scrape_configs.0.relabel_configs.0` needs a `modulus` "
                    "above 0 for `hashmod`"
                )
            ],
        ),
        (
            jobs("job_name: a, metric_relabel_configs: [{action: dorp}]"),
            [
                (
                    "`config.scrape_configs.0.metric_relabel_configs.0.action` "
                    f"must be one of {ACTIONS}"
                )
            ],
        ),
        (
            jobs("job_name: a, file_sd_configs: [{}, {files: [a.txt, '*/a.yml']}]"),
            [
                "`config.scrape_configs.0.file_sd_configs.0` needs a list of `files`",
                (
                    "`config.scrape_configs.0.file_sd_configs.1.files` takes names "
                    "that end in .json or .yaml"
                ),
                (
                    "`config.scrape_configs.0.file_sd_configs.1.files` takes names "
                    "that end in .json or .yaml"
                ),
            ],
        ),
        (
            jobs("job_name: a, http_sd_configs: [{refresh_interval: 1m}]"),
            ["`config.scrape_configs.0.http_sd_configs.0` needs a `url`"],
        ),
        (
            "target_allocator: {endpoint: '10.0.0.1:80'}",
            [
                (
                    "`target_allocator.endpoint` must begin with a scheme, such as "
                    "`http://`"
                ),
                "`target_allocator` needs a `collector_id`",
                "`target_allocator` needs an `interval` above 0",
            ],
        ),
    ],
)
def test_what_they_refuse(settings: str, messages: list[str]) -> None:
    assert told(prometheus.receiver, settings) == messages
