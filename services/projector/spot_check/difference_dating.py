"""Which event a difference between a row and its history begins at."""

from typing import Any

import msgspec

from infra.projection_store.comparing import state_of
from infra.projection_store.tables import ROW_COLUMNS, GenerationTables
from projections.fold_driver import KeyFold
from projections.kernel import Projection
from services.projector.spot_check.key_history import history_of

#: Columns that hold JSON; differences in them are told by the field inside.
JSON_COLUMNS = ("state", "summary", "document")


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is not what history says. `what` is changed, missing (from the live table) or extra (in it).

    `fields` names what differs; `since_position` is the event from which on it does: the last one that, by
    history, had a say in those fields, or the first one that the live row does not know.
    """

    table: str
    key: str
    position: int | None
    n: int | None
    what: str
    fields: tuple[str, ...]
    since_position: int | None


def dated(
    connection: Any, projection: Projection[Any], one: Difference, live: GenerationTables, position: int
) -> Difference:
    """The difference of a row with the event it begins at, found by folding the key's history once more,
    step by step.
    """
    if one.since_position is not None or one.what == "extra":
        return one
    stored = state_of(connection, live.table, one.key)
    fold = KeyFold(projection, one.key)
    before: dict[str, Any] = {}
    last_say: int | None = None
    stands_at: int | None = None
    first_unknown: int | None = None
    for at, event in history_of(connection, projection, one.key, up_to=position):
        if stands_at is not None and first_unknown is None:
            first_unknown = at
        fold.apply(event, at)
        now = _named(projection, fold.row())
        if stored is not None and now["state"].decode() == stored:
            stands_at, first_unknown = at, None
        if last_say is None or any(now.get(name) != before.get(name) for name in one.fields):
            last_say = at
        before = now
    return msgspec.structs.replace(one, since_position=first_unknown or last_say)


def _named(projection: Projection[Any], row: tuple[Any, ...]) -> dict[str, Any]:
    """The values of a row by the names that differences have."""
    said = dict(zip((*ROW_COLUMNS, *projection.columns), row, strict=True))
    for column in JSON_COLUMNS:
        if said.get(column) is not None:
            inside: dict[str, Any] = msgspec.json.decode(said[column])
            said |= {f"{column}.{name}": value for name, value in inside.items()}
    return said
