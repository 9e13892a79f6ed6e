"""Rows into tables by COPY, ten times faster than value by value through psycopg.

Many short values (a journal) are written by msgspec: a JSON array without its brackets is a line of CSV, if
the quote is escaped by a backslash and the unquoted word null is NULL. Only JSON's escapes of control
characters mean something else there; a batch that has any is written with care. Long values (states) go as
COPY's own text, in which JSON has hardly anything to escape.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from psycopg import Connection, DataError, IntegrityError
from psycopg.sql import SQL, Composed, Identifier

from infra.projection_store.rows import RowsRefused
from infra.projection_store.tables import qualified

ROWS_TOGETHER: Final = 1_000
#: The backslash first: the others' escapes have one.
_ESCAPES: Final = ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r"))
_ESCAPED_CONTROL = re.compile(rb'\\[^"\\]')


class CopyTarget:
    """A table of the schema `projections` that takes rows of `columns`.

    Values are None, text, numbers, truth values, dates, instants, and JSON as text. With `long`, which is for
    rows that have long values, also lists of text, and JSON as bytes.
    """

    def __init__(
        self, connection: Connection[Any], table: str, columns: Sequence[str], *, long: bool
    ) -> None:
        self._connection = connection
        self._statement: Composed = SQL("COPY {} ({}) FROM STDIN ({})").format(
            qualified(table),
            SQL(", ").join(map(Identifier, columns)),
            SQL("FORMAT TEXT" if long else "FORMAT CSV, QUOTE '\"', ESCAPE '\\', NULL 'null'"),
        )
        self._encode = text_lines if long else csv_lines

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows, all or none.

        Raises psycopg.DataError or IntegrityError for rows that PostgreSQL does not take.
        """
        with self._connection.cursor() as cursor, cursor.copy(self._statement) as copy:
            waiting = iter(rows)
            while some := list(islice(waiting, ROWS_TOGETHER)):
                copy.write(self._encode(some))


def copy_rows(
    connection: Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows by COPY, in one go. Raises RowsRefused for rows that PostgreSQL does not take."""
    try:
        CopyTarget(connection, table, columns, long=True).write(rows)
    except (DataError, IntegrityError) as error:
        raise RowsRefused(str(error).partition("\n")[0]) from error


def text_lines(rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows in COPY's text format."""
    return b"".join([b"\t".join([_text(value) for value in row]) + b"\n" for row in rows])


def csv_lines(rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows as the lines of CSV that COPY is told to expect. None of their values is a list."""
    encode = _encoder.encode
    encoded = b"\n".join([encode(row)[1:-1] for row in rows])
    if b"\\" in encoded and _ESCAPED_CONTROL.search(encoded):
        return b"".join([_careful_line(row) for row in rows])
    return encoded + b"\n"


def _text(value: Any) -> bytes:
    if value is None:
        return b"\\N"
    kind = type(value)
    if kind is bytes:
        text: bytes = value
    elif kind is str:
        text = value.encode()
    elif kind is list or kind is tuple:
        text = _array(value).encode()
    else:
        return str(value).encode()
    if b"\\" in text or b"\t" in text or b"\n" in text or b"\r" in text:
        for character, escape in _ESCAPES:
            text = text.replace(character, escape)
    return text


def _careful_line(row: Sequence[Any]) -> bytes:
    return ",".join(_careful(value) for value in row).encode() + b"\n"


def _careful(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else _encoder.encode(value).decode()


def _array(texts: Sequence[str | None]) -> str:
    """A list of text as PostgreSQL writes an array."""
    return "{" + ",".join("null" if text is None else _quoted(text) for text in texts) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_encoder = msgspec.json.Encoder()
