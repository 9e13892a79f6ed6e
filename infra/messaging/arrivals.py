"""From messages to events of the log: what a projection wants is made ready, of everything else only its place is read."""

from collections.abc import Iterable, Sequence

from infra.event_store.log import LoggedEvent
from infra.messaging.headers import PLACE, Place, decoded, encoded, place_of
from infra.messaging.pulls import Delivered


class OtherEpoch(RuntimeError):
    """The stream tells another history than the one these tables belong to."""


class ArrivalReader:
    """Reads batches for one reader, which wants some topics and knows one epoch."""

    def __init__(self, epoch: str, topics: Iterable[str]) -> None:
        self.epoch = epoch
        self._topics = {encoded(topic): topic for topic in topics}

    def logged(self, messages: Sequence[Delivered]) -> list[LoggedEvent]:
        """The events of a batch, as they came. One of a topic nobody wants has its places and nothing else.

        Raises OtherEpoch, and NotFromTheLog for a message that the relay did not write.
        """
        events: list[LoggedEvent] = []
        topics, epoch_bytes, place = self._topics, self.epoch.encode(), PLACE.search
        for message in messages:
            match = place(message.raw_headers)
            if match is None:
                events.append(self._written_otherwise(message))
                continue
            position, previous, epoch, version, customer, topic, stream_id = match.groups()
            if epoch != epoch_bytes:
                raise self._other(epoch.decode())
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
        return events

    def _written_otherwise(self, message: Delivered) -> LoggedEvent:
        place = place_of(message.raw_headers)
        if place.epoch != self.epoch:
            raise self._other(place.epoch)
        return logged_at(place, message.data)

    def _other(self, epoch: str) -> OtherEpoch:
        return OtherEpoch(
            f"the stream holds epoch {epoch} of the log, these tables belong to epoch {self.epoch}"
        )


def logged_at(place: Place, content: bytes) -> LoggedEvent:
    """A message as the fact of the log that it is a copy of."""
    return LoggedEvent(
        place.position,
        place.previous_position,
        place.stream_id,
        place.version,
        place.topic,
        place.customer_id,
        content,
    )
