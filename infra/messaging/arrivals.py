"""From messages to events of the log: what a projection wants is made ready, of everything else only its
metadata is read.

What the relay did not write is passed over and counted: it can neither stop a reader nor get into a table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from infra.event_store.log import LoggedEvent
from infra.messaging.foreign import ForeignMessages
from infra.messaging.headers import METADATA, EventMetadata, decoded, encoded, metadata_of
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
    """Reads batches for one reader, which wants some topics."""

    def __init__(self, stamps: Stamps, topics: Iterable[str]) -> None:
        self._stamps = stamps
        self._topics = {encoded(topic): topic for topic in topics}

    def logged(self, messages: Sequence[Delivered]) -> Arrived:
        """The events of a batch, as they came.

        One of a topic nobody wants has its metadata and nothing else.
        """
        arrived = Arrived()
        events = arrived.events
        topics, stamps, metadata = self._topics, self._stamps, METADATA.search
        current, genuine = stamps.epoch_bytes, stamps.is_genuine
        for message in messages:
            match = metadata(message.raw_headers)
            if match is None:
                arrived.foreign.append((message.sequence, "foreign"))
                continue
            lines, position, previous, epoch, version, customer, topic, stream_id, stamp = match.groups()
            if epoch != current or not genuine(epoch, message.sequence, lines, message.data, stamp):
                self._pass_over(arrived, message)
                continue
            name = topics.get(topic)
            wanted = name is not None
            events.append(
                LoggedEvent(
                    int(position),
                    int(previous),
                    decoded(stream_id),
                    int(version),
                    name if wanted else "",
                    decoded(customer) if wanted and customer is not None else None,
                    message.data if wanted else b"",
                )
            )
        return arrived

    def _pass_over(self, arrived: Arrived, message: Delivered) -> None:
        origin = self._stamps.origin(message.sequence, message.raw_headers, message.data)
        if origin == "unstamped":
            metadata = metadata_of(message.raw_headers)
            if metadata.epoch == self._stamps.epoch:
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
