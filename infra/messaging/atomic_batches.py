"""Publishing runs of the log as atomic batches (ADR-50): each stands in the stream whole, in its place, or
not at all.
"""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from infra.event_store.log import LoggedEvent
from infra.messaging.client import StreamClient
from infra.messaging.frames import BEGINNING, FrameWriter

#: The server's code for a batch too many: it holds 50 unfinished ones for a stream.
_TOO_MANY = 10210
_TOO_MANY_SAID = b'"err_code":%d' % _TOO_MANY


class BatchRefused(RuntimeError):
    """The server did not store a batch: another writer was first, the stream changed, or it is out of room.

    `crowded_out`: it holds as many unfinished batches as it takes, all of them others'.
    """

    def __init__(self, why: str, *, crowded_out: bool = False) -> None:
        super().__init__(why)
        self.crowded_out = crowded_out


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch on its way. `committed` will hold the sequence of its last message, or BatchRefused.

    One that is not `atomic` was sent as messages of their own.
    """

    atomic: bool
    events: int
    last_position: int
    last_sequence: int
    committed: "asyncio.Future[int]"


class _Problem(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _Answer(msgspec.Struct):
    seq: int = 0
    count: int = 0
    error: _Problem | None = None


class AtomicBatches:
    """Sends batches over one connection.

    Several may be on their way: each is fenced by where the one before must end, and by its last message.

    When one is refused the ones behind it are refused too, because their fence no longer holds, also where a
    stranger's messages fill its place.
    """

    def __init__(self, client: StreamClient, writer: FrameWriter) -> None:
        self._client = client
        self._writer = writer
        self._inbox = client.new_inbox()
        self._prefix_length = len(self._inbox) + 1
        self._names = (b"%s-%d" % (self._inbox[-22:].encode(), number) for number in itertools.count(1))
        self._waiting: dict[bytes, SentBatch] = {}
        self._crowded_out: set[bytes] = set()
        #: The last sequence that the server has said to hold a message of ours.
        self._stored = 0
        self._decode = msgspec.json.Decoder(_Answer).decode

    async def start(self) -> None:
        """Listen for answers."""
        self._subscription = await self._client.subscribe_sink(f"{self._inbox}.*", self._answered)

    async def stop(self) -> None:
        """Stop listening; batches on their way are given up."""
        for batch in self._waiting.values():
            batch.committed.cancel()
        self._waiting.clear()
        if not self._client.is_closed:
            await self._subscription.unsubscribe()

    async def send(
        self, events: Sequence[LoggedEvent], *, last_sequence: int, atomic: bool = True
    ) -> SentBatch:
        """Send 1 to 500 events, the most a batch may hold, that belong right behind `last_sequence`.

        Does not wait for the answer.

        As messages of their own (not `atomic`) the first of them may be stored though the batch is refused.
        Whoever awaits `committed` sets the deadline: when the connection breaks, no answer ever comes.
        """
        name = next(self._names)
        last = self._writer.last
        behind = last if last is not None and last.sequence == last_sequence != self._stored else None
        reply = self._inbox.encode() + b"." + name
        frames = self._writer.frames(
            events, batch_id=name if atomic else None, last_sequence=last_sequence, reply=reply, behind=behind
        )
        batch = SentBatch(
            atomic,
            len(events),
            events[-1].position,
            last_sequence + len(events),
            asyncio.get_running_loop().create_future(),
        )
        self._waiting[name] = batch
        await self._client.send_frames(frames)
        return batch

    def _answered(self, subject: bytes, _reply: bytes, payload: bytes, headers: bytes) -> None:
        name = subject[self._prefix_length :]
        if name.endswith(BEGINNING):
            if self._waiting and payload and _TOO_MANY_SAID in payload:
                self._crowded_out.add(name.removesuffix(BEGINNING))
            return
        batch = self._waiting.pop(name, None)
        if batch is None or batch.committed.done():
            return
        refusal = self._refusal(batch, payload, headers)
        if refusal is not None and name in self._crowded_out:
            refusal.crowded_out = True
        self._crowded_out.discard(name)
        if refusal:
            batch.committed.set_exception(refusal)
            batch.committed.exception()  # Seen, even when nobody comes to await it.
        else:
            self._stored = batch.last_sequence
            batch.committed.set_result(batch.last_sequence)

    def _refusal(self, batch: SentBatch, payload: bytes, headers: bytes) -> BatchRefused | None:
        if not payload:
            status = headers.partition(b"\r\n")[0].decode("ascii", "replace")
            return BatchRefused(f"no stream took the batch ({status})")
        try:
            answer = self._decode(payload)
        except msgspec.DecodeError as error:
            return BatchRefused(f"the answer to a batch cannot be read: {error}")
        if answer.error is not None:
            code = answer.error.err_code
            return BatchRefused(f"{answer.error.description} ({code})", crowded_out=code == _TOO_MANY)
        count = batch.events if batch.atomic else 0
        if (answer.seq, answer.count) != (batch.last_sequence, count):
            return BatchRefused(
                f"a batch of {batch.events} was to end at sequence {batch.last_sequence}, "
                f"the server says {answer.count} ending at {answer.seq}"
            )
        return None
