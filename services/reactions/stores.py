"""Which stores the house knows: that were opened, keep a calendar of their own, or have people who work or
worked there.
"""

import time
from collections.abc import Collection
from typing import Final

from domain.ids import calendar_id_of, store_stream_id_of
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.associate_directory.queries import KNOWN_STORES
from services.reactions.context import ReactionContext, Stopping

_REACHED: Final = (
    "SELECT coalesce(max(position), 0) FROM projections.checkpoints WHERE projection = %(name)s AND serving"
)


#: What was hired a moment ago is in the directory a moment later.
WAIT_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.05


class StoresNotKnownYet(RuntimeError):
    """A store is not known, and the directory, which may know it, has not come as far as the log had when it
    was asked.
    """


def known_stores(context: ReactionContext, asked: Collection[str]) -> set[str]:
    """Those of the stores that are known. Raises StoresNotKnownYet, or Stopping."""
    end = context.log.last_position()
    streams = {stream: one for one in asked for stream in (store_stream_id_of(one), calendar_id_of(one))}
    _, in_the_log = context.log.known([], list(streams))
    known = {streams[stream] for stream in in_the_log}
    deadline = time.monotonic() + WAIT_SECONDS
    while not known >= set(asked):
        reached = context.rows(_REACHED, name=DIRECTORY.name)[0][0]
        if reached:
            known |= {store_id for (store_id,) in context.rows(KNOWN_STORES, store_ids=list(asked))}
        if reached >= end:
            break
        if time.monotonic() >= deadline:
            raise StoresNotKnownYet(f"{DIRECTORY.name} is at position {reached} of {end}")
        if context.stopping.wait(POLL_SECONDS):
            raise Stopping
    return known
