"""Each command result, kept for ever under its idempotency key."""

from collections.abc import Iterable
from typing import Any

import msgspec
from psycopg import Connection

from domain.messages import CommandWarning, Event, Refused
from infra.event_store.storable import first_fault, is_storable

IDEMPOTENCY_KEY_LENGTH_MAX = 200

LOAD_RESULTS = (
    "SELECT k.idempotency_key AS key, k.digest AS digest, k.answer AS answer, e.notification_id AS position "
    "FROM idempotency_keys k LEFT JOIN stored_events e "
    "ON e.originator_id = convert_from(k.answer, 'UTF8')::json->>'last_stream' "
    "AND e.originator_version = (convert_from(k.answer, 'UTF8')::json->>'last_version')::bigint "
    "WHERE k.idempotency_key = ANY(%b)"
)


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a command led to.

    `ids`: the identifiers of what came into being, by field name. `events`: the topics of the events, in
    order. `position`: that of the last of them in the log (for a command that changed nothing, where the log
    ended). `replayed`: the same command was handled before under the same key. `warnings`: what somebody
    should look at, though the command is done.
    """

    ids: dict[str, str | int]
    events: tuple[str, ...]
    position: int
    replayed: bool = False
    warnings: tuple[CommandWarning, ...] = ()


class StoredResult(msgspec.Struct, frozen=True):
    """A result as it is stored beside the log: `digest` of the command's content, `answer` as JSON bytes."""

    idempotency_key: str
    digest: bytes
    answer: bytes


class ResultRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """The JSON of a stored result. `last_stream` and `last_version` name the last event, which has the
    position.
    """

    ids: dict[str, str | int]
    events: tuple[str, ...]
    last_stream: str | None = None
    last_version: int = 0
    position: int = 0
    warnings: tuple[CommandWarning, ...] = ()


def ids_of(events: Iterable[Event]) -> dict[str, str | int]:
    """The identifiers that the events of one command bring into being; the first of a name counts."""
    ids: dict[str, str | int] = {}
    for event in events:
        for name in event.names:
            value = getattr(event, name)
            if value is not None:
                ids.setdefault(name, value)
    return ids


def check_key(idempotency_key: str) -> None:
    """Refuse a key that cannot be kept."""
    if not 0 < len(idempotency_key) <= IDEMPOTENCY_KEY_LENGTH_MAX:
        raise Refused(
            "idempotency_key_invalid",
            f"An idempotency key has 1 to {IDEMPOTENCY_KEY_LENGTH_MAX} characters; "
            f"this one has {len(idempotency_key)}.",
            "Idempotency-Key",
        )
    if not is_storable(idempotency_key):
        raise Refused("idempotency_key_invalid", first_fault(idempotency_key).reason, "Idempotency-Key")


def load_results(connection: Connection[Any], keys: Iterable[str]) -> dict[str, tuple[bytes, CommandResult]]:
    """Digest and result of those keys that have one, in one query."""
    # No other key can have been kept; asking for it would be an error.
    rows = connection.execute(LOAD_RESULTS, ([key for key in keys if is_storable(key)],)).fetchall()
    found: dict[str, tuple[bytes, CommandResult]] = {}
    for row in rows:
        stored = msgspec.json.decode(bytes(row["answer"]), type=ResultRow)
        result = CommandResult(
            ids=stored.ids,
            events=stored.events,
            position=row["position"] or stored.position,
            replayed=True,
            warnings=stored.warnings,
        )
        found[row["key"]] = (bytes(row["digest"]), result)
    return found
