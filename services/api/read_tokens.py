"""Read tokens: a place in the log that callers give back without looking into it, an epoch and a position."""

import re
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(r"([0-9a-f]{0,32})\.(0|[1-9][0-9]{0,17})")


class Place(NamedTuple):
    """A position of one epoch."""

    epoch: str
    position: int


def token_of(place: Place) -> str:
    """The place as a caller gets it."""
    return f"{place.epoch}.{place.position}"


def place_of(token: str) -> Place | None:
    """The place that a caller gave back; None for what is none."""
    found = _TOKEN.fullmatch(token)
    return None if found is None else Place(found[1], int(found[2]))
