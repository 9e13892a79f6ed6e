"""From messages to events of the log.

What the relay did not write is passed over and counted: it can neither stop a reader nor get into a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from infra.event_store.log import LoggedEvent
from infra.messaging.foreign import ForeignMessages
from infra.messaging.headers import METADATA, EventMetadata, decoded, metadata_of
from infra.messaging.pulls import Delivered
from infra.messaging.stamps import Stamps


@dataclass(slots=True)
class Arrived:
    """A batch, sorted: `events` are the relay's.

    Each of `unstamped`, by its sequence, may be; the log has to be asked.

    `strange`: some name an epoch that is not known here (yet).
    """

    events: list[LoggedEvent] = field(default_factory=list[LoggedEvent])
    unstamped: dict[int, LoggedEvent] = field(default_factory=dict[int, LoggedEvent])
    foreign: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    strange: bool = False

    def settle(self, known: set[int]) -> None:
        """The log has events at these positions just as they came without a stamp; the others are
        nobody's.
        """
        self.foreign += [
            (sequence, "unstamped") for sequence, one in self.unstamped.items() if one.position not in known
        ]

    def count(self, messages: ForeignMessages) -> None:
        """Count what was passed over, once it was."""
        for sequence, origin in self.foreign:
            messages.found(sequence, origin)
        messages.report()


class ArrivalReader:
    """Reads batches for all projections of a process: each message once."""

    def __init__(self, stamps: Stamps) -> None:
        self.stamps = stamps
        self._topic_of = lru_cache(maxsize=4_096)(decoded)

    def logged(self, messages: Sequence[Delivered]) -> Arrived:
        """The events of a batch, as they came."""
        arrived = Arrived()
        for message in messages:
            event = self._genuine(message)
            if event is None:
                self._pass_over(arrived, message)
            else:
                arrived.events.append(event)
        return arrived

    def _genuine(self, message: Delivered) -> LoggedEvent | None:
        """The event, when the relay wrote the message in the current epoch."""
        match = METADATA.search(message.raw_headers)
        if match is None:
            return None
        lines, position, previous, epoch, version, customer, topic, stream_id, stamp = match.groups()
        if epoch != self.stamps.epoch_bytes or not self.stamps.is_genuine(
            epoch, message.sequence, lines, message.data, stamp
        ):
            return None
        return LoggedEvent(
            int(position),
            int(previous),
            decoded(stream_id),
            int(version),
            self._topic_of(topic),
            None if customer is None else decoded(customer),
            message.data,
        )

    def _pass_over(self, arrived: Arrived, message: Delivered) -> None:
        origin = self.stamps.origin(message.sequence, message.raw_headers, message.data)
        if origin == "unstamped":
            metadata = metadata_of(message.raw_headers)
            if metadata.epoch == self.stamps.epoch:
                arrived.unstamped[message.sequence] = logged_at(metadata, message.data)
                return
            origin = "earlier"
        arrived.strange = arrived.strange or origin == "strange"
        arrived.foreign.append((message.sequence, origin))


def logged_at(metadata: EventMetadata, content: bytes) -> LoggedEvent:
    """A message as the event of the log that it is a copy of."""
    return LoggedEvent(
        metadata.position,
        metadata.previous_position,
        metadata.stream_id,
        metadata.version,
        metadata.topic,
        metadata.customer_id,
        content,
    )
