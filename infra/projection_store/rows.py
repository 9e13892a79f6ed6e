"""Reading and writing the rows of one generation, many at a time.

Rows travel as one JSON document: its types are found by PostgreSQL from the table, arrays and nulls included,
and a state that is JSON already is carried over as it is, byte for byte.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection, DataError, IntegrityError
from psycopg.sql import SQL, Composed, Identifier, Literal

from infra.projection_store.shape import ProjectionShape
from infra.projection_store.tables import (
    GenerationTables,
    column_types,
    qualified,
    require_columns,
    tables_of,
)

#: (key, position, state as JSON bytes, *query columns)
Row = tuple[Any, ...]
#: (key, position, n, *the journal's columns)
JournalRow = tuple[Any, ...]

_JSON_TYPES = frozenset({"json", "jsonb"})


class RowsRefused(ValueError):
    """PostgreSQL does not take a row (text with a NUL, a number too large, a missing value); the transaction
    is lost.
    """


class RowStore:
    """The tables of one generation. The caller holds its checkpoint's lock and the transaction."""

    def __init__(
        self, tables: GenerationTables, types: dict[str, str], journal_types: dict[str, str]
    ) -> None:
        select = SQL("SELECT key, state::text FROM {} WHERE key = ANY(%b)").format(qualified(tables.table))
        #: A query for the states of keys, its only parameter.
        self.select = select.as_bytes(None)
        self._rows = _Target(tables.view, tables.table, tables.columns, types, replace_by="key")
        self._journal = (
            None
            if tables.journal is None
            else _Target(tables.view, tables.journal, tables.journal_columns, journal_types, replace_by=None)
        )

    @classmethod
    async def open(
        cls, connection: AsyncConnection[Any], shape: ProjectionShape, generation: int
    ) -> "RowStore":
        """The store of a generation. Raises SchemaMismatch."""
        tables = tables_of(shape, generation)
        types = await column_types(connection, tables.table)
        journal_types = await column_types(connection, tables.journal)
        require_columns(shape, generation, types, journal_types)
        return cls(tables, types, journal_types)

    async def load(self, connection: AsyncConnection[Any], keys: Iterable[str]) -> dict[str, str]:
        """The states of those keys that have a row, as JSON text."""
        cursor = await connection.execute(self.select, (list(keys),), prepare=True)
        return dict(await cursor.fetchall())

    async def write(
        self, connection: AsyncConnection[Any], rows: Sequence[Row], journal: Sequence[JournalRow]
    ) -> None:
        """Write rows, each in place of the row of its key, and add journal rows. Raises RowsRefused."""
        try:
            if rows:
                await self._rows.insert(connection, rows)
            if journal:
                await self._journal_sheet().insert(connection, journal)
        except (DataError, IntegrityError) as error:
            raise RowsRefused(first_line(error)) from error

    def guarded_inserts(self, rows: Sequence[Row], journal: Sequence[JournalRow]) -> list[tuple[bytes, str]]:
        """What writes them as a part of `advance`: statements, each with its only parameter."""
        inserts = [(self._rows.guarded, self._rows.document(rows))] if rows else []
        if journal:
            sheet = self._journal_sheet()
            inserts.append((sheet.guarded, sheet.document(journal)))
        return inserts

    async def refused(
        self, connection: AsyncConnection[Any], rows: Sequence[Row], journal: Sequence[JournalRow]
    ) -> dict[str, str]:
        """Try every key's rows apart; the keys that PostgreSQL does not take, with its reason.

        Nothing stays written.
        """
        reasons: dict[str, str] = {}
        for row in rows:
            key = row[0]
            try:
                async with connection.transaction(force_rollback=True):
                    await self.write(connection, [row], [entry for entry in journal if entry[0] == key])
            except RowsRefused as error:
                reasons[key] = str(error)
        return reasons

    def _journal_sheet(self) -> "_Target":
        if self._journal is None:
            raise ValueError("a projection without a journal gave journal rows")
        return self._journal


class Sheet:
    """Rows of one table on their way to PostgreSQL:

    `document` is the parameter of `select`, which gives them typed.
    """

    def __init__(self, columns: tuple[str, ...], types: Mapping[str, str]) -> None:
        self._json = tuple(index for index, column in enumerate(columns) if types[column] in _JSON_TYPES)
        # Field names are repeated in every row of the document, so they are short.
        fields = [f"c{index}" for index in range(len(columns))]
        self._row_class: type[Any] = msgspec.defstruct("SheetRow", [(field, Any) for field in fields])
        typed = [
            SQL("{} {}").format(Identifier(field), SQL(types[column]))  # type: ignore[arg-type]  # PostgreSQL's own words
            for field, column in zip(fields, columns, strict=True)
        ]
        named = [
            SQL("{} AS {}").format(Identifier(field), Identifier(column))
            for field, column in zip(fields, columns, strict=True)
        ]
        self.select = SQL("SELECT {} FROM json_to_recordset(%s::json) AS r({})").format(
            SQL(", ").join(named), SQL(", ").join(typed)
        )

    def document(self, rows: Sequence[tuple[Any, ...]]) -> str:
        """The rows as one JSON document."""
        row_class = self._row_class
        if self._json:
            return msgspec.json.encode([row_class(*self._raw_where_json(row)) for row in rows]).decode()
        return msgspec.json.encode([row_class(*row) for row in rows]).decode()

    def _raw_where_json(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for index in self._json:
            value = values[index]
            if value is not None:
                values[index] = msgspec.Raw(value.encode() if isinstance(value, str) else value)
        return values


class _Target:
    """One table that takes many rows in one statement."""

    def __init__(
        self,
        projection: str,
        table: str,
        columns: tuple[str, ...],
        types: dict[str, str],
        *,
        replace_by: str | None,
    ) -> None:
        sheet = Sheet(columns, types)
        self.document = sheet.document
        # Composed once: psycopg would do it at every execution.
        self._statement = _insert(table, columns, sheet.select, replace_by).as_bytes(None)
        moved = SQL(" WHERE EXISTS (SELECT FROM moved WHERE moved.name = {})").format(Literal(projection))
        #: The same where a checkpoint has moved.
        self.guarded = _insert(table, columns, sheet.select + moved, replace_by).as_bytes(None)

    async def insert(self, connection: AsyncConnection[Any], rows: Sequence[tuple[Any, ...]]) -> None:
        await connection.execute(self._statement, (self.document(rows),), prepare=True)


def _insert(table: str, columns: tuple[str, ...], select: Composed, replace_by: str | None) -> Composed:
    names = [Identifier(column) for column in columns]
    insert = SQL("INSERT INTO {} ({}) ").format(qualified(table), SQL(", ").join(names)) + select
    if replace_by is None:
        return insert
    assignments = [
        SQL("{0} = EXCLUDED.{0}").format(Identifier(column)) for column in columns if column != replace_by
    ]
    return (
        insert
        + SQL(" ON CONFLICT ({}) DO UPDATE SET ").format(Identifier(replace_by))
        + SQL(", ").join(assignments)
    )


def first_line(error: Exception) -> str:
    """What PostgreSQL says, without where."""
    return str(error).partition("\n")[0]
