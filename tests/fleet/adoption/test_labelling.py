from reconciler.fleet.adoption import labelling


def hosts(*labels: dict[str, str]) -> list[dict[str, str]]:
    return [{"host.name": f"h{number}", **one} for number, one in enumerate(labels)]


def test_keys_that_people_think_in_come_first() -> None:
    several = hosts(
        {"zebra": "1", "region": "eu", "env": "dev", "role": "a"},
        {"zebra": "2", "region": "us", "env": "prod", "role": "b"},
    )
    assert labelling.telling(several) == ("role", "env", "region", "zebra")


def test_keys_that_all_have_alike_or_that_tell_who_one_is_explain_nothing() -> None:
    several = hosts(*({"os.type": "linux", "serial": str(n)} for n in range(8)))
    assert labelling.telling(several) == ()


def test_a_key_that_some_lack_may_explain_something() -> None:
    assert labelling.telling(hosts({"canary": "yes"}, {}, {}, {})) == ("canary",)


def test_a_well_known_key_may_have_as_many_values_as_there_are_hosts() -> None:
    several = hosts(*({"cloud.region": str(n)} for n in range(8)))
    assert labelling.telling(several) == ("cloud.region",)


def test_a_host_is_told_by_its_name_where_nobody_shares_it() -> None:
    assert labelling.identities(hosts({"role": "a"}, {"role": "a"})) == (
        {"host.name": "h0"},
        {"host.name": "h1"},
    )


def test_a_host_without_a_name_is_told_by_all_its_labels_if_at_all() -> None:
    several = [{"role": "a", "env": "dev"}, {"role": "b"}, {"role": "b"}, {}]
    assert labelling.identities(several) == (several[0], None, None, None)


def test_labels_that_no_selector_could_name_on_a_line_are_left_out() -> None:
    labels = {"b": "1", "a": "x y", "bad key": "x", "lines": "a\nb", "long": "x" * 999}
    assert labelling.usable(labels) == {"a": "x y", "b": "1"}
    assert list(labelling.usable(labels)) == ["a", "b"]


def test_a_requirement_is_for_a_value_or_for_none() -> None:
    assert labelling.requirement("role", "a").matches({"role": "a"})
    assert not labelling.requirement("role", "a").matches({})
    assert labelling.requirement("role", None).matches({})
