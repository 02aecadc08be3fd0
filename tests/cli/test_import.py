"""`reconciler import`: what people have, as a fleet repo they would keep."""

from pathlib import Path

import pytest
import yaml

from reconciler.cli.exits import Exit
from reconciler.fleet.rendering.render import ConfigEntry
from reconciler.state.observed import EffectiveConfig
from tests.cli.conftest import Run
from tests.web import fakes
from tests.web.fakes import FakeView

CONFIG = """\
# Takes what comes and passes it on.
receivers:
  otlp:
    protocols: {grpc: {endpoint: "localhost:4317"}}
exporters:
  otlp_grpc/backend: # the central one
    endpoint: central.acme.example:4317
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [otlp_grpc/backend]}
"""
GATEWAY = CONFIG.replace("central", "inner")
CSV = """\
host,role,deployment.environment.name
web-01,node,prod
web-02,node,dev
gate-01,gateway,prod
gate-02,gateway,dev
"""


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """Two nodes and two gateways, which differ in where they send to."""
    folder = tmp_path / "configs"
    folder.mkdir()
    for name in ("web-01", "web-02"):
        (folder / f"{name}.yaml").write_text(CONFIG)
    for name in ("gate-01", "gate-02"):
        (folder / f"{name}.yml").write_text(GATEWAY)
    (tmp_path / "hosts.csv").write_text(CSV)
    return folder


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return tmp_path / "hosts.csv"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "repo"


def files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )


def test_a_folder_and_a_table_of_labels_become_a_repo(
    run: Run, configs: Path, sheet: Path, out: Path
) -> None:
    result = run("import", configs, "--labels", sheet, "--out", out)
    assert result.code == Exit.OK
    assert result.lines == [
        "DOCUMENT                  PRIORITY  PARTS  HOSTS",
        "base/base.yaml            0         2      4",
        "layers/role/gateway.yaml  10        1      2",
        "layers/role/node.yaml     10        1      2",
    ]
    assert "4 of 4 configs render back the same\n" in result.err
    assert files(out) == [
        "README.md",
        "base/base.collector.yaml",
        "base/base.yaml",
        "fleet.schema.json",
        "fleet.yaml",
        "groups.yaml",
        "inventory/hosts.yaml",
        "layers/role/gateway.yaml",
        "layers/role/node.yaml",
        "tests/representatives.yaml",
    ]


def test_the_repo_passes_lint_and_its_tests_and_gives_hosts_what_they_had(
    run: Run, configs: Path, sheet: Path, out: Path
) -> None:
    run("import", configs, "--labels", sheet, "--out", out)
    assert run("lint", out).code == Exit.OK
    assert run("test", out).code == Exit.OK
    labels = "host.name=gate-01,role=gateway,deployment.environment.name=prod"
    rendered = run("render", out, "-l", labels)
    assert yaml.safe_load(rendered.out) == yaml.safe_load(GATEWAY)
    assert rendered.err.startswith("group gateway: base < role-gateway ")


def test_every_command_of_its_readme_works(
    run: Run, configs: Path, sheet: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("import", configs, "--labels", sheet, "--out", out)
    monkeypatch.chdir(out)
    proposed = [
        line.removeprefix("$ reconciler ").replace("'", "").split()
        for line in (out / "README.md").read_text().splitlines()
        if line.startswith("$ reconciler ") and " serve " not in line
    ]
    assert [words[0] for words in proposed] == ["lint", "test", "render", "explain"]
    assert [run(*words).code for words in proposed] == [Exit.OK] * len(proposed)


def test_labels_may_be_a_yaml_list(run: Run, configs: Path, out: Path) -> None:
    sheet = configs / "labels.yaml"
    sheet.write_text(
        "- {name: web-01, labels: {role: node}}\n"
        "- {name: web-02, labels: {role: node}}\n"
        "- {name: gate-01, labels: {role: gateway}}\n"
        "- {name: gate-02, labels: {role: gateway}}\n"
    )
    result = run("import", configs, "--labels", sheet, "--out", out)
    assert result.code == Exit.OK
    assert (out / "layers/role/gateway.yaml").is_file()


def test_files_that_all_say_the_same_are_kept_to_the_byte(
    run: Run, configs: Path, out: Path
) -> None:
    for name in ("gate-01", "gate-02"):
        (configs / f"{name}.yml").write_text(CONFIG.replace("# the central one", ""))
    result = run("import", configs, "--out", out)
    assert result.lines[1:] == ["base/base.yaml  0         3      4"]
    kept = (out / "base/base.collector.yaml").read_bytes()
    assert kept in (CONFIG.encode(), CONFIG.replace("# the central one", "").encode())
    assert "hosts.yaml" not in "".join(files(out))


def test_what_is_no_config_is_told_with_its_place_and_the_others_go_on(
    run: Run, configs: Path, sheet: Path, out: Path
) -> None:
    (configs / "web-01.yaml").write_text("receivers: [\n")
    (configs / "web-02.yaml").write_text("recievers: {}\n")
    result = run("import", configs, "--labels", sheet, "--out", out)
    assert result.code == Exit.FINDINGS
    assert f"{configs}/web-01.yaml:2:1: error E001: " in result.err
    assert f"{configs}/web-02.yaml:1:1: error E003: " in result.err
    assert "web-02 is left out\n" in result.err
    assert "2 of 2 configs render back the same\n" in result.err


def test_labels_and_files_that_do_not_meet_are_told(
    run: Run, configs: Path, sheet: Path, out: Path
) -> None:
    sheet.write_text(CSV.replace("web-02", "web-03"))
    result = run("import", configs, "--labels", sheet, "--out", out)
    assert f"{configs}/web-02.yaml: {sheet} has no labels for `web-02`" in result.err
    assert f"{sheet}: there is no config of `web-03`" in result.err


def test_labels_that_no_selector_can_name_are_told_once(
    run: Run, configs: Path, sheet: Path, out: Path
) -> None:
    sheet.write_text("host,the role\nweb-01,a\nweb-02,a\ngate-01,b\ngate-02,b\n")
    result = run("import", configs, "--labels", sheet, "--out", out)
    assert result.err.count("the label `the role` is left out") == 1


def test_files_of_one_name_in_several_folders_are_told_apart_by_their_path(
    run: Run, configs: Path, out: Path
) -> None:
    (configs / "oslo").mkdir()
    (configs / "web-01.yaml").rename(configs / "oslo" / "web-02.yaml")
    result = run("import", configs, "--out", out)
    assert result.code == Exit.OK
    exceptions = [yaml.safe_load(path.read_text()) for path in out.glob("hosts/*.yaml")]
    names = str([one["spec"]["selector"] for one in exceptions])
    assert "1 exception for 2 hosts: no label says why they differ\n" in result.err
    assert "oslo/web-02" in names


def test_a_file_that_may_not_be_read_stops_it(
    run: Run, configs: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    result = run("import", configs, "--out", out)
    assert result.code == Exit.ERROR
    assert f"cannot read {configs}/gate-01.yml: Permission denied" in result.err


def test_a_config_that_was_broken_before_is_kept_and_told(
    run: Run, configs: Path, sheet: Path, out: Path
) -> None:
    broken = CONFIG.replace("receivers: [otlp]", "receivers: [nowhere]")
    (configs / "web-01.yaml").write_text(broken)
    result = run("import", configs, "--labels", sheet, "--out", out)
    assert result.code == Exit.FINDINGS
    assert "web-01 is refused for what it had before: " in result.err
    assert "E010" in result.err
    assert "4 of 4 configs render back the same\n" in result.err


def test_hosts_that_nothing_tells_apart_fail_the_proof(
    run: Run, configs: Path, sheet: Path, out: Path
) -> None:
    sheet.write_text("host,host.name\nweb-01,x\nweb-02,x\ngate-01,x\ngate-02,x\n")
    result = run("import", configs, "--labels", sheet, "--out", out)
    assert result.code == Exit.ERROR
    assert "web-01 is not the same: /exporters" in result.err
    assert "2 of 4 configs render back the same\n" in result.err
    assert "## Not as it was" in (out / "README.md").read_text()


def test_what_a_supervisor_adds_is_taken_out_and_told(
    run: Run, configs: Path, sheet: Path, out: Path
) -> None:
    for path in configs.iterdir():
        text = path.read_text()
        path.write_text(
            text.replace("service:\n", "extensions: {opamp: }\nservice:\n").replace(
                "  pipelines:", "  extensions: [opamp]\n  pipelines:"
            )
        )
    result = run("import", configs, "--labels", sheet, "--out", out)
    assert result.code == Exit.OK
    assert "taken out of 4 configs: the supervisor adds it\n" in result.err
    assert "opamp:" not in (out / "base/base.collector.yaml").read_text()


@pytest.mark.parametrize(
    "content",
    ["", "host\nweb-01\n", "- {name: web-01}\n"],
    ids=["empty", "csv", "yaml"],
)
def test_labels_that_cannot_be_read_stop_it_before_anything_is_written(
    run: Run, configs: Path, out: Path, content: str
) -> None:
    sheet = configs.parent / "labels.yaml"
    sheet.write_text(content)
    result = run("import", configs, "--labels", sheet, "--out", out)
    assert result.code == Exit.ERROR
    assert "labels.yaml" in result.err
    assert not out.exists()


def test_nothing_is_ever_overwritten(run: Run, configs: Path, out: Path) -> None:
    out.mkdir()
    (out / "mine").write_text("mine")
    result = run("import", configs, "--out", out)
    assert result.code == Exit.ERROR
    assert "is not an empty folder" in result.err
    assert files(out) == ["mine"]


def test_a_folder_without_configs_is_told(run: Run, tmp_path: Path, out: Path) -> None:
    assert run("import", tmp_path, "--out", out).code == Exit.ERROR
    assert run("import", tmp_path / "nowhere", "--out", out).code == Exit.ERROR
    assert not out.exists()


@pytest.mark.parametrize(
    "words",
    [["--out", "repo"], ["configs"], ["configs", "--server", "http://x", "--out", "r"]],
    ids=["nothing to read", "nowhere to write", "two sources"],
)
def test_it_wants_one_source_and_one_place(run: Run, words: list[str]) -> None:
    assert run("import", *words).code == Exit.USAGE


def test_labels_are_for_a_folder(run: Run, out: Path) -> None:
    words = ("--server", "http://x", "--labels", "hosts.csv", "--out", out)
    assert run("import", *words).code == Exit.USAGE


EFFECTIVE = """\
exporters:
  debug: {sampling_initial: 2, verbosity: basic}
  otlp_grpc/b:
    endpoint: b.example:4317
    headers: [{name: authorization, value: "[REDACTED]"}]
extensions:
  opamp: {instance_uid: 0190, ppid: 4243}
receivers: {otlp: {protocols: {grpc: {endpoint: "localhost:4317"}}}}
service:
  extensions: [opamp]
  pipelines:
    traces: {exporters: [debug, otlp_grpc/b], receivers: [otlp]}
  telemetry:
    logs: {encoding: json, level: info}
    resource: {host.name: NAME, service.instance.id: UID, service.name: otelcol}
"""


class TestServer:
    @pytest.fixture
    def reporting(self, view: FakeView) -> FakeView:
        """All but the last two of five agents report what they run."""
        for number, agent in enumerate(view.agents.values()):
            name = agent.labels["host.name"]
            body = EFFECTIVE.replace("NAME", name).replace("UID", str(number))
            body = body if number != 3 else "{"
            entry = ConfigEntry(body.encode(), "text/yaml")
            agent.effective = EffectiveConfig({"": entry})
        view.agents[fakes.uid(5)].effective = None
        return view

    def test_effective_configs_become_a_repo_without_what_agents_add(
        self, run: Run, reporting: FakeView, server: str, out: Path
    ) -> None:
        assert reporting.agents
        result = run("import", "--server", server, "--out", out)
        assert result.code == Exit.OK
        assert result.lines[1:] == ["base/base.yaml  0         5      3"]
        assert "3 of 3 configs render back the same\n" in result.err
        base = yaml.safe_load((out / "base/base.collector.yaml").read_text())
        assert list(base) == ["exporters", "receivers", "service"]
        assert base["service"]["telemetry"] == {"logs": {"level": "info"}}

    def test_masked_secrets_become_references_and_are_told(
        self, run: Run, reporting: FakeView, server: str, out: Path
    ) -> None:
        assert reporting.agents
        result = run("import", "--server", server, "--out", out)
        name = "OTLP_GRPC_B_HEADERS_AUTHORIZATION"
        assert (
            f"taken out of 3 configs: masked; the host has to set {name}" in result.err
        )
        assert f"${{env:{name}}}" in (out / "base/base.collector.yaml").read_text()
        assert name in (out / "README.md").read_text()

    def test_agents_whose_config_cannot_be_had_are_told(
        self, run: Run, reporting: FakeView, server: str, out: Path
    ) -> None:
        assert reporting.agents
        result = run("import", "--server", server, "--out", out)
        for name in ("node-2", "node-3"):
            assert (
                f"{name}: it reports no config that can be read; left out" in result.err
            )

    def test_a_config_from_before_defaults_were_filled_in_is_preferred(
        self, run: Run, reporting: FakeView, server: str, out: Path
    ) -> None:
        for agent in reporting.agents.values():
            whole = ConfigEntry(EFFECTIVE.encode(), "text/yaml")
            raw = ConfigEntry(CONFIG.encode(), "text/yaml")
            agent.effective = EffectiveConfig({"": whole, "raw": raw})
        run("import", "--server", server, "--out", out)
        base = yaml.safe_load((out / "base/base.collector.yaml").read_text())
        assert base == yaml.safe_load(CONFIG)

    def test_agents_of_one_name_are_told_apart_by_their_id(
        self, run: Run, reporting: FakeView, server: str, out: Path
    ) -> None:
        fakes.renamed(reporting, 2, "gateway-1")
        result = run("import", "--server", server, "--out", out)
        assert result.code == Exit.OK
        assert "3 of 3 configs render back the same\n" in result.err

    def test_a_service_without_agents_has_nothing_to_import(
        self, run: Run, view: FakeView, server: str, out: Path
    ) -> None:
        view.agents.clear()
        result = run("import", "--server", server, "--out", out)
        assert result.code == Exit.ERROR
        assert "there is no config to import" in result.err
