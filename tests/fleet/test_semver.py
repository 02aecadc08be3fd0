import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from reconciler.fleet import semver

PRERELEASES = st.sampled_from([None, "0", "rc.1", "rc.1.0", "rc.2", "beta"])
NUMBERS = st.integers(0, 3)
VERSIONS = st.builds(Version, NUMBERS, NUMBERS, NUMBERS, PRERELEASES)
OPERATORS = st.sampled_from([">=", ">", "<=", "<", "=", "^", "~", ""])


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=0.149.0 <0.160.0", "0.149.0 0.159.9 0.160.0-rc.1", "0.148.9 0.160.0"),
        (">=0.149.0, <0.160.0", "0.149.0", "0.160.0"),
        (">= 0.149", "0.149.0 1.0.0", "0.149.0-rc.1 0.148.0"),
        (">0.149", "0.150.0 1.0.0", "0.149.9"),
        ("<=0.149", "0.149.9 0.1.0", "0.150.0-rc.1 0.150.0"),
        (">1.0.0", "1.0.1 1.0.1-rc.1", "1.0.0 1.0.0-rc.1"),
        ("<=1.0.0-rc.1", "1.0.0-rc.1 0.9.0", "1.0.0-rc.1.0 1.0.0"),
        ("^1.2", "1.2.0 1.9.9", "1.1.9 2.0.0-rc.1 2.0.0"),
        ("^1.2.3-rc.1", "1.2.3-rc.1 1.2.3 1.3.0", "1.2.3-beta 2.0.0"),
        ("^0.149", "0.149.0 0.149.9", "0.150.0-rc.1 0.150.0"),
        ("^0.0.3", "0.0.3", "0.0.4-rc.1 0.0.4"),
        ("^0.0", "0.0.9", "0.1.0"),
        ("^0", "0.9.0", "1.0.0"),
        ("~0.149", "0.149.7", "0.150.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"),
        ("~1", "1.9.0", "2.0.0"),
        ("=1.2.3", "1.2.3", "1.2.4 1.2.3-rc.1"),
        ("1.2", "1.2.0 1.2.9", "1.3.0"),
        ("v1.2.3+build.5", "1.2.3", "1.2.4"),
    ],
)
def test_a_range_holds_what_its_comparators_say(
    text: str, inside: str, outside: str
) -> None:
    found = semver.parse(text)
    assert all(Version.parse(one) in found for one in inside.split())
    assert not any(Version.parse(one) in found for one in outside.split())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a range of versions"),
        (" , ", "is not a range of versions"),
        ("latest", "cannot read `latest`"),
        (">=1.2 || <1", "cannot read ` || <1`"),
        ("1.x", "`1.x` is not a version"),
        ("1.02", "`1.02` is not a version"),
        ("^1.2-rc.1", "`1.2-rc.1` is not a version"),
        (">2 <1", "no version is in"),
        (">=1.0.0 <1.0.0", "no version is in"),
        ("<0.0.0-0", "no version is in"),
        ("1" * 300, "is not a range of versions"),
    ],
)
def test_what_is_no_range_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="range") as wrong:
        semver.parse(text)
    assert message in str(wrong.value)


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "vv1.2.3", "01.2.3", "1.2.3 ", "1.2.3-", "9" * 5_000]
)
def test_a_label_that_is_no_whole_version_is_none(text: str) -> None:
    assert semver.version(text) is None


@given(VERSIONS, VERSIONS, OPERATORS)
def test_the_plain_comparators_are_the_order_of_versions(
    one: Version, other: Version, operator: str
) -> None:
    says = {
        ">=": other >= one,
        ">": other > one,
        "<=": other <= one,
        "<": other < one,
        "=": other == one,
        "": other == one,
    }
    if operator in says and f"{operator}{one}" != "<0.0.0-0":
        assert (other in semver.parse(f"{operator}{one}")) is says[operator]


@given(VERSIONS, VERSIONS, VERSIONS, OPERATORS, OPERATORS)
def test_comparators_side_by_side_must_all_hold(
    version: Version, one: Version, other: Version, first: str, second: str
) -> None:
    a, b = f"{first}{one}", f"{second}{other}"
    try:
        both = version in semver.parse(a) and version in semver.parse(b)
        assert (version in semver.parse(f"{a} {b}")) is both
    except ValueError as wrong:
        assert "no version is in" in str(wrong)  # noqa: PT017 - the only reason to raise


@pytest.mark.parametrize("text", [">=" * 100_000, ", " * 100_000, ">=1 " * 100_000])
def test_absurd_ranges_are_refused_at_once(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ValueError, match="range"):
        semver.parse(text)
    assert time.process_time() - started < 1
