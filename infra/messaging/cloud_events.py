"""A stored event as a CloudEvent in JSON: what files and HTTP answers hold of it.

`data` comes last and is the event's bytes as they are stored, those that a message on the stream has: what
follows the first `,"data":` of a line, but for the last brace, is what can be hashed.
"""

from datetime import UTC, datetime

import msgspec

from infra.event_store.lineage import Lineage
from infra.event_store.log import LoggedEvent
from infra.messaging.context_headers import auth_type_of
from infra.messaging.frames import time_in
from infra.messaging.headers import SCHEMA_ROOT

_Text = str | msgspec.UnsetType


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as a CloudEvent (1.0, JSON); extensions name its places in the log and in its aggregate."""

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: _Text = msgspec.UNSET
    dataschema: str
    datacontenttype: str = "application/json"
    clientelingposition: int
    clientelingpreviousposition: int
    clientelingepoch: str
    clientelingversion: int
    clientelingcustomer: _Text = msgspec.UNSET
    recordedtime: datetime | msgspec.UnsetType = msgspec.UNSET
    authtype: _Text = msgspec.UNSET
    authid: _Text = msgspec.UNSET
    correlationid: _Text = msgspec.UNSET
    causationid: _Text = msgspec.UNSET
    traceparent: _Text = msgspec.UNSET
    data: msgspec.Raw


def cloud_event(event: LoggedEvent, lineage: Lineage, source: str) -> CloudEvent:
    """A stored event of a log with this lineage, as the stream carries it."""
    time = time_in(event.state)
    return CloudEvent(
        id=lineage.event_id(event.stream_id, event.version, event.position),
        source=source,
        type=event.topic,
        subject=event.stream_id,
        time=time.decode() if time else msgspec.UNSET,
        dataschema=f"{SCHEMA_ROOT}{event.topic}",
        clientelingposition=event.position,
        clientelingpreviousposition=event.previous_position,
        clientelingepoch=lineage.epoch,
        clientelingversion=event.version,
        clientelingcustomer=event.customer_id or msgspec.UNSET,
        recordedtime=event.recorded_at.astimezone(UTC) if event.recorded_at else msgspec.UNSET,
        authtype=auth_type_of(event.actor) if event.actor else msgspec.UNSET,
        authid=event.actor or msgspec.UNSET,
        correlationid=event.correlation_id or msgspec.UNSET,
        causationid=event.causation_id or msgspec.UNSET,
        traceparent=event.traceparent or msgspec.UNSET,
        data=msgspec.Raw(event.state),
    )
