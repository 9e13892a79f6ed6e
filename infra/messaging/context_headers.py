"""The header lines of what the log keeps beside an event: when it was recorded, by whom, and why.

They are extension attributes of CloudEvents. The stamp does not cover them: our readers do not go by them,
and whoever has to be certain finds them in the log.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from infra.event_store.command_context import ANONYMOUS
from infra.event_store.log import LoggedEvent
from infra.messaging.headers import encoded

#: What the extension Auth Context calls an actor, by the beginning of their name.
_AUTH_TYPES: Final = {
    "usr:": "user",
    "ass_": "user",
    "cli:": "user",
    "service:": "service_account",
    "import:": "service_account",
    "reaction:": "system",
}


def context_lines(event: LoggedEvent) -> bytes:
    """The lines about an event. One of which neither actor nor correlation is known has its time at most."""
    lines = _time_line(event.recorded_at) if event.recorded_at else b""
    if event.actor is None and event.correlation_id is None:
        return lines
    return b"%b%b%b%b%b" % (
        lines,
        _auth_lines(event.actor) if event.actor else b"",
        _line(b"ce-correlationid", event.correlation_id),
        _line(b"ce-causationid", event.causation_id),
        _line(b"ce-traceparent", event.traceparent),
    )


def auth_type_of(actor: str) -> str:
    """What the extension Auth Context calls an actor."""
    if actor == ANONYMOUS:
        return "unauthenticated"
    return next((kind for prefix, kind in _AUTH_TYPES.items() if actor.startswith(prefix)), "unknown")


@lru_cache(maxsize=4_096)
def _auth_lines(actor: str) -> bytes:
    return b"ce-authtype: %b\r\nce-authid: %b\r\n" % (auth_type_of(actor).encode(), encoded(actor))


def _line(name: bytes, value: str | None) -> bytes:
    return b"%b: %b\r\n" % (name, encoded(value)) if value else b""


def _time_line(time: datetime) -> bytes:
    utc = time.astimezone(UTC)
    return b"ce-recordedtime: %04d-%02d-%02dT%02d:%02d:%02d.%06dZ\r\n" % (
        utc.year,
        utc.month,
        utc.day,
        utc.hour,
        utc.minute,
        utc.second,
        utc.microsecond,
    )
