"""Epochs of the log: which history it holds, by an id that stays until the log is set back."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row

from infra.ids import new_id, new_key

#: An epoch that began before messages were stamped: what the log has by now the stream may have without a
#: stamp.
_WITHOUT_KEY = "SELECT number FROM public.log_epochs WHERE stamp_key IS NULL"
_GIVE_KEY = (
    "UPDATE public.log_epochs SET stamp_key = %s, "
    "stamped_from = (SELECT coalesce(max(notification_id), 0) FROM public.stored_events) "
    "WHERE number = %s AND stamp_key IS NULL"
)
_BEGIN = (
    "INSERT INTO public.log_epochs (number, epoch, stamp_key) VALUES (1, %s, %s) "
    "ON CONFLICT (number) DO NOTHING"
)
_NEXT = (
    "INSERT INTO public.log_epochs (number, epoch, stamp_key, common_position) "
    "SELECT coalesce(max(number), 0) + 1, %s, %s, %s FROM public.log_epochs"
)
#: An epoch that is over and whose row is lost, with its key: none of its messages can be told by a stamp.
_TAKE_BACK = (
    "INSERT INTO public.log_epochs (number, epoch, stamp_key, stamped_from, common_position) "
    "SELECT coalesce(max(number), 0) + 1, %s, %s, %s, %s FROM public.log_epochs "
    "ON CONFLICT (epoch) DO NOTHING"
)
_ALL = (
    "SELECT number, epoch, common_position, began_at, stamp_key, stamped_from "
    "FROM public.log_epochs ORDER BY number"
)
#: What every role may ask.
_HAS_BEGUN = "SELECT EXISTS (SELECT FROM public.log_lineage())"
_CURRENT = "SELECT epoch FROM public.log_epochs ORDER BY number DESC LIMIT 1"
#: Their events are not in the log any more.
_DROP_SNAPSHOTS = "DELETE FROM public.snapshots WHERE position > %s"
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('clienteling log_epochs'))"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One history of the log. Up to `common_position` it is the one of the epoch before it; 0 for the first.

    The relay stamps its messages with `stamp_key`. Those up to position `stamped_from` may be older than the
    key.
    """

    number: int
    epoch: str
    common_position: int
    began_at: datetime.datetime
    stamp_key: bytes = field(repr=False)
    stamped_from: int = 0


def has_begun(connection: Connection[Any]) -> bool:
    """Whether the log has an epoch."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(_HAS_BEGUN).fetchone() == (True,)


def ensure_epoch(connection: Connection[Any]) -> None:
    """Begin the first epoch, and give a key to one that has none. For a connection in autocommit."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        if cursor.execute(_CURRENT).fetchone() is None:
            cursor.execute(_BEGIN, (_new(), new_key()))
        for (number,) in cursor.execute(_WITHOUT_KEY).fetchall():
            cursor.execute(_GIVE_KEY, (new_key(), number))


async def current_epoch(connection: AsyncConnection[Any]) -> str:
    """The epoch of this log; the first caller begins the first one. Sixteen hex digits."""
    row = await (await connection.execute(_CURRENT)).fetchone()
    if row is None:
        await connection.execute(_BEGIN, (_new(), new_key()))
        row = await (await connection.execute(_CURRENT)).fetchone()
    return str(row[0] if row else "")


async def epochs_of(connection: AsyncConnection[Any]) -> list[Epoch]:
    """Every epoch this log has had, the current one last; there is one at least."""
    await current_epoch(connection)
    for (number,) in await (await connection.execute(_WITHOUT_KEY)).fetchall():
        await connection.execute(_GIVE_KEY, (new_key(), number))
    return [Epoch(*row) for row in await (await connection.execute(_ALL)).fetchall()]


def begin_epoch(connection: Connection[Any], common_position: int) -> Epoch:
    """Begin a new epoch, whose history is that of the one before up to a position; in the caller's
    transaction.
    """
    connection.execute(_LOCK)
    connection.execute(_BEGIN, (_new(), new_key()))
    connection.execute(_NEXT, (_new(), new_key(), common_position))
    connection.execute(_DROP_SNAPSHOTS, (common_position,))
    return [Epoch(*row) for row in connection.execute(_ALL).fetchall()][-1]


def take_back_epochs(
    connection: Connection[Any], noted: Sequence[tuple[str, int]], stamped_from: int
) -> list[str] | None:
    """Write down again the epochs that a restored database has lost, before the next one begins in the same
    transaction; their names.

    `noted` are the epochs with their common positions as they are known elsewhere, the first one first. Those
    behind the last one that this log has been in, too, are taken; None when it has been in none of them.
    Their keys are lost. So what claims to be a message of theirs up to position `stamped_from` counts as one
    from before the stamps, about which the log is asked: a stream that still holds them is never taken for
    one with strangers' messages alone.
    """
    connection.execute(_LOCK)
    with connection.cursor(row_factory=tuple_row) as cursor:
        known = {row[1] for row in cursor.execute(_ALL).fetchall()}
        shared = [number for number, (epoch, _) in enumerate(noted) if epoch in known]
        if not shared:
            return None
        lost = noted[shared[-1] + 1 :]
        for epoch, common_position in lost:
            cursor.execute(_TAKE_BACK, (epoch, new_key(), stamped_from, common_position))
    return [epoch for epoch, _ in lost]


def _new() -> str:
    return new_id("epo")[-16:]
