"""Applies files of DDL: once per content, in their order, by one process at a time, all or nothing."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row

from infra.postgres.locks import key_of

DDL_LOCK = "ddl"
_IS_MISSING = (
    "SELECT NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = %s AND c.relname = %s)"
)

_OWN_TABLE = b"""
CREATE SCHEMA IF NOT EXISTS infra;
CREATE TABLE IF NOT EXISTS infra.applied_ddl (
    file text COLLATE "C" PRIMARY KEY,
    sha256 bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


def apply_ddl(connection: Connection[Any], files: Sequence[Path]) -> list[str]:
    """Run the files whose content is new to this database, in one transaction; their names.

    A file is known by its folder and name (`vault/keys.sql`). One that changed is run again, so a file says
    `IF NOT EXISTS`, `OR REPLACE` and `ADD COLUMN IF NOT EXISTS`. Two folders of one name cannot both have a file of one
    name: ValueError.
    """
    contents = {_name_of(file): file.read_bytes() for file in files}
    if len(contents) != len(files):
        raise ValueError("two files of DDL have the same folder and name")
    digests = {name: hashlib.sha256(content).digest() for name, content in contents.items()}
    # Almost every start finds everything in place: that is seen without taking the lock.
    if _applied(connection).items() >= digests.items():
        return []
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (key_of(DDL_LOCK),))
        connection.execute(_OWN_TABLE)
        applied = _applied(connection)
        new = [name for name, digest in digests.items() if applied.get(name) != digest]
        for name in new:
            connection.execute(contents[name])
            connection.execute(
                "INSERT INTO infra.applied_ddl (file, sha256) VALUES (%s, %s) "
                "ON CONFLICT (file) DO UPDATE SET sha256 = EXCLUDED.sha256, applied_at = EXCLUDED.applied_at",
                (name, digests[name]),
            )
    return new


def forget_ddl_if_missing(connection: Connection[Any], relation: str, file: Path) -> None:
    """Let a file run again whose relation somebody has dropped."""
    if not _is_missing(connection, relation):
        return
    with connection.transaction():
        # Another process may be making it this moment.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (key_of(DDL_LOCK),))
        if _is_missing(connection, relation) and not _is_missing(connection, "infra.applied_ddl"):
            connection.execute("DELETE FROM infra.applied_ddl WHERE file = %s", (_name_of(file),))


def _is_missing(connection: Connection[Any], relation: str) -> bool:
    # Not `to_regclass`: a session remembers what was not there, and looks again only in its next transaction.
    schema, _, name = relation.rpartition(".")
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(_IS_MISSING, (schema or "public", name)).fetchone() == (True,)


def _applied(connection: Connection[Any]) -> dict[str, bytes]:
    if _is_missing(connection, "infra.applied_ddl"):
        return {}
    with connection.cursor(row_factory=tuple_row) as cursor:
        return dict(cursor.execute("SELECT file, sha256 FROM infra.applied_ddl").fetchall())


def _name_of(file: Path) -> str:
    # Every projection has a table.sql, so the folder is part of the name.
    return f"{file.parent.name}/{file.name}"
