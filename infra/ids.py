"""New identifiers.

Together with the vault the only place where chance comes in; derived ids are in `domain.ids`.
"""

import random
import secrets
import time
from typing import Final

_FRACTIONS_OF_MS: Final = 4096


def new_id(prefix: str) -> str:
    """A new identifier, `<prefix>_<32 hex>`: a UUID version 7 (RFC 9562) without its dashes.

    48 bits of milliseconds, 12 bits of the fraction of a millisecond (method 3 of section 6.2), then 62
    random bits: ids made later sort later, so that indexes grow at one end, and nobody can guess the next
    one.
    """
    ns = time.time_ns()
    ms, rest = divmod(ns, 1_000_000)
    fraction = rest * _FRACTIONS_OF_MS // 1_000_000
    number = (ms & (1 << 48) - 1) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    return f"{prefix}_{number:032x}"


def new_traceparent() -> str:
    """The beginning of a trace that nobody has sampled, as W3C Trace Context writes it."""
    ids = secrets.token_hex(24)
    return f"00-{ids[:32]}-{ids[32:]}-00"


def new_revision() -> int:
    """A new revision of rows: a random number (62 bits) that nobody has given before, also not in what was
    lost.
    """
    return secrets.randbits(62)


def new_key() -> bytes:
    """32 random bytes that nobody can guess."""
    return secrets.token_bytes(32)


def seeded_source(seed: int | str) -> random.Random:
    """A source of chance that gives the same sequence for the same seed, for simulations and samples."""
    return random.Random(seed)


def jitter(seconds: float) -> float:
    """A random duration from half to the whole of `seconds`: retries of several processes do not fall
    together.
    """
    return seconds * (0.5 + secrets.randbelow(1 << 16) / (1 << 17))
