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
