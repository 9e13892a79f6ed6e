"""The one declaration of the stream, and where it ends."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from infra.messaging.headers import Place, place_from
from infra.messaging.subjects import ALL_SUBJECTS, STREAM
from infra.settings import Settings

log = structlog.get_logger(__name__)

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


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Where the stream ends: its last sequence, the place of its last message (None when it holds none) and its bytes."""

    sequence: int
    place: Place | None
    data: bytes = b""

    @property
    def position(self) -> int:
        """The log position of the last message; 0 for an empty stream."""
        return 0 if self.place is None else self.place.position


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
    """Make the stream, or bring an existing one to what it has to be; what differed, as (found, wanted) by setting.

    Differences are logged before they are put right. What the server refuses to change (taking back `deny_delete`,
    another storage) raises nats.js.errors.APIError with its reason.
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
        await jetstream.update_stream(
            found.evolve(**{name: becomes for name, (_, becomes) in changes.items()})
        )
    return changes


async def end_of_stream(jetstream: JetStreamContext) -> StreamEnd:
    """Where the stream ends, as its leader says (a direct get may be answered by a lagging copy).

    Raises NotFoundError when there is no stream, and NotFromTheLog when its last message is not the relay's.
    """
    state = (await jetstream.stream_info(STREAM)).state
    if state.messages == 0:
        return StreamEnd(state.last_seq, None)
    last = await jetstream.get_last_msg(STREAM, ALL_SUBJECTS)
    return StreamEnd(max(state.last_seq, last.seq or 0), place_from(last.headers or {}), last.data or b"")


async def bounds_of_stream(jetstream: JetStreamContext) -> tuple[int, int] | None:
    """First and last sequence of what the stream holds; None when it is empty or not there."""
    try:
        state = (await jetstream.stream_info(STREAM)).state
    except NotFoundError:
        return None
    return (state.first_seq, state.last_seq) if state.messages else None


async def make_stream_anew(jetstream: JetStreamContext, settings: Settings) -> int:
    """Delete the stream with all its consumers and declare it again, empty; the sequence its first message will have.

    Nothing in it can be deleted or purged, so this is the only way. Sequences go on behind the old ones and leave one out: so
    the fence of a relay that still remembers the old stream never fits the new one, not even while it is empty.
    """
    first = 1
    with suppress(NotFoundError):
        first = (await jetstream.stream_info(STREAM)).state.last_seq + 2
        await jetstream.delete_stream(STREAM)
    wanted = stream_config(settings)
    await jetstream.add_stream(wanted.evolve(first_seq=first) if first > 1 else wanted)
    log.info("Made the stream anew", stream=STREAM, first_sequence=first)
    return first


async def place_at(jetstream: JetStreamContext, sequence: int) -> Place:
    """The place of the message at a sequence. Raises NotFoundError when it is gone."""
    return place_from((await jetstream.get_msg(STREAM, seq=sequence)).headers or {})


async def message_at(jetstream: JetStreamContext, sequence: int) -> tuple[Place, bytes] | None:
    """Place and bytes of the message at a sequence; None when it is gone."""
    try:
        message = await jetstream.get_msg(STREAM, seq=sequence)
    except NotFoundError:
        return None
    return place_from(message.headers or {}), message.data or b""


async def sequence_after(jetstream: JetStreamContext, position: int) -> int:
    """The stream sequence where the events behind a log position begin.

    Found by bisection, about 20 reads for a million messages. A lost message counts as being behind the position,
    so the answer is never too late; whoever starts there may see events it knows.
    """
    state = (await jetstream.stream_info(STREAM)).state

    async def behind(sequence: int) -> bool:
        try:
            return (await place_at(jetstream, sequence)).position > position
        except NotFoundError:
            return True

    return await first_sequence_where(state.first_seq, state.last_seq, behind)


async def first_sequence_where(first: int, last: int, holds: Callable[[int], Awaitable[bool]]) -> int:
    """The first sequence for which something holds that then holds for all behind it, too; one behind `last` when it never does."""
    low, high = max(first, 1), last + 1
    while low < high:
        middle = (low + high) // 2
        if await holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
