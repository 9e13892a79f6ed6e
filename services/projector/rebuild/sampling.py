"""Trying a generation before it serves: a sample of its keys, folded anew one by one, and journals that must sum to zero."""

from collections.abc import Iterator, Sequence
from typing import Any

from domain.messages import Event
from infra.event_store.codec import CODEC
from infra.postgres import connect
from infra.projection_store.tables import SCHEMA, tables_of
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.decoding import topics_of
from services.projector.rebuild.build import Built

SAMPLE_KEYS = 50


class GenerationWrong(RuntimeError):
    """A generation does not say what history says; it is not switched to."""


def try_generation(settings: Settings, database_url: str, built: Built) -> int:
    """Compare a sample of rows with their history, folded key by key; how many. Raises GenerationWrong."""
    projection = built.projection
    table = f"{SCHEMA}.{tables_of(projection, built.generation).table}"
    with connect(settings, database_url, name="rebuild", limit_statements=False) as connection:
        rows = connection.execute(
            f"SELECT key, position, state::text FROM {table} ORDER BY md5(key) LIMIT {SAMPLE_KEYS}".encode()
        ).fetchall()
        for key, position, state in rows:
            folded = fold_key(connection, projection, key, up_to=built.position)
            if folded is None or (folded[1], projection.encode(folded[0]).decode()) != (position, state):
                raise GenerationWrong(
                    f"generation {built.generation} of {projection.name} differs from its history at key {key}"
                )
    return len(rows)


def fold_key(
    connection: Any, projection: Projection[Any], key: str, *, up_to: int
) -> tuple[Any, int, list[tuple[Any, ...]]] | None:
    """State, position and journal rows of one key, folded from its history up to a position; None without any history."""
    state, last = None, 0
    journal: list[tuple[Any, ...]] = []
    for position, event in history_of(connection, projection, key, up_to=up_to):
        if state is None:
            state = projection.empty(key)
        journal.extend((key, position, n, *e) for n, e in enumerate(projection.fold(state, event, position)))
        last = position
    return None if state is None else (state, last, journal)


def history_of(
    connection: Any, projection: Projection[Any], key: str, *, up_to: int
) -> Iterator[tuple[int, Event]]:
    """The facts that a key's row is folded from, with their positions, in the order of the log."""
    column = "customer_id" if projection.keyed_by == "customer" else "originator_id"
    rows: Sequence[tuple[int, str, bytes]] = connection.execute(
        f"SELECT notification_id, topic, state FROM public.stored_events WHERE {column} = %s "
        "AND notification_id <= %s AND topic = ANY(%b) ORDER BY notification_id",
        (key, up_to, sorted(topics_of(projection))),
        binary=True,
    ).fetchall()
    for position, topic, content in rows:
        event = CODEC.decode(topic, content)
        if event is not None:
            yield position, event
