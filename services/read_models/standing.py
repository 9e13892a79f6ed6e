"""Where the log and the tables stand: in which epoch, and up to where, by projection."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.read_models.tables import END_OF_LOG, Tables

#: The epoch of the log; empty before its first. The last row of its lineage is the current one.
EPOCH: Final = (
    "SELECT coalesce((SELECT epoch FROM public.log_lineage() WITH ORDINALITY "
    "ORDER BY ordinality DESC LIMIT 1), '')"
)
_STANDING: Final = f"""
    SELECT projection, generation, position, ({END_OF_LOG}), ({EPOCH})
    FROM projections.checkpoints WHERE serving
"""


#: What operators are told of, in one text: how the relay does, what could not be taken in, and how far what
#: they asked for is.
_HOUSE: Final = """
    SELECT concat_ws(' ',
        (SELECT string_agg((status ->> 'doing') || (status ->> 'stalled'), ',' ORDER BY instance)
            FROM projections.heartbeats WHERE service = 'relay'),
        (SELECT count(*) || '/' || coalesce(max(at)::text, '') FROM projections.parked),
        (SELECT count(*) || '/' || coalesce(max(at)::text, '') FROM reactions.kept_aside),
        (SELECT count(*) || '/' || coalesce(max(at)::text, '') FROM webhooks.parked),
        (SELECT count(*) || '/' || coalesce(max(at)::text, '') FROM public.quarantined_events),
        (SELECT coalesce(max(ended_at)::text, '') FROM maintenance.tasks),
        (SELECT string_agg(task_id || status || folded_events, ',' ORDER BY task_id) FROM maintenance.tasks
            WHERE status IN ('waiting', 'running')))
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """`end` is where the log ends, in its `epoch`; `generations` serve, each up to its position."""

    epoch: str
    end: int
    generations: Mapping[str, int]
    positions: Mapping[str, int]


async def standing_of(tables: Tables) -> Standing:
    """Where everything stands, in one snapshot."""
    (rows,) = await tables.fetch((_STANDING, {}))
    epoch, end = (rows[0][4], rows[0][3]) if rows else ("", 0)
    return Standing(epoch, end, {row[0]: row[1] for row in rows}, {row[0]: min(row[2], end) for row in rows})


async def house_standing_of(tables: Tables) -> str:
    """What is another text when something has changed that operators look at."""
    (((found,),),) = await tables.fetch((_HOUSE, {}))
    return found
