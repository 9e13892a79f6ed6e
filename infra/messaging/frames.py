"""Events of the log as NATS protocol frames.

The payload is copied as it is stored; nothing is decoded or encoded.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from domain.ids import partition_of
from domain.topics import DEPRECATED
from infra.event_store.epoch import Epoch
from infra.event_store.lineage import Lineage
from infra.event_store.log import LoggedEvent
from infra.messaging.context_headers import context_lines
from infra.messaging.headers import SCHEMA_ROOT, encoded
from infra.messaging.stamps import stamp
from infra.messaging.subjects import subject_prefix_of

#: `occurred_at` is the first field of every event, so its value is found without reading further.
_TIME_FIRST = re.compile(rb'\{"occurred_at":"([0-9T:.Z+-]{19,40})"')
_TIME_ANYWHERE = re.compile(rb'"occurred_at"\s*:\s*"([0-9T:.Z+-]{19,40})"')

_HEADERS = (
    b"NATS/1.0\r\n%bNats-Msg-Id: %b-%d-%b\r\n%bclienteling-stamp: %b\r\nce-id: %b/%d/%b\r\n%b"
    b"ce-sequence: %018d\r\n%b%b"
)
_METADATA = (
    b"clienteling-position: %d\r\nclienteling-previous-position: %d\r\n"
    b"clienteling-epoch: %b\r\nclienteling-version: %d\r\n%b"
    b"%bce-subject: %b\r\n"
)

#: Ends the subject of the answer to a batch's first message.
BEGINNING = b"-begun"


class Written(NamedTuple):
    """A message that was written into a frame: its subject and id, and the sequence it is to have."""

    subject: bytes
    message_id: bytes
    sequence: int


class FrameTooLarge(ValueError):
    """An event that the NATS server would refuse for its size; the message names its position."""


class FrameWriter:
    """Writes the HPUB frames of atomic batches (ADR-50) for the last of the log's epochs, stamped with its
    key. `source` is the house that the events are of (`ce-source`).
    """

    def __init__(self, epochs: Sequence[Epoch], source: str, *, message_bytes_max: int) -> None:
        self._lineage = Lineage.of(epochs)
        self._epoch = epochs[-1].epoch.encode()
        self._recorded_from = self._lineage.recorded_from
        self._stamp_key = epochs[-1].stamp_key
        self._message_bytes_max = message_bytes_max
        #: The last message of the frames that were written last.
        self.last: Written | None = None
        self._partition_of = lru_cache(maxsize=65_536)(lambda key: b"%d" % partition_of(key))
        self._customer_line = lru_cache(maxsize=65_536)(_customer_line)
        self._parts_of = lru_cache(maxsize=4_096)(partial(_parts_of_topic, source.encode()))

    def frames(
        self,
        events: Sequence[LoggedEvent],
        *,
        batch_id: bytes | None,
        last_sequence: int,
        reply: bytes,
        behind: Written | None = None,
    ) -> bytes:
        """One batch: it is stored whole or not at all, and only if the stream ends at `last_sequence`.

        Without a `batch_id` each event is a message by itself, stored if the one before it was. `behind` is
        the message at `last_sequence` while nobody has heard yet whether it is stored: a stranger's in its
        place will not do. The answer to the last message goes to `reply`, one to the beginning of a longer
        batch to `reply` + BEGINNING. Raises FrameTooLarge.
        """
        return b"".join(self._pieces(events, batch_id, last_sequence, reply, behind))

    def _pieces(
        self,
        events: Sequence[LoggedEvent],
        batch_id: bytes | None,
        last_sequence: int,
        reply: bytes,
        behind: Written | None,
    ) -> Iterator[bytes]:
        # As few calls and texts for a message as it takes: benchmarks/relay.py.
        fences = _fences(batch_id, len(events), last_sequence, behind)
        singly = batch_id is None
        subject = mark = b""
        replies = _replies(reply, len(events), atomic=batch_id is not None)
        for event, sequence, fence, reply_to in zip(
            events, range(last_sequence + 1, last_sequence + 1 + len(events)), fences, replies, strict=True
        ):
            subject_prefix, topic_line, constant_lines = self._parts_of(event.topic)
            subject = subject_prefix + self._partition_of(event.customer_id or event.stream_id)
            customer_line = b"" if event.customer_id is None else self._customer_line(event.customer_id)
            stream_id = encoded(event.stream_id)
            metadata = _METADATA % (
                event.position,
                event.previous_position,
                self._epoch,
                event.version,
                customer_line,
                topic_line,
                stream_id,
            )
            mark = stamp(self._stamp_key, sequence, metadata, event.state)
            if singly:
                if behind is not None:
                    fence += b"Nats-Expected-Last-Msg-Id: %b\r\n" % behind.message_id
                behind = self._written(subject, event.position, mark, sequence)
            headers = _HEADERS % (
                fence,
                # The id has the stamp, which nobody can know beforehand: a message under the id of one to
                # come would keep that one out.
                self._epoch,
                event.position,
                mark,
                metadata,
                mark,
                stream_id,
                event.version,
                self._recorded_in(event.position),
                _time_line(event.state),
                event.position,
                context_lines(event),
                constant_lines,
            )
            size = len(headers) + len(event.state)
            if size > self._message_bytes_max:
                raise FrameTooLarge(
                    f"the event at position {event.position} takes {size:,} bytes on the stream; "
                    f"the NATS server allows {self._message_bytes_max:,} (max_payload)"
                )
            yield b"HPUB %b %b%d %d\r\n" % (subject, reply_to, len(headers), size)
            yield headers
            yield event.state
            yield b"\r\n"
        self.last = self._written(subject, events[-1].position, mark, last_sequence + len(events))

    def _written(self, subject: bytes, position: int, mark: bytes, sequence: int) -> Written:
        return Written(subject, b"%b-%d-%b" % (self._epoch, position, mark), sequence)

    def _recorded_in(self, position: int) -> bytes:
        if position > self._recorded_from:
            return self._epoch
        return self._lineage.recorded_in(position).encode()


def _replies(reply: bytes, messages: int, *, atomic: bool) -> list[bytes]:
    """Where the answer to each message of a batch goes: those to the last, and to the first of several."""
    replies = [b""] * messages
    replies[0] = reply + BEGINNING + b" " if atomic else b""
    replies[-1] = reply + b" "
    return replies


def _fences(batch_id: bytes | None, messages: int, last_sequence: int, behind: Written | None) -> list[bytes]:
    if batch_id is None:
        sequences = range(last_sequence, last_sequence + messages)
        return [b"Nats-Expected-Last-Sequence: %d\r\n" % sequence for sequence in sequences]
    batch = b"Nats-Batch-Id: %b\r\nNats-Batch-Sequence: " % batch_id
    fences = [b"%b%d\r\n" % (batch, number) for number in range(1, messages + 1)]
    fences[0] += b"Nats-Expected-Last-Sequence: %d\r\n" % last_sequence
    if behind is not None:
        # The server takes no `Nats-Expected-Last-Msg-Id` in a batch.
        fences[0] += (
            b"Nats-Expected-Last-Subject-Sequence: %d\r\nNats-Expected-Last-Subject-Sequence-Subject: %b\r\n"
            % (behind.sequence, behind.subject)
        )
    fences[-1] += b"Nats-Batch-Commit: 1\r\n"
    return fences


def _customer_line(customer_id: str) -> bytes:
    return b"clienteling-customer: %b\r\n" % encoded(customer_id)


def _parts_of_topic(source: bytes, topic: str) -> tuple[bytes, bytes, bytes]:
    name = encoded(topic)
    constant_lines = (
        b"ce-specversion: 1.0\r\nce-source: %b\r\nce-dataschema: %b%b\r\n"
        b"ce-datacontenttype: application/json\r\n%bcontent-type: application/json\r\n\r\n"
        % (source, SCHEMA_ROOT.encode(), name, _deprecation_lines(topic))
    )
    return subject_prefix_of(topic).encode(), b"ce-type: %b\r\n" % name, constant_lines


def _deprecation_lines(topic: str) -> bytes:
    """The attributes of CloudEvents' extension Deprecation, for a topic that will be written no more."""
    deprecation = DEPRECATED.get(topic)
    if deprecation is None:
        return b""
    return (
        f"ce-deprecated: true\r\nce-deprecationfrom: {deprecation.announced}T00:00:00Z\r\n"
        f"ce-deprecationsunset: {deprecation.sunset}T00:00:00Z\r\n"
        f"ce-deprecationmigration: {SCHEMA_ROOT}{deprecation.successor}\r\n"
    ).encode()


def _time_line(state: bytes) -> bytes:
    time = time_in(state)
    return b"ce-time: %b\r\n" % time if time else b""


def time_in(state: bytes) -> bytes | None:
    """When an event occurred, as its bytes say; `ce-time` is optional in CloudEvents, and an event that does
    not tell is carried all the same.
    """
    match = _TIME_FIRST.match(state) or _TIME_ANYWHERE.search(state)
    return match[1] if match else None
