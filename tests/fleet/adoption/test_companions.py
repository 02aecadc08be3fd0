import yaml

from reconciler.fleet.adoption import adoption
from reconciler.fleet.adoption.adopted import Adopted
from tests.fleet.adoption.inputs import host

CONFIG = """\
# Mine.
receivers: {nop: }
exporters:
  debug: {verbosity: basic}
service:
  pipelines:
    traces: {receivers: [nop], exporters: [debug]}
"""


def files(*hosts: Adopted) -> dict[str, str]:
    made = adoption.adopt(hosts, name="My Fleet")
    return {path: content.decode() for path, content in made.files.items()}


def test_a_group_is_made_for_every_role_even_one_called_default() -> None:
    hosts = [
        *(host(f"a{number}", CONFIG, role="default") for number in range(2)),
        *(host(f"b{number}", CONFIG, role="Edge 1") for number in range(2)),
    ]
    groups = [*yaml.safe_load_all(files(*hosts)["groups.yaml"])]
    assert {
        one["metadata"]["name"]: one["spec"]["selector"]["matchLabels"]["role"]
        for one in groups
    } == {"edge-1": "Edge 1", "default-2": "default"}


def test_without_a_telling_label_all_are_in_the_default_group() -> None:
    assert "groups.yaml" not in files(host("a", CONFIG), host("b", CONFIG))


def test_the_inventory_holds_what_agents_do_not_report_and_no_more() -> None:
    one = host("a", CONFIG, role="gateway")
    reporting = Adopted("b", {"host.name": "b"}, "b.yaml", one.content, one.tree, {})
    (document,) = yaml.safe_load_all(files(one, reporting)["inventory/hosts.yaml"])
    assert document["spec"]["entries"] == [
        {"match": {"attributes": {"host.name": "a"}}, "labels": {"role": "gateway"}}
    ]
    assert "inventory/hosts.yaml" not in files(reporting)


def test_values_of_hosts_are_variables_of_hosts() -> None:
    texts = [
        CONFIG.replace("verbosity: basic", f"verbosity: basic, a: 1, b: {number}")
        for number in range(5)
    ]
    written = files(*(host(f"h{number}", text) for number, text in enumerate(texts)))
    assert "b: {$var: debug_b}" in written["base/base.collector.yaml"]
    documents = [*yaml.safe_load_all(written["variables/hosts.yaml"])]
    assert [one["spec"]["values"] for one in documents] == [
        {"debug_b": number} for number in range(5)
    ]
    assert documents[2]["spec"]["selector"] == {"matchLabels": {"host.name": "h2"}}
