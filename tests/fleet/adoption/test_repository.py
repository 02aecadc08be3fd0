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


def test_hosts_with_many_values_of_their_own_fill_several_files() -> None:
    texts = [
        CONFIG.replace("basic", f"basic, a: 1, b: {number}") for number in range(230)
    ]
    written = files(*(host(f"h{number}", text) for number, text in enumerate(texts)))
    assert written["variables/hosts.yaml"].count("kind: Variables") == 200
    assert written["variables/hosts-2.yaml"].count("kind: Variables") == 30


def test_tests_name_only_labels_that_some_document_asks_for() -> None:
    other = CONFIG.replace("basic", "detailed")
    written = files(
        *(host(f"a{n}", CONFIG, role="a", color="red") for n in range(3)),
        *(host(f"b{n}", other, role="b", color="red") for n in range(3)),
    )
    first, *_ = yaml.safe_load_all(written["tests/representatives.yaml"])
    assert first["spec"]["labels"] == {"role": "a"}


def test_at_most_a_dozen_tests_are_written_those_of_most_hosts_first() -> None:
    hosts = [
        host(f"h{number}", CONFIG.replace("nop", f"n{number}")) for number in range(20)
    ]
    twins = [host(f"t{number}", CONFIG) for number in range(2)]
    tests = [*yaml.safe_load_all(files(*hosts, *twins)["tests/representatives.yaml"])]
    assert len(tests) == 12
    assert tests[-1]["metadata"]["name"] == "t0"
