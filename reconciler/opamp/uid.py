"""Makes an `instance_uid` for an agent that asks for one or shares one with another.

The controller decides when; `service.py` hands it `new_uid`. Some clients take nothing
but a proper UUID, so version and variant bits are always set.
"""

import secrets
import time

from reconciler.ids import InstanceUid

RANDOM_BYTES = 10
_MILLISECOND = 1_000_000


def uuid7(*, milliseconds: int, random: bytes) -> InstanceUid:
    """The UUIDv7 of RFC 9562, section 5.7.

    Args:
        milliseconds: Since the epoch.
        random: `RANDOM_BYTES` bytes, of which 74 bits are used.
    """
    uid = bytearray(milliseconds.to_bytes(6, "big") + random)
    uid[6] = uid[6] & 0x0F | 0x70
    uid[8] = uid[8] & 0x3F | 0x80
    return InstanceUid(bytes(uid))


def new_uid() -> InstanceUid:
    """One from the clock and the system's randomness."""
    return uuid7(
        milliseconds=time.time_ns() // _MILLISECOND,
        random=secrets.token_bytes(RANDOM_BYTES),
    )
