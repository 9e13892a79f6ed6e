"""The one declaration of the stream, and making it anew."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError, ServerError

from infra.messaging.subjects import ALL_SUBJECTS, STREAM
from infra.settings import Settings

log = structlog.get_logger(__name__)

#: The server's code for "error creating store for stream", and how long it is given to be done with the old.
STORE_FAILED = 10049
STORE_PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
#: Name in the stream's metadata of every epoch, the first one first, as JSON:
#: `[{"epoch": …, "common_position": …}, …]`.
NOTED_LINEAGE = "clienteling-lineage"
#: What is raised where the stream is asked for and there is none.
NoStreamThere = NotFoundError

#: What the stream must be like; other settings of an existing stream are the operator's.
_HELD = (
    "subjects",
    "retention",
    "storage",
    "discard",
    "max_msgs",
    "max_bytes",
    "max_age",
    "num_replicas",
    "duplicate_window",
    "deny_delete",
    "deny_purge",
    "allow_atomic",
)


class StreamUnfit(RuntimeError):
    """The stream has settings that the server does not let us bring back."""


def stream_config(settings: Settings) -> StreamConfig:
    """The stream as it has to be."""
    return StreamConfig(
        name=STREAM,
        description="The log of clienteling, in its order. A copy: it is filled again from the log.",
        subjects=[ALL_SUBJECTS],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_msgs=-1,
        max_bytes=-1,
        max_age=0,
        num_replicas=settings.stream_replicas,
        duplicate_window=settings.stream_duplicate_window_seconds,
        deny_delete=True,
        deny_purge=True,
        allow_atomic=True,
    )


async def declare_stream(jetstream: JetStreamContext, settings: Settings) -> dict[str, tuple[Any, Any]]:
    """Make the stream, or bring an existing one to what it has to be; what differed, as (found, wanted) by
    setting.

    Differences are logged before they are put right. What the server refuses to change (another storage,
    another retention) raises StreamUnfit with its reason and the command that makes the stream anew.
    """
    wanted = stream_config(settings)
    try:
        found = (await jetstream.stream_info(STREAM)).config
    except NotFoundError:
        await jetstream.add_stream(wanted)
        log.info("Made the stream", stream=STREAM, replicas=wanted.num_replicas)
        return {}
    changes = {
        name: (getattr(found, name), getattr(wanted, name))
        for name in _HELD
        if getattr(found, name) != getattr(wanted, name)
    }
    if changes:
        shown = {name: f"{was!s} -> {becomes!s}" for name, (was, becomes) in changes.items()}
        log.warning("The stream's settings differ and are brought back", stream=STREAM, **shown)
        try:
            await jetstream.update_stream(
                found.evolve(**{name: becomes for name, (_, becomes) in changes.items()})
            )
        except APIError as error:
            raise StreamUnfit(
                f"the stream {STREAM} has other settings ({', '.join(shown)}) and the server does not change "
                f"them: "
                f"{error.description}; `clienteling events republish --anew` makes it anew from the log"
            ) from error
    return changes


async def close_to_deletion(jetstream: JetStreamContext, name: str) -> None:
    """See to it that messages of a stream can neither be deleted nor purged, for good."""
    config = (await jetstream.stream_info(name)).config
    if not (config.deny_delete and config.deny_purge):
        log.warning("Messages could be taken out of a stream; closed to it", stream=name)
        await jetstream.update_stream(config.evolve(deny_delete=True, deny_purge=True))


async def bounds_of_stream(jetstream: JetStreamContext) -> tuple[int, int] | None:
    """First and last sequence of what the stream holds; None when it is empty or not there."""
    try:
        state = (await jetstream.stream_info(STREAM)).state
    except NotFoundError:
        return None
    return (state.first_seq, state.last_seq) if state.messages else None


async def make_stream_anew(jetstream: JetStreamContext, settings: Settings) -> int:
    """Delete the stream with all its consumers and declare it again, empty; the sequence its first message
    will have.

    Nothing in it can be deleted or purged, so this is the only way. Sequences go on behind the old ones and
    leave one out: so the fence of a relay that still remembers the old stream never fits the new one, not
    even while it is empty. The epochs that were noted are noted from the beginning: a database that was
    restored may have lost them.
    """
    first, lineage = 1, None
    with suppress(NotFoundError):
        found = await jetstream.stream_info(STREAM)
        first, lineage = found.state.last_seq + 2, (found.config.metadata or {}).get(NOTED_LINEAGE)
        await jetstream.delete_stream(STREAM)
    wanted = stream_config(settings)
    if lineage is not None:
        wanted = wanted.evolve(metadata={NOTED_LINEAGE: lineage})
    await _add_behind_a_deletion(jetstream, wanted.evolve(first_seq=first) if first > 1 else wanted)
    log.info("Made the stream anew", stream=STREAM, first_sequence=first)
    return first


async def _add_behind_a_deletion(jetstream: JetStreamContext, config: StreamConfig) -> None:
    """Add a stream where one was deleted a moment ago.

    With the last stream of an account the server removes its folders, after it has answered: a new stream may
    find its folder gone again while it is made.
    """
    for pause_seconds in STORE_PAUSES_SECONDS:
        try:
            await jetstream.add_stream(config)
        except ServerError as error:
            if error.err_code != STORE_FAILED:
                raise
            await asyncio.sleep(pause_seconds)
        else:
            return
    await jetstream.add_stream(config)


async def first_sequence_where(first: int, last: int, holds: Callable[[int], Awaitable[bool]]) -> int:
    """The first sequence for which something holds that then holds for all behind it, too; one behind
    `last` when it never does.
    """
    low, high = max(first, 1), last + 1
    while low < high:
        middle = (low + high) // 2
        if await holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
