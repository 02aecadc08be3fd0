from typing import Any

from reconciler.fleet.adoption.lifting import Lifter
from reconciler.fleet.syntax.nodes import plain
from tests.fleet.trees import table_of

REGIONS = ("eu", "us", "ap", "sa")
HOSTS = tuple(
    {"host.name": f"{region}-{number}", "region": region}
    for region in REGIONS
    for number in range(12)
)


def lifter(*, identified: bool = True) -> Lifter:
    return Lifter(HOSTS, [identified] * len(HOSTS), [("region",)])


def component(**settings: Any) -> dict[str, Any]:
    return {"exporters": {"otlp/b": {"compression": "zstd", "tls": {}, **settings}}}


def trees(setting: str, key: str) -> list[Any]:
    return [table_of(component(**{setting: f"x-{host[key]}"})) for host in HOSTS]


def test_a_value_that_a_label_decides_becomes_a_variable() -> None:
    one = lifter()
    lifted = one.lift(trees("endpoint", "region"))
    used = component(endpoint={"$var": "otlp_b_endpoint"})
    assert [plain(tree) for tree in lifted] == [used] * len(HOSTS)
    (variable,) = one.found
    assert variable.keys == ("region",)
    assert {k: plain(v) for k, v in variable.values.items()} == {
        (region,): f"x-{region}" for region in REGIONS
    }
    assert variable.own == {}


def test_a_host_with_a_value_of_its_own_has_it_for_itself() -> None:
    inputs = trees("endpoint", "region")
    inputs[3] = table_of(component(endpoint="odd"))
    one = lifter()
    one.lift(inputs)
    (variable,) = one.found
    assert {number: plain(node) for number, node in variable.own.items()} == {3: "odd"}


def test_a_value_that_every_host_has_for_itself_becomes_a_variable_of_hosts() -> None:
    one = lifter()
    one.lift(trees("name", "host.name"))
    (variable,) = one.found
    assert (variable.keys, variable.values) == ((), {})
    assert len(variable.own) == len(HOSTS)


def test_hosts_that_nobody_can_tell_apart_get_no_values_of_their_own() -> None:
    inputs = trees("name", "host.name")
    one = lifter(identified=False)
    assert one.lift(inputs) == tuple(inputs)
    assert one.found == []


def test_values_inside_lists_of_one_length_are_found() -> None:
    inputs = [
        table_of(component(attributes=[{"key": "region", "value": host["region"]}]))
        for host in HOSTS
    ]
    lifted = lifter().lift(inputs)
    settings = plain(lifted[0])["exporters"]["otlp/b"]
    assert settings["attributes"] == [
        {"key": "region", "value": {"$var": "otlp_b_value"}}
    ]


def test_the_same_values_in_two_places_are_one_variable() -> None:
    inputs = [
        table_of(component(first=host["region"], second=host["region"]))
        for host in HOSTS
    ]
    one = lifter()
    settings = plain(one.lift(inputs)[0])["exporters"]["otlp/b"]
    assert settings["first"] == settings["second"] == {"$var": "otlp_b_first"}
    assert len(one.found) == 1


def test_other_values_under_a_taken_name_get_a_number() -> None:
    inputs = [
        table_of(component(a={"x": host["region"]}, b={"x": f"2-{host['region']}"}))
        for host in HOSTS
    ]
    one = lifter()
    one.lift(inputs)
    assert [variable.name for variable in one.found] == ["otlp_b_x", "otlp_b_x_2"]


def test_three_values_are_few_enough_for_layers() -> None:
    inputs = [table_of(component(endpoint=min(host["region"], "sa"))) for host in HOSTS]
    assert lifter().lift(inputs) == tuple(inputs)


def test_parts_that_have_little_in_common_are_left_whole() -> None:
    inputs = [
        table_of({"exporters": {"otlp": {"a": host["region"], "b": host["region"]}}})
        for host in HOSTS
    ]
    assert lifter().lift(inputs) == tuple(inputs)


def test_text_of_several_lines_is_no_variable() -> None:
    inputs = [table_of(component(script=f"a\n{host['region']}")) for host in HOSTS]
    assert lifter().lift(inputs) == tuple(inputs)
