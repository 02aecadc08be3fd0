from reconciler.fleet.adoption import adoption, proof
from reconciler.fleet.adoption.adopted import Adopted
from tests.fleet.adoption.inputs import host

CONFIG = """\
receivers: {nop: }
exporters: {nop: }
service: {pipelines: {traces: {receivers: [nop], exporters: [nop]}}}
"""


def files_of(*hosts: Adopted) -> dict[str, bytes]:
    return dict(adoption.adopt(hosts, name="acme").files)


def test_a_repo_that_gives_hosts_what_they_had_is_proven() -> None:
    one, other = host("a", CONFIG), host("b", CONFIG.replace("traces", "logs"))
    _, verdicts = proof.prove(files_of(one, other), [one, other])
    assert [(v.name, v.differences, v.refused) for v in verdicts] == [
        ("a", (), ()),
        ("b", (), ()),
    ]


def test_a_file_that_says_something_else_is_found_out() -> None:
    one = host("a", CONFIG)
    files = files_of(one)
    files["base/base.collector.yaml"] = CONFIG.replace("traces", "logs").encode()
    _, (verdict,) = proof.prove(files, [one])
    assert verdict.differences == (
        "/service/pipelines/logs",
        "/service/pipelines/traces",
    )


def test_a_host_that_is_given_nothing_differs_in_everything() -> None:
    one, other = host("a", CONFIG), host("b", CONFIG)
    files = {path: text for path, text in files_of(one).items() if "base" not in path}
    _, (verdict,) = proof.prove(files, [other])
    assert set(verdict.differences) == {"/receivers", "/exporters", "/service"}


def test_a_config_that_agents_refuse_can_be_the_same_as_before() -> None:
    one = host("a", CONFIG.replace("receivers: [nop]", "receivers: [nowhere]"))
    _, (verdict,) = proof.prove(files_of(one), [one])
    assert verdict.differences == ()
    assert [found.rule for found in verdict.refused] == ["E010"]


def test_what_the_linter_says_is_told_apart_by_who_brought_it() -> None:
    one = host("a", CONFIG + "processors: {batch: }\n")
    made = adoption.adopt([one], name="acme")
    before, new = proof.lint(made.fleet, made.files, [one])
    assert "W020" in {found.rule for found in before}
    assert new == ()


def test_what_is_only_wrong_in_production_came_with_the_host_that_is_there() -> None:
    loud = CONFIG.replace("{nop: }\nservice", "{debug: {verbosity: detailed}}\nservice")
    hosts = [
        host("a", CONFIG, env="dev"),
        host("b", loud.replace("exporters: [nop]", "exporters: [debug]"), env="prod"),
    ]
    made = adoption.adopt(hosts, name="acme")
    before, new = proof.lint(made.fleet, made.files, hosts)
    assert "W042" in {found.rule for found in before}
    assert new == ()
