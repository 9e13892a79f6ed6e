"""How the eventsourcing library sees our events: a version in a stream, and bytes under a topic."""

from dataclasses import dataclass
from typing import Any

import msgspec
from eventsourcing.persistence import JSONTranscoder, Mapper, MapperDeserialisationError, StoredEvent

from domain.messages import Event
from infra.event_store.codec import CODEC, Codec, UndecodableEvent
from infra.event_store.command_context import UNKNOWN, CommandContext


class Record(msgspec.Struct, frozen=True):
    """An event at its place in its stream (versions count from 1), and who gave the command."""

    originator_id: str
    originator_version: int
    event: Event
    context: CommandContext = UNKNOWN


class UnknownTopic(msgspec.Struct, frozen=True):
    """What a newer writer has stored and this reader does not know."""

    topic: str
    state: bytes


@dataclass(frozen=True)
class LogEvent(StoredEvent):
    """A stored event with what is kept beside it: the customer it concerns, its tags and its metadata."""

    customer_id: str | None = None
    tags: tuple[str, ...] = ()
    actor: str | None = None
    role: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None


class MsgspecMapper(Mapper[str]):
    """Maps records to stored events and back with the codec; the stock mapper cannot read msgspec structs."""

    def __init__(self, codec: Codec = CODEC) -> None:
        super().__init__(transcoder=JSONTranscoder())
        self._codec = codec

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        topic, state = self._codec.encode(domain_event.event)
        context = domain_event.context
        return LogEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=topic,
            state=state,
            customer_id=getattr(domain_event.event, "customer_id", None),
            tags=domain_event.event.tags,
            actor=context.actor,
            role=context.role,
            correlation_id=context.correlation_id,
            causation_id=context.causation_id,
            traceparent=context.traceparent,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        try:
            event = self._codec.decode(stored_event.topic, stored_event.state)
        except UndecodableEvent as error:
            raise MapperDeserialisationError(
                f"{error} (stream {stored_event.originator_id}, version {stored_event.originator_version})"
            ) from error
        return Record(
            str(stored_event.originator_id),
            stored_event.originator_version,
            event or UnknownTopic(stored_event.topic, stored_event.state),  # type: ignore[arg-type]
        )
