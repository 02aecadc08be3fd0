from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from reconciler.opamp import uid


@given(
    milliseconds=st.integers(0, 2**48 - 1),
    random=st.binary(min_size=uid.RANDOM_BYTES, max_size=uid.RANDOM_BYTES),
)
def test_obligation_19_a_uid_of_ours_is_a_proper_uuid7(
    milliseconds: int, random: bytes
) -> None:
    made = uid.uuid7(milliseconds=milliseconds, random=random)
    read = UUID(bytes=made)
    assert len(made) == 16
    assert (read.version, read.variant) == (7, "specified in RFC 4122")
    assert int.from_bytes(made[:6], "big") == milliseconds


def test_two_new_uids_differ_and_the_later_one_sorts_behind() -> None:
    first, second = uid.new_uid(), uid.new_uid()
    assert first != second
    assert first[:6] <= second[:6]
