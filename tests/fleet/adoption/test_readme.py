from reconciler.fleet.adoption import adoption
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.adoption.adoption import Adoption
from tests.fleet.adoption.inputs import host

CONFIG = "receivers: {nop: }\nexporters: {nop: }\n"


def readme(*hosts: Adopted) -> str:
    return adoption.adopt(hosts, name="acme").files["README.md"].decode()


def test_it_says_what_lies_where_and_how_to_check_it(made: Adoption) -> None:
    text = made.files["README.md"].decode()
    assert text.startswith("# acme\n\nA fleet repo made of the configs of 200 hosts.")
    assert "200 of 200 say" in text.replace("\n", " ")
    assert "| `layers/role/` | what goes with `role`: 3 layers, priority 10 |" in text
    assert "| `hosts/` | 4 exceptions that no label explains, priority 90 |" in text
    assert "$ reconciler render . -l 'host.name=host-000,role=gateway," in text
    assert "## Taken out" not in text
    assert "## Not as it was" not in text


def test_it_names_exceptions_and_asks_for_a_label_where_several_share_one(
    made: Adoption,
) -> None:
    text = made.files["README.md"].decode()
    assert "- `hosts/host-140.yaml`: host-140. Nothing in its labels explains" in text
    assert "- `hosts/host-017.yaml`: host-017, host-058. If they have" in text


def test_it_says_which_labels_an_agent_must_have(made: Adoption) -> None:
    text = made.files["README.md"].decode().replace("\n", " ")
    assert "lacks one of the labels `cloud.region`, " in text
    assert "is sent nothing rather than half a config" in text
    assert "lacks one" not in readme(host("a", CONFIG))


def test_it_says_that_a_new_host_needs_values_of_its_own() -> None:
    texts = [f"receivers: {{nop: {{a: 1, b: 2, c: {n}}}}}\n" for n in range(5)]
    text = readme(*(host(f"h{n}", text) for n, text in enumerate(texts)))
    assert "Every host has a value of its own for `nop_c`." in text


def test_it_lists_what_was_taken_out_and_which_comments_went() -> None:
    hosts = [
        host("a", f"# Why.\n{CONFIG}extensions: {{opamp: }}\n"),
        host("b", f"# Other.\n{CONFIG}"),
    ]
    text = readme(*hosts)
    assert "- `/extensions/opamp` of 1 host: the supervisor adds it" in text
    assert "- a.yaml:1: Why." in text


def test_it_says_what_did_not_come_back() -> None:
    known = {"host.name": "same"}
    hosts = [
        Adopted("a", known, "a.yaml", one.content, one.tree, {})
        for one in (host("a", CONFIG), host("a", CONFIG.replace("nop", "otlp")))
    ]
    assert "## Not as it was\n\n- a: /receivers" in readme(*hosts)
