"""The history of one key: its events in the order of the log, and its row folded from them."""

from collections.abc import Iterator, Sequence
from typing import Any

from domain.messages import Event
from infra.event_store.codec import CODEC, UndecodableEvent
from infra.event_store.quarantine import LEFT_OUT
from projections.fold_driver import KeyFold
from projections.kernel import Projection
from services.projector.decoding import topics_of
from services.projector.folding import reason_of
from services.projector.poison_event import Poison

#: So many events of a key are in memory at a time.
READ_EVENTS = 5_000


def fold_key(connection: Any, projection: Projection[Any], key: str, *, up_to: int) -> KeyFold | None:
    """Fold one key's history up to a position; None without any history. Raises Poison."""
    fold: KeyFold | None = None
    for position, event in history_of(connection, projection, key, up_to=up_to):
        try:
            fold = fold or KeyFold(projection, key)
            fold.apply(event, position)
        except Exception as error:
            raise Poison(projection.name, key, position, reason_of(error)) from error
    return fold


def history_of(
    connection: Any, projection: Projection[Any], key: str, *, up_to: int
) -> Iterator[tuple[int, Event]]:
    """The facts that a key's row is folded from, with their positions; without those left out."""
    column = key_column(projection)
    # An index has a key's events in this order, which is that of the log too.
    order = "notification_id" if projection.keyed_by == "customer" else "originator_version"
    topics, behind = sorted(topics_of(projection)), 0
    while True:
        rows: Sequence[tuple[int, str, bytes, int]] = connection.execute(
            f"SELECT notification_id, topic, state, {order} FROM public.stored_events WHERE {column} = %s "
            f"AND {order} > %s AND notification_id <= %s AND topic = ANY(%b) "
            f"AND notification_id NOT IN ({LEFT_OUT}) ORDER BY {order} LIMIT {READ_EVENTS}",
            (key, behind, up_to, topics, projection.name),
            binary=True,
        ).fetchall()
        for position, topic, content, _ in rows:
            try:
                event = CODEC.decode(topic, content)
            except UndecodableEvent as error:
                raise Poison(projection.name, key, position, reason_of(error)) from error
            if event is not None:
                yield position, event
        if len(rows) < READ_EVENTS:
            return
        behind = rows[-1][3]


def length_of_history(
    connection: Any, projection: Projection[Any], key: str, *, up_to: int, at_most: int
) -> int:
    """How many events a key's row is folded from; counted no further than `at_most`."""
    row = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM public.stored_events WHERE {key_column(projection)} = %s "
        "AND notification_id <= %s AND topic = ANY(%s) LIMIT %s) AS events",
        (key, up_to, sorted(topics_of(projection)), at_most),
    ).fetchone()
    return int(row[0])


def key_column(projection: Projection[Any]) -> str:
    """The column of the log that says which of a projection's rows an event belongs to."""
    return "customer_id" if projection.keyed_by == "customer" else "originator_id"
