"""A byte changed by hand in any column of any table of any projection is found, with its row, its field and
the event it begins at.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from domain.commission_account.commands import SignStatement
from domain.score_parameters.commands import AdoptScoreParameters, ScoreParameters
from infra.projection_store.tables import CHANGE_NUMBER, SCHEMA, tables_of
from projections.kernel import Projection
from projections.registry import ALL
from services.rebuild.verify import verify
from tests.services.rebuild.conftest import ShopWithHistory

Quietly = Callable[..., None]

TABLES = [
    pytest.param(projection, journal, id=projection.name + ("-journal" if journal else ""))
    for projection in ALL
    for journal in ((False, True) if projection.journal else (False,))
]
#: One byte more, or another one, for each type of column.
CHANGE = {
    "text": "coalesce({c}, '') || '!'",
    "text[]": "coalesce({c}, '{{}}') || '!'::text",
    "bigint": "coalesce({c}, 0) + 1",
    "integer": "coalesce({c}, 0) + 1",
    "boolean": "NOT coalesce({c}, false)",
    "date": "coalesce({c}, '2026-01-01') + 1",
    "timestamp with time zone": "coalesce({c}, '2026-01-01') + interval '1 microsecond'",
}


@pytest.fixture
def full(shop: ShopWithHistory) -> ShopWithHistory:
    """The same shop with something in the tables that a season does not fill."""
    shop.handler.handle(AdoptScoreParameters(parameters=ScoreParameters(rhythm_hours=1_000)), "adopt")
    [(associate_id, period_id)] = shop.query(
        "SELECT document ->> 'associate_id', period_id FROM projections.commission_ledger_postings "
        "WHERE document IS NOT NULL ORDER BY position LIMIT 1"
    )
    shop.handler.handle(SignStatement(associate_id=associate_id, period_id=period_id), "sign")
    shop.live()
    return shop


@pytest.mark.parametrize(("projection", "journal"), TABLES)
def test_one_byte_in_any_column_is_found(
    full: ShopWithHistory, quietly: Quietly, projection: Projection[Any], journal: bool
) -> None:
    """Each column is changed in a row of its own, as far as there are so many; all are found by one look."""
    names = tables_of(projection, 1)
    table, view = (names.journal, names.journal_view) if journal else (names.table, names.view)
    identity = ("key", "position", "n") if journal else ("key",)
    columns = dict(
        full.query(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            f"{SCHEMA}.{table}",
        )
    )
    rows = full.query(f"SELECT {', '.join(identity)} FROM {SCHEMA}.{table} ORDER BY {', '.join(identity)}")
    assert rows, "a table without rows proves nothing"
    expected: dict[tuple[Any, ...], set[str]] = {}
    # The number of a row's last change says nothing of history.
    changed = [column for column in columns if column not in (*identity, CHANGE_NUMBER)]
    for place, column in enumerate(changed):
        row = rows[place % len(rows)]
        if columns[column] == "json":
            field, change = changed_json(full, table or "", column, identity, row)
        else:
            field, change = column, CHANGE[columns[column]].format(c=column)
        where = " AND ".join(f"{name} = %s" for name in identity)
        full.query(f"UPDATE {SCHEMA}.{table} SET {column} = {change} WHERE {where}", *row)
        expected.setdefault(row, set()).add(field)

    (found,) = verify(full.settings, full.url, [projection], quietly, quietly)

    assert found.live_hash != found.history_hash
    assert found.differences_in_all == len(expected)
    assert {
        (one.key, one.position, one.n) if journal else (one.key,): set(one.fields)
        for one in found.differences
    } == expected
    for one in found.differences:
        assert (one.table, one.what) == (view, "changed")
        history = [p for (p,) in full.query(HISTORY, one.key, one.key)]
        assert one.since_position in history
        if journal:
            assert one.since_position == one.position
        elif one.fields == ("position",):
            assert one.since_position == last_position(full, projection, one.key)


HISTORY = "SELECT notification_id FROM stored_events WHERE customer_id = %s OR originator_id = %s"


def changed_json(
    shop: ShopWithHistory, table: str, column: str, identity: tuple[str, ...], row: tuple[Any, ...]
) -> tuple[str, str]:
    """A field inside a JSON column, and the SQL of the document in which it says something else."""
    where = " AND ".join(f"{name} = %s" for name in identity)
    ((text,),) = shop.query(f"SELECT {column}::text FROM {SCHEMA}.{table} WHERE {where}", *row)
    if text is None:
        return column, "'{\"x\":1}'::json"
    document: Any = msgspec.json.decode(text)
    if isinstance(document, list):
        return column, "'[[1,1]]'::json"
    name = next(iter(document))
    document[name] = None if document[name] is not None else 1
    written = msgspec.json.encode(document).decode().replace("'", "''").replace("%", "%%")
    return f"{column}.{name}", f"'{written}'::json"


def last_position(shop: ShopWithHistory, projection: Projection[Any], key: str) -> int:
    """Where the last fact in a row stands whose position was made one more."""
    return shop.query(f"SELECT position - 1 FROM {SCHEMA}.{projection.name} WHERE key = %s", key)[0][0]
