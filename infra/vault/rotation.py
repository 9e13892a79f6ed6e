"""Another master key for all keys, so that older backups of the key store open with nothing that is still
kept.

The new key is written beside the old one before anything changes, and takes its place after the commit.
Whoever starts in between finds by the noted fingerprint which of the two is the right one, so a crash at any
moment loses no name.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import tuple_row

from infra.settings import Settings
from infra.vault.encryption import KEY_BYTES, VaultError
from infra.vault.master_key import MasterKey, MasterKeyWrong, key_file_of, load_master_key, write_key

PAGE_KEYS: Final = 10_000

_OTHERS: Final = (
    b"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    # Of others' connections not everybody is shown more than whose they are.
    b"AND usesysid IS NOT NULL"
)
_PAGE: Final = (
    b"SELECT subject_id, wrapped_key FROM vault.keys WHERE wrapped_key IS NOT NULL AND subject_id > %s "
    b"ORDER BY subject_id LIMIT %s"
)
_REWRAP: Final = (
    b"UPDATE vault.keys SET wrapped_key = given.wrapped_key "
    b"FROM unnest(%b::text[], %b::bytea[]) AS given (subject_id, wrapped_key) "
    b"WHERE keys.subject_id = given.subject_id"
)
_WEBHOOK_SECRETS: Final = b"SELECT endpoint_id, wrapped FROM vault.webhook_secrets"
_REWRAP_SECRET: Final = b"UPDATE vault.webhook_secrets SET wrapped = %s WHERE wrapped = %s"
#: They are made anew with the new key.
_FORGET_DIGESTS: Final = (
    b"TRUNCATE vault.search_entries, vault.blind_index, vault.blind_index_subjects, vault.blind_index_entries"
)
#: PostgreSQL shows a connection for a moment after it was closed.
LEAVING_SECONDS: Final = 2.0
_NOTE: Final = b"UPDATE vault.master_key SET fingerprint = %s, in_use_since = clock_timestamp()"


class CannotRotate(VaultError):
    """The master key is not ours to replace, or others work with it."""


def next_key_file_of(settings: Settings) -> Path:
    """Where the new master key waits for the commit."""
    return key_file_of(settings).with_suffix(".next")


def rotate(settings: Settings, connection: Connection[Any]) -> int:
    """Make a new master key, wrap every key with it and destroy the old one; how many keys there are.

    Needs autocommit.

    Raises CannotRotate while anybody else is connected to the database, because they would go on with the old
    key, and when the settings give the key; MasterKeyWrong when the one at hand is not that of the database.
    """
    if settings.vault_key is not None:
        raise CannotRotate(
            "CLIENTELING_VAULT_KEY gives the master key: only one in a file of ours can be replaced"
        )
    new = MasterKey(os.urandom(KEY_BYTES))
    waiting = next_key_file_of(settings)
    with connection.transaction():
        # Whoever starts now waits here until it is decided which key is the right one.
        connection.execute("LOCK TABLE vault.master_key, vault.keys IN ACCESS EXCLUSIVE MODE")
        others = _other_connections(connection)
        if others:
            raise CannotRotate(f"{others} connections to the database are open: stop every service first")
        old = load_master_key(settings, may_make=False)
        if _value(connection, b"SELECT fingerprint FROM vault.master_key") != old.fingerprint:
            raise MasterKeyWrong("the master key in the data directory is not the one that wraps the keys")
        waiting.unlink(missing_ok=True)
        write_key(waiting, new.secret)
        count = _rewrap(connection, old, new)
        with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
            secrets = cursor.execute(_WEBHOOK_SECRETS).fetchall()
        for endpoint_id, wrapped in secrets:
            connection.execute(_REWRAP_SECRET, (new.wrap(old.unwrap(endpoint_id, wrapped)), wrapped))
        connection.execute(_FORGET_DIGESTS)
        connection.execute(_NOTE, (new.fingerprint,))
    replace_master_key(settings)
    return count


def _other_connections(connection: Connection[Any]) -> int:
    """How many others are connected; who has hung up a moment ago is given the time to be gone."""
    until = time.monotonic() + LEAVING_SECONDS
    while (others := int(_value(connection, _OTHERS))) and time.monotonic() < until:
        time.sleep(LEAVING_SECONDS / 20)
        # Within a transaction PostgreSQL goes on showing who was there at the first look.
        connection.execute("SELECT pg_stat_clear_snapshot()")
    return others


def replace_master_key(settings: Settings) -> None:
    """The new key replaces the old one, whose bytes are written over."""
    file = key_file_of(settings)
    with file.open("r+b") as former:
        # Only who comes first gets behind this line.
        next_key_file_of(settings).replace(file)
        former.write(bytes(KEY_BYTES))
        former.flush()
        os.fsync(former.fileno())
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def rotated_meanwhile(settings: Settings, noted: str) -> MasterKey | None:
    """The key with the noted fingerprint, if a rotation left it behind; one that still waits is put in its
    place.
    """
    if settings.vault_key is not None:
        return None
    # Of several processes that start now one is the first; the others find its work done.
    with suppress(FileNotFoundError):
        if _with_fingerprint(noted, next_key_file_of(settings)):
            replace_master_key(settings)
    return _with_fingerprint(noted, key_file_of(settings))


def _with_fingerprint(noted: str, file: Path) -> MasterKey | None:
    secret = file.read_bytes()
    key = MasterKey(secret) if len(secret) == KEY_BYTES else None
    return key if key is not None and key.fingerprint == noted else None


def _rewrap(connection: Connection[Any], old: MasterKey, new: MasterKey) -> int:
    count, last = 0, ""
    while True:
        with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
            page = cursor.execute(_PAGE, (last, PAGE_KEYS)).fetchall()
        if not page:
            return count
        subject_ids = [subject_id for subject_id, _ in page]
        wrapped = [new.wrap(old.unwrap(subject_id, key)) for subject_id, key in page]
        connection.execute(_REWRAP, (subject_ids, wrapped))
        count, last = count + len(page), subject_ids[-1]


def _value(connection: Connection[Any], query: bytes) -> Any:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(query).fetchone()
    return row[0] if row else None
