"""The history of a key: its events in the order of the log, and the fold of them."""

from collections.abc import Iterator, Sequence
from typing import Any

from domain.messages import Event
from infra.event_store.codec import CODEC, UndecodableEvent
from infra.event_store.lookups import count_events_of_keys, events_of_key, events_of_keys
from projections.fold_driver import KeyFold
from projections.kernel import Projection
from services.projector.decoding import topics_of
from services.projector.folding import reason_of
from services.projector.poison_event import PoisonEvent


def fold_key(connection: Any, projection: Projection[Any], key: str, *, up_to: int) -> KeyFold | None:
    """Fold one key's history up to a position; None without any history. Raises PoisonEvent."""
    fold: KeyFold | None = None
    for position, event in history_of(connection, projection, key, up_to=up_to):
        try:
            fold = fold or KeyFold(projection, key)
            fold.apply(event, position)
        except Exception as error:
            raise PoisonEvent(projection.name, key, position, reason_of(error)) from error
    return fold


def history_of(
    connection: Any, projection: Projection[Any], key: str, *, up_to: int
) -> Iterator[tuple[int, Event]]:
    """The events that a key's row is folded from, with their positions; without those in quarantine."""
    stored = events_of_key(
        connection,
        key,
        projection.keyed_by,
        topics_of(projection),
        up_to=up_to,
        left_out_by=projection.name,
    )
    for one in stored:
        try:
            event = CODEC.decode(one.topic, one.state)
        except UndecodableEvent as error:
            raise PoisonEvent(projection.name, key, one.position, reason_of(error)) from error
        if event is not None:
            yield one.position, event


def fold_keys(
    connection: Any, projection: Projection[Any], keys: Sequence[str], *, up_to: int
) -> dict[str, KeyFold | None]:
    """Fold the histories of some keys at once; None without any history. Those that cannot be folded are
    missing.
    """
    folds: dict[str, KeyFold | None] = dict.fromkeys(keys)
    events = events_of_keys(
        connection, list(keys), projection.keyed_by, topics_of(projection), up_to=up_to,
        left_out_by=projection.name,
    )  # fmt: skip
    for one in events:
        key = projection.key_of(one.stream_id, one.customer_id)
        if key is None or key not in folds:
            continue
        try:
            event = CODEC.decode(one.topic, one.state)
            if event is not None:
                fold = folds[key] = folds[key] or KeyFold(projection, key)
                fold.apply(event, one.position)
        except Exception:
            # It is parked, or will be.
            del folds[key]
    return folds


def lengths_of_histories(
    connection: Any, projection: Projection[Any], keys: Sequence[str], *, up_to: int, count_max: int
) -> dict[str, int]:
    """How many events the row of each key is folded from; counted up to `count_max`."""
    return count_events_of_keys(
        connection, list(keys), projection.keyed_by, topics_of(projection), up_to=up_to, count_max=count_max
    )
