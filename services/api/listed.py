"""A list as it was read last, for as long as nothing that it is made of changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Listed:
    """What a query listed, all personal data in it encrypted: the next reader is given the same while it
    holds, with data keys read anew.

    It holds from `since` until `until` at that `revision` of the tables. `subjects` are those whose texts it
    shows.
    """

    found: tuple[Any, ...]
    time_zone: str
    position: int
    since: datetime
    until: datetime
    store_stream: str | None
    revision: str
    subjects: list[str]
