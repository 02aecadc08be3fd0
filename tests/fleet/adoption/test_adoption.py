"""Configs in, a fleet repo out that gives every host just what it had."""

from hypothesis import given, settings

from reconciler.fleet.adoption import adopted, adoption, change, proof
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.adoption.adoption import Adoption
from reconciler.fleet.linting import configtests
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import RenderedConfig
from tests.fleet.adoption import inputs


def adopt(hosts: list[Adopted]) -> Adoption:
    return adoption.adopt(hosts, name="acme")


@settings(max_examples=60)
@given(inputs.fleets() | inputs.labelled())
def test_every_input_comes_back_exactly(hosts: list[Adopted]) -> None:
    made = adopt(hosts)
    assert [one.name for one in made.verdicts] == [one.name for one in hosts]
    assert [one for one in made.verdicts if one.differences] == []


@settings(max_examples=20)
@given(inputs.labelled())
def test_equal_inputs_make_equal_bytes(hosts: list[Adopted]) -> None:
    assert adopt(hosts).files == adopt(list(hosts)).files


@settings(max_examples=60)
@given(inputs.rendered())
def test_what_a_fleet_renders_comes_back_from_the_fleet_made_of_it(
    hosts: list[Adopted],
) -> None:
    assert adopt(hosts).different == ()


class TestCompany:
    def test_all_two_hundred_render_back_the_same(self, made: Adoption) -> None:
        assert len(made.verdicts) == 200
        assert (made.different, made.refused) == ((), ())

    def test_it_is_a_handful_of_files(self, made: Adoption) -> None:
        assert len(made.files) <= 20
        assert sorted(path for path in made.files if path.startswith("hosts/")) == [
            "hosts/host-017.collector.yaml",
            "hosts/host-017.yaml",
            "hosts/host-099.yaml",
            "hosts/host-140.yaml",
            "hosts/host-171.yaml",
        ]

    def test_the_base_holds_most_of_what_a_host_runs(
        self, made: Adoption, hosts: list[Adopted]
    ) -> None:
        base, *_ = made.layers
        assert base.names == ("base",)
        largest = max(change.lines(one.tree) for one in hosts)
        assert change.lines(base.layer.change.tree) > largest / 2

    def test_labels_explain_the_rest_and_regions_need_no_layer(
        self, made: Adoption
    ) -> None:
        keys = {one.layer.keys for one in made.layers}
        assert keys == {(), ("role",), ("deployment.environment.name",)}
        (variable,) = made.variables
        assert variable.name == "otlp_grpc_backend_endpoint"
        assert variable.keys == ("cloud.region",)

    def test_it_lints_clean_but_for_what_a_file_had_and_passes_its_tests(
        self, made: Adoption, hosts: list[Adopted]
    ) -> None:
        before, new = proof.lint(made.fleet, made.files, hosts)
        assert new == ()
        assert [(one.rule, one.where.path) for one in before] == [
            ("W041", "hosts/host-017.collector.yaml")
        ]
        assert made.fleet.tests
        assert configtests.check(made.fleet) == ()

    def test_comments_come_along(self, made: Adoption) -> None:
        base = made.files["base/base.collector.yaml"].decode()
        assert "# Before anything else, or a burst kills the process." in base
        assert "{$var: otlp_grpc_backend_endpoint} # the nearest one" in base
        assert "# What the machine itself does." in (
            made.files["layers/role/node.yaml"].decode()
        )
        assert made.lost == ()

    def test_every_role_is_a_group(self, made: Adoption) -> None:
        assert sorted(made.fleet.groups) == ["edge", "gateway", "node"]

    def test_what_it_renders_can_be_imported_again(
        self, made: Adoption, hosts: list[Adopted]
    ) -> None:
        again = adopt([_rendered(made, one) for one in hosts])
        assert again.different == ()
        before = [(one.names, one.layer.change.remove) for one in made.layers]
        assert [(one.names, one.layer.change.remove) for one in again.layers] == before

    def test_the_order_of_the_inputs_does_not_change_who_gets_what(
        self, made: Adoption, hosts: list[Adopted]
    ) -> None:
        again = adopt([*hosts[1::2], *hosts[::2]])
        assert again.different == ()
        assert {one.names for one in again.layers} == {one.names for one in made.layers}


def test_labels_that_never_met_leave_nothing_for_the_linter_to_say(
    hosts: list[Adopted],
) -> None:
    some = [
        one
        for one in hosts
        if one.labels["role"] != "edge"
        or one.labels["deployment.environment.name"] == "production"
    ]
    made = adopt(some)
    assert made.different == ()
    _, new = proof.lint(made.fleet, made.files, some)
    assert [str(one) for one in new] == []
    base, *_ = made.layers
    assert base.names == ("base", "base-2")


def _rendered(made: Adoption, host: Adopted) -> Adopted:
    """The same host with the config that the fleet gives it."""
    config = render.render(made.fleet, host.labels)
    assert isinstance(config, RenderedConfig)
    read = adopted.read(
        config.entries[""].body, host.path, name=host.name, labels=host.labels
    )
    assert isinstance(read, Adopted)
    return read
