"""COPY out of PostgreSQL row by row, at half the price: one call into libpq for a row, and a wait only when
there is none.

psycopg's own reading starts a wait for each row. Everything used here is psycopg's public wrapper around
libpq.
"""

from collections.abc import Generator
from contextlib import suppress
from select import select
from typing import Any, Final

from psycopg import Connection, OperationalError, errors
from psycopg.pq import ExecStatus

#: What comes before the first row of a binary COPY: signature, flags and the length of an extension that
#: nobody uses.
_HEADER_BYTES: Final = 19
#: A row begins with the number of its columns; the last message has none and says -1.
_TRAILER: Final = b"\xff\xff"


def copy_out(connection: Connection[Any], statement: bytes) -> Generator[bytes]:
    """The rows of `COPY … TO STDOUT (FORMAT BINARY)`, each as bytes: number of columns, then length and value
    of each.

    Given up half-way (closed), the statement is cancelled and the connection can be used again. Raises
    psycopg.Error.
    """
    pgconn = connection.pgconn
    socket = [pgconn.socket]
    read, consume = pgconn.get_copy_data, pgconn.consume_input
    pgconn.send_query(statement)
    reading = False
    try:
        _expect(connection, ExecStatus.COPY_OUT)
        reading = True
        skip = _HEADER_BYTES
        while True:
            length, data = read(1)
            if length > 0:
                row = bytes(data)
                if skip:
                    row, skip = row[skip:], 0
                if row and row[:2] != _TRAILER:
                    yield row
            elif length == 0:
                select(socket, (), ())
                consume()
            else:
                reading = False
                break
        _expect(connection, ExecStatus.COMMAND_OK)
        _end(connection)
    except BaseException:
        if reading:
            _give_up(connection)
        _end(connection)
        raise


def _expect(connection: Connection[Any], status: ExecStatus) -> None:
    pgconn = connection.pgconn
    while pgconn.is_busy():
        select([pgconn.socket], (), ())
        pgconn.consume_input()
    result = pgconn.get_result()
    if result is None:
        raise OperationalError("the connection ended while it was copied from")
    if result.status != status:
        raise errors.error_from_result(result)


def _give_up(connection: Connection[Any]) -> None:
    connection.cancel()
    with suppress(OperationalError):
        while connection.pgconn.get_copy_data(0)[0] > 0:
            pass


def _end(connection: Connection[Any]) -> None:
    while connection.pgconn.get_result() is not None:
        pass
