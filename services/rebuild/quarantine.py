"""Leaving events out and taking them in again: the quarantine and the rows change together.

No rebuild or verification of the projection runs meanwhile: each knows from its beginning what is left out.
"""

from typing import Any

from domain.evolve import evolve
from infra import signals
from infra.dead_letters import parked_keys, quarantined_events
from infra.event_store.codec import UndecodableEvent
from infra.event_store.decoded_events import DecodedEvents
from infra.event_store.log import LoggedEvent
from infra.event_store.lookups import event_at, events_of_stream
from infra.event_store.quarantine import (
    EVERY_READER,
    leave_out,
    positions_left_out,
    take_in_again,
    take_in_for_every_reader,
)
from infra.postgres import connect
from infra.settings import Settings
from projections.kernel import Projection
from projections.registry import ALL
from services.projector.decoding import topics_of
from services.projector.folding import reason_of
from services.projector.parked_keys import NothingParked, RetryResult, discard, retry
from services.projector.poison_event import PoisonEvent
from services.projector.spot_check.key_history import fold_key
from services.rebuild.partial_rebuild import rebuild_keys
from services.rebuild.rebuild import alone


class NothingToLeaveOut(LookupError):
    """The event is not there, is of another key, or can be read: there is no reason to leave it out."""


def discard_first(
    settings: Settings, database_url: str, projection: Projection[Any], key: str
) -> RetryResult:
    """Leave the first event out that waits for a key, and take in the others.

    Raises NothingParked, LockHeld.
    """
    with alone(settings, database_url, [projection]):
        return signals.run(lambda: discard(settings, database_url, projection, key))


def discard_at(
    settings: Settings, database_url: str, projection: Projection[Any], key: str, position: int
) -> RetryResult:
    """Leave out an event that a projection cannot fold, whether it waits or not, and fold its key anew.

    Raises NothingToLeaveOut, LockHeld, OtherHistory, or PoisonEvent for another event that cannot be folded.
    """

    def before(connection: Any) -> None:
        event = _event(connection, position)
        if (projection, key) not in _concerned(event):
            raise NothingToLeaveOut(f"the event at position {position} is none of {key} in {projection.name}")
        try:
            fold_key(connection, projection, key, up_to=position)
        except PoisonEvent as poison:
            if poison.position != position:
                raise
            leave_out(connection, projection.name, key, position, event.topic, event.stream_id, poison.reason)
        else:
            raise NothingToLeaveOut(
                f"{projection.name} can take in the event at position {position}: rebuild it"
            )

    with alone(settings, database_url, [projection]):
        return RetryResult(
            key, rebuild_keys(settings, database_url, projection, [key], before=before), 0, None
        )


def retry_key(settings: Settings, database_url: str, projection: Projection[Any], key: str) -> RetryResult:
    """Take in again what of a key is left out, and then what waits.

    When all of it goes, the row is as if nothing had ever been left out; else what cannot go in stays out.
    Raises NothingParked, LockHeld or OtherHistory.
    """
    with connect(settings, database_url, name="retry") as connection:
        left_out = len(quarantined_events(connection, projection.name, key))
        waiting = sum(one.events for one in parked_keys(connection, projection.name, key))
    if not left_out:
        return _retry(settings, database_url, projection, key)
    try:
        with alone(settings, database_url, [projection]):
            rebuild_keys(
                settings,
                database_url,
                projection,
                [key],
                before=lambda connection: take_in_again(connection, projection.name, key),
            )
        return RetryResult(key, left_out + waiting, 0, None)
    except PoisonEvent as poison:
        try:
            done = _retry(settings, database_url, projection, key)
        except NothingParked:
            done = RetryResult(key, 0, 0, None)
        return RetryResult(key, done.taken_in, done.waiting + left_out, poison.reason)


def discard_for_every_reader(settings: Settings, database_url: str, position: int) -> RetryResult:
    """Leave an event out everywhere, commands included, past which its aggregate cannot be read.

    Run again after it was interrupted, it goes on. Raises NothingToLeaveOut, LockHeld or OtherHistory.
    """
    with alone(settings, database_url, ALL):
        with connect(settings, database_url, name="discard") as connection:
            event = _event(connection, position)
            stream_id = event.stream_id
            reason = _unreadable_at(connection, stream_id, position)
            leave_out(connection, EVERY_READER, stream_id, position, event.topic, stream_id, reason)
        taken_in = waiting = 0
        for projection, key in _concerned(event):
            try:
                done = _retry(settings, database_url, projection, key)
                taken_in, waiting = taken_in + done.taken_in, waiting + done.waiting
            except NothingParked:
                # It may have been folded, where the aggregate alone cannot be read past it.
                rebuild_keys(settings, database_url, projection, [key])
    return RetryResult(stream_id, taken_in, waiting, None)


def retry_for_every_reader(settings: Settings, database_url: str, position: int) -> RetryResult:
    """Take an event in again that every reader leaves out.

    A projection that still cannot fold it leaves it out by itself. Raises NothingParked, NothingToLeaveOut,
    LockHeld or OtherHistory.
    """
    with connect(settings, database_url, name="retry") as connection:
        found = quarantined_events(connection, EVERY_READER, str(position))
        if not found:
            raise NothingParked(f"the event at position {position} is not left out by every reader")
        event = _event(connection, position)
        stream_id, concerned = event.stream_id, _concerned(event)
        try:
            return RetryResult(stream_id, 0, 1, _unreadable_at(connection, stream_id, position))
        except NothingToLeaveOut:
            pass
        # At every moment each projection leaves it out or has it in its rows.
        with connection.transaction():
            for projection, key in concerned:
                leave_out(connection, projection.name, key, position, event.topic, stream_id, found[0].reason)
            take_in_for_every_reader(connection, position)
    done = [retry_key(settings, database_url, projection, key) for projection, key in concerned]
    reasons = [one.reason for one in done if one.reason is not None]
    return RetryResult(
        stream_id,
        sum(one.taken_in for one in done),
        sum(one.waiting for one in done),
        reasons[0] if reasons else None,
    )


def _retry(settings: Settings, database_url: str, projection: Projection[Any], key: str) -> RetryResult:
    return signals.run(lambda: retry(settings, database_url, projection, key))


def _event(connection: Any, position: int) -> LoggedEvent:
    event = event_at(connection, position)
    if event is None:
        raise NothingToLeaveOut(f"the log has no event at position {position}")
    return event


def _concerned(event: LoggedEvent) -> list[tuple[Projection[Any], str]]:
    """The projections that fold an event, each with its key."""
    return [
        (projection, key)
        for projection in ALL
        if (key := projection.key_of(event.stream_id, event.customer_id)) is not None
        and event.topic in topics_of(projection)
    ]


def _unreadable_at(connection: Any, stream_id: str, position: int) -> str:
    """Why an aggregate cannot be read past this position. Raises NothingToLeaveOut when it can."""
    left_out = positions_left_out(connection) - {position}
    state: Any = None
    for stored in events_of_stream(connection, stream_id):
        if stored.position > position:
            break
        try:
            for _, event in DecodedEvents([stored], left_out):
                state = evolve(state, event)
        except Exception as error:
            if stored.position == position:
                return reason_of(error.__cause__ if isinstance(error.__cause__, UndecodableEvent) else error)
            raise NothingToLeaveOut(
                f"the history of {stream_id} cannot be read past position {stored.position}; "
                "leave that event out first"
            ) from error
    raise NothingToLeaveOut(
        f"the event at position {position} can be read: there is no reason to leave it out"
    )
