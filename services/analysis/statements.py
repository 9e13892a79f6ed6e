"""Issued statements and the journal of the ledger, as they are asked for by name, position or period."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from domain.ids import account_id_of
from domain.messages import NotFound
from infra.event_store.log import END_OF_LOG
from infra.projection_store.catalog import require_history_of_log
from infra.runtime import Runtime
from projections.as_of import Cutoff
from projections.commission_ledger import queries
from projections.commission_ledger.account import Statement
from projections.registry import COMMISSION_LEDGER
from services.read_models.rows_as_of import ledger_as_of


def statement_at(runtime: Runtime, position: str) -> Statement:
    """The statement whose event stands at a position of the log. Raises NotFound."""
    # No log is longer than that, and no larger number is one to the database.
    rows = runtime.rows(queries.STATEMENT_AT, {"position": int(position[:18])})
    if not rows:
        said = f"at position {position} of the log no statement was issued"
        raise NotFound("statement_unknown", said, "STATEMENT")
    return queries.statement_of(rows[0][0])


def statement_for(runtime: Runtime, associate_id: str, period: str | None) -> Statement:
    """The statement of a pay period, or the latest one. Raises NotFound."""
    account = {"account_id": account_id_of(associate_id)}
    if period is None:
        rows = runtime.rows(queries.STATEMENTS, {**account, "before": END_OF_LOG, "limit": 1, "offset": 0})
    else:
        rows = runtime.rows(queries.STATEMENT, {**account, "period_id": period})
    if not rows:
        said = f"{associate_id} has no statement{f' for {period}' if period else ''}"
        raise NotFound("statement_unknown", said, "PERIOD")
    return queries.statement_of(rows[0][0])


def statement_as_of(runtime: Runtime, associate_id: str, period: str | None, past: Cutoff) -> Statement:
    """The statement of a pay period, or the latest one, that had been issued by then. Raises NotFound."""
    for issued in reversed(ledger_as_of(runtime.log, associate_id, past).statements):
        if period in (None, issued.period_id):
            return issued
    what = f"statement for {period}" if period else "statement"
    raise NotFound("statement_unknown", f"{associate_id} had no {what} by then", "PERIOD")


def entries_behind(runtime: Runtime, statement: Statement) -> list[queries.LedgerEntry]:
    """The associate's entries that a statement settled."""
    parameters = {
        "account_id": account_id_of(statement.associate_id),
        "period_id": statement.period_id,
        "after_position": 0,
        "after_n": 0,
        "limit": 10**9,
    }
    own = f"associate:{statement.associate_id}"
    return [
        entry
        for entry in queries.entries_of(runtime.rows(queries.LEDGER, parameters))
        if entry.account == own
    ]


def pay_plans_of(runtime: Runtime, associate_id: str) -> list[dict[str, Any]]:
    """Every pay plan of an associate as the log has it, with the position of its event."""
    return [
        {
            "position": event.position,
            **{k: v for k, v in content.items() if k in ("plan_no", "plan", "effective_on", "hired_on")},
        }
        for event in runtime.log.read_stream(associate_id)
        if "plan" in (content := msgspec.json.decode(event.state))
    ]


@contextmanager
def journal(runtime: Runtime) -> Generator[Iterator[queries.LedgerEntry]]:
    """Every entry of the ledger, streamed. Raises OtherHistory for tables that hold what the log has lost."""
    with runtime.connect("ledger export", limit_statements=False) as connection:
        require_history_of_log(connection, COMMISSION_LEDGER.name)
        with connection.transaction(), connection.cursor(name="ledger_export") as cursor:
            cursor.execute(queries.JOURNAL, {"after_position": 0, "up_to_position": 2**62})
            yield queries.entries_of(cursor)
