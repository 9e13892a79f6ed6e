"""Rebuilding single rows in place: one associate, one customer, one period."""

from collections.abc import Callable, Sequence
from typing import Any

from infra.event_store.lookups import streams_of_period
from infra.postgres import connect
from infra.projection_store.bulk import delete_rows, lock_active, rows_written
from infra.projection_store.catalog import require_history_of_log
from infra.projection_store.copying import copy_rows
from infra.projection_store.differences import forget_differences
from infra.projection_store.parked import release_key
from infra.projection_store.rows import RowsRefused
from infra.projection_store.tables import require_schema, tables_of
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.folding import reason_of
from services.projector.poison_event import PoisonEvent
from services.projector.spot_check.key_history import fold_key


def rebuild_keys(
    settings: Settings,
    database_url: str,
    projection: Projection[Any],
    keys: Sequence[str],
    *,
    before: Callable[[Any], object] = lambda _: None,
) -> int:
    """Fold the history of these keys anew and put their rows in the place of what stands there; how many have
    any.

    Everything in one transaction under the checkpoint's lock, so readers see the rows before or after. What
    was parked of these keys is done with, since all of it is folded. `before` is called first, in the same
    transaction. Raises PoisonEvent for an event that cannot be folded, and OtherHistory for rows that are of
    another history than the log's; then nothing changes.
    """
    with connect(settings, database_url, name="rebuild", limit_statements=False) as connection:
        with connection.transaction():
            generation, position = lock_active(connection, projection.name)
            require_history_of_log(connection, projection.name)
            require_schema(connection, projection, generation)
            names = tables_of(projection, generation)
            before(connection)
            written = 0
            for key in keys:
                delete_rows(connection, names, key)
                release_key(connection, projection.name, generation, key)
                forget_differences(connection, projection.name, generation, [key])
                folded = fold_key(connection, projection, key, up_to=position)
                if folded is None:
                    continue
                try:
                    copy_rows(connection, names.table, names.columns, [folded.row()])
                    if folded.journal and names.journal is not None:
                        copy_rows(connection, names.journal, names.journal_columns, folded.journal)
                except RowsRefused as error:
                    raise PoisonEvent(projection.name, key, folded.position, reason_of(error)) from error
                written += 1
            rows_written(connection, projection.name, generation, position)
        return written


def keys_of_period(settings: Settings, database_url: str, period_id: str) -> list[str]:
    """The commission accounts that have anything in a pay period."""
    with connect(settings, database_url, name="rebuild") as connection:
        return streams_of_period(connection, "commission_account.", period_id)
