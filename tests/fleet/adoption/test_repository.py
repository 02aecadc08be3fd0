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


def test_one_config_is_kept_to_the_byte() -> None:
    written = files(host("a", CONFIG.replace("\n", "\r\n")))
    assert written["base/base.collector.yaml"] == CONFIG.replace("\n", "\r\n")
    assert "name: my-fleet" in written["fleet.yaml"]
    assert not any(path.startswith(("layers/", "hosts/")) for path in written)


def test_a_host_like_no_other_keeps_its_own_file_beside_what_it_removes() -> None:
    odd = "# Odd.\nextensions: {zpages: }\nservice: {extensions: [zpages]}\n"
    written = files(*(host(name, CONFIG) for name in "abcdef"), host("x", odd))
    assert written["hosts/x.collector.yaml"] == odd
    spec = yaml.safe_load(written["hosts/x.yaml"])["spec"]
    assert spec["remove"] == ["/receivers", "/exporters", "/service"]
    assert spec["files"] == ["x.collector.yaml"]
    assert spec["selector"] == {"matchLabels": {"host.name": "x"}}


def test_a_short_layer_stands_in_its_document_and_a_long_one_in_a_file() -> None:
    short = CONFIG.replace("basic", "detailed")
    more = "".join(f"  debug/{number}: {{}}\n" for number in range(20))
    long = CONFIG.replace("exporters:\n", f"exporters:\n{more}", 1)
    hosts = [
        *(host(f"a{number}", CONFIG, role="a") for number in range(3)),
        *(host(f"b{number}", short, role="b") for number in range(3)),
        *(host(f"c{number}", long, role="c") for number in range(3)),
    ]
    written = files(*hosts)
    assert "config:" in written["layers/role/b.yaml"]
    assert "files: [c.collector.yaml]" in written["layers/role/c.yaml"]
    assert "debug/19: {}" in written["layers/role/c.collector.yaml"]
    assert "layers/role/a.yaml" not in written


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


def test_hosts_without_a_label_have_a_layer_that_says_so() -> None:
    other = CONFIG.replace("basic", "detailed")
    hosts = [
        *(host(f"a{number}", CONFIG, role="a") for number in range(3)),
        *(host(f"b{number}", other) for number in range(3)),
    ]
    spec = yaml.safe_load(files(*hosts)["layers/role/no-role.yaml"])["spec"]
    assert spec["selector"] == {
        "matchExpressions": [{"key": "role", "operator": "DoesNotExist"}]
    }


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


def test_a_test_is_written_for_every_way_in_which_layers_meet() -> None:
    other = CONFIG.replace("basic", "detailed")
    hosts = [
        *(host(f"a{number}", CONFIG, role="a") for number in range(3)),
        *(host(f"b{number}", other, role="b") for number in range(3)),
    ]
    tests = [*yaml.safe_load_all(files(*hosts)["tests/representatives.yaml"])]
    assert [one["metadata"]["name"] for one in tests] == ["a0", "b0"]
    assert tests[1]["spec"]["expect"] == {
        "group": "b",
        "documents": ["base", "role-b"],
    }
