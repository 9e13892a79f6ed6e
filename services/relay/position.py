"""The relay's position: derived from the stream and checked against the log, never stored."""

from typing import Final

from infra.event_store.reader import LogReader
from infra.messaging.client import StreamClient
from infra.messaging.ends import Ambiguous, StreamEnd, end_of_stream
from infra.messaging.foreign import ForeignMessages
from infra.messaging.stamps import Stamps

DECIDE: Final = "see `clienteling events new-epoch`"


class StreamDiverged(RuntimeError):
    """A stream divergence: the stream does not go on from this log.

    Publishing would mix two histories, so nothing is published.
    """


async def find_end_of_stream(
    client: StreamClient,
    stamps: Stamps,
    reader: LogReader,
    foreign: ForeignMessages,
    *,
    seconds: float,
    known: int = 0,
) -> StreamEnd:
    """Where the stream ends, checked against the log; messages of others behind sequence `known` are counted
    in `foreign`.

    Raises StreamDiverged, and NotFoundError when there is no stream.
    """
    try:
        end = await end_of_stream(client, stamps, reader.has, seconds=seconds, foreign=foreign, known=known)
    except Ambiguous as error:
        raise StreamDiverged(f"{error} ({DECIDE})") from error
    await check_stream(end, reader, stamps.epoch)
    return end


async def check_stream(end: StreamEnd, reader: LogReader, epoch: str) -> None:
    """Raises StreamDiverged unless the stream's last message is an event of this log, in this epoch."""
    metadata = end.metadata
    if metadata is None:
        return
    if metadata.epoch != epoch:
        raise StreamDiverged(
            f"the stream holds epoch {metadata.epoch} of a log, this log is in epoch {epoch}: it is another "
            "shop's stream, "
            f"or the log was replaced ({DECIDE})"
        )
    stands = await reader.event_at(metadata.position)
    if stands == (metadata.stream_id, metadata.version, end.data):
        return
    last = await reader.last_position()
    if metadata.position > last:
        raise StreamDiverged(
            f"the stream is ahead of the log: it ends at position {metadata.position}, the log at {last}. "
            f"Was the log set back to an earlier moment? ({DECIDE})"
        )
    found = "nothing" if stands is None else f"version {stands[1]} of {stands[0]}"
    if stands is not None and stands[:2] == (metadata.stream_id, metadata.version):
        found = "it with another content"
    raise StreamDiverged(
        f"the stream's last message is version {metadata.version} of {metadata.stream_id} at position "
        f"{metadata.position}; "
        f"the log has {found} there. Was the log set back to an earlier moment? ({DECIDE})"
    )
