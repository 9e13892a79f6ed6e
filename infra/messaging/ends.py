"""Where the relay's own part of the stream ends, whatever others have put behind it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import structlog

from infra.event_store.log import LoggedEvent
from infra.messaging.arrivals import logged_at
from infra.messaging.client import StreamClient
from infra.messaging.epochs import NOTED_EPOCH
from infra.messaging.foreign import ForeignMessages
from infra.messaging.headers import METADATA, EventMetadata, metadata_of
from infra.messaging.reading import raw_messages
from infra.messaging.stamps import Origin, Stamps
from infra.messaging.stored import Stored, stored_at
from infra.messaging.subjects import STREAM

#: The walk back from the end takes so many messages at first, then more at a time.
PAGE_MESSAGES: Final = 64
PAGE_MESSAGES_MAX: Final = 16_384
#: From so many on it is worth telling that the walk takes its time.
TOLD_FROM: Final = 20_000

log = structlog.get_logger(__name__)

#: Of these events, the positions at which the log has exactly them.
InLog = Callable[[Sequence[LoggedEvent]], Awaitable[set[int]]]


class Ambiguous(RuntimeError):
    """It cannot be told whether what stands at the stream's end was written by the relay."""


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """`sequence`: the stream's last one, behind which the next batch has to stand.

    `metadata` and `data`: the relay's last message, None when the stream holds nothing of the relay's.
    `foreign` messages stand behind that one.
    """

    sequence: int
    metadata: EventMetadata | None = None
    data: bytes = b""
    foreign: int = 0

    @property
    def position(self) -> int:
        """The log position of the relay's last message; 0 for none."""
        return 0 if self.metadata is None else self.metadata.position


@dataclass(slots=True)
class _Page:
    """What a piece of the stream holds: the last genuine message, and by origin what else."""

    genuine: Stored | None = None
    unstamped: list[tuple[EventMetadata, bytes]] = field(default_factory=list[tuple[EventMetadata, bytes]])
    strange: EventMetadata | None = None
    claims: list[EventMetadata] = field(default_factory=list[EventMetadata])
    foreign: list[tuple[int, Origin]] = field(default_factory=list[tuple[int, Origin]])


async def end_of_stream(
    client: StreamClient,
    stamps: Stamps,
    in_log: InLog,
    *,
    seconds: float,
    foreign: ForeignMessages | None = None,
    known: int = 0,
) -> StreamEnd:
    """Where the stream ends, as its leader says, and the last message there that the relay wrote.

    Messages behind it are counted in `foreign`, those up to sequence `known` were counted before. Messages
    that may be older than the stamps count when the log has exactly them. Raises NotFoundError when there is
    no stream, and Ambiguous.
    """
    info = await client.jetstream(timeout=seconds).stream_info(STREAM)
    first, last = info.state.first_seq, info.state.last_seq
    if not info.state.messages:
        return StreamEnd(last)
    found = await stored_at(client, last, seconds=seconds)
    if found is not None and stamps.origin(*found) in ("genuine", "earlier"):
        return StreamEnd(last, metadata_of(found.raw_headers), found.data)
    end = await _walk_back(
        client, stamps, in_log, first, last, ForeignMessages() if foreign is None else foreign, known
    )
    if end.metadata is None or stamps.knows(end.metadata.epoch):
        return end
    noted = (info.config.metadata or {}).get(NOTED_EPOCH)
    # A message that only says so does not make a stream another shop's while ours is noted there.
    return StreamEnd(last, foreign=end.foreign) if stamps.knows(noted) else end


async def _walk_back(
    client: StreamClient,
    stamps: Stamps,
    in_log: InLog,
    first: int,
    last: int,
    foreign: ForeignMessages,
    known: int,
) -> StreamEnd:
    passed, size, upper = 0, PAGE_MESSAGES, last
    best: tuple[EventMetadata, bytes] | None = None
    behind: list[EventMetadata] = []
    strange: EventMetadata | None = None
    while upper >= first:
        lower = max(first, upper - size + 1)
        page = await _page(client, stamps, lower, upper)
        new = [one for one in page.foreign if one[0] > known]
        if new:
            foreign.found(*new[-1], count=len(new))
        passed += len(page.foreign)
        strange = strange or page.strange
        if page.genuine is not None:
            return StreamEnd(last, metadata_of(page.genuine.raw_headers), page.genuine.data, passed)
        in_page = await in_log([logged_at(*one) for one in page.unstamped]) if page.unstamped else set[int]()
        matching = [one for one in page.unstamped if one[0].position in in_page]
        behind += page.claims + [
            metadata for metadata, _ in page.unstamped if metadata.position not in in_page
        ]
        higher = max(matching, key=lambda one: one[0].position, default=None)
        if higher is not None and (best is None or higher[0].position > best[0].position):
            best = higher
        elif best is not None:
            # Two pages of what the log has, and the earlier one no further: copies of old messages end here.
            break
        upper, size = lower - 1, min(size * 4, PAGE_MESSAGES_MAX)
        if last - upper >= TOLD_FROM:
            log.info("Looking for the relay's last message", sequence=upper, messages_passed_over=passed)
    foreign.report()
    _require_plain(best[0] if best else None, behind)
    if best is not None:
        return StreamEnd(last, *best, passed)
    return StreamEnd(last, strange, b"", passed)


async def _page(client: StreamClient, stamps: Stamps, first: int, last: int) -> _Page:
    page = _Page()
    async with aclosing(raw_messages(client, first, last)) as messages:
        async for message in messages:
            origin = stamps.origin(*message)
            if origin in ("genuine", "earlier"):
                # What stood before it does not matter any more.
                page = _Page(genuine=message)
                continue
            if origin == "unstamped":
                page.unstamped.append((metadata_of(message.raw_headers), message.data))
            else:
                page.foreign.append((message.sequence, origin))
                if origin == "strange":
                    page.strange = metadata_of(message.raw_headers)
                elif stamps.stamped_from and METADATA.search(message.raw_headers):
                    page.claims.append(metadata_of(message.raw_headers))
    return page


def _require_plain(last: EventMetadata | None, others: list[EventMetadata]) -> None:
    """Raises Ambiguous when messages without a stamp go on where the log's own end, as they do after the
    log was set back.
    """
    position = 0 if last is None else last.position
    for metadata in others:
        if metadata.previous_position == position < metadata.position:
            raise Ambiguous(
                f"the stream goes on at position {metadata.position} with a message that the log does not "
                f"have, "
                f"and whose stamp "
                "is missing or of a key that the log does not have (any more): was the log set back to an "
                "earlier moment?"
            )
