"""Drills: the last backup is put back into a folder of its own and compared with what its manifest says."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from infra.backups import (
    BackupFailed,
    BackupFolder,
    Drilled,
    Manifest,
    archived_segments,
    first_gap,
    start_restored,
)
from infra.clock import SYSTEM_CLOCK, Clock
from infra.event_store.log import EventLog
from infra.event_store.ranges import hash_up_to
from infra.postgres import connect
from infra.projection_store.bulk import lock_active
from infra.projection_store.comparing import hash_of
from infra.projection_store.tables import tables_of
from infra.settings import Settings
from infra.vault import MasterKeyWrong, VaultError, load_master_key, opened_by
from projections.registry import ALL
from services.recovery.restoring import put_back_at

#: Opening one takes microseconds.
KEYS_TRIED_MAX = 10_000


def drill(settings: Settings, say: Callable[[str], None], clock: Clock = SYSTEM_CLOCK) -> Drilled:
    """Put the last backup back, compare, write down what came of it, and remove what was put back.

    No server of the shop is needed. Raises BackupFailed where there is no backup.
    """
    folder = BackupFolder(settings)
    backups = folder.backups()
    if not backups:
        raise BackupFailed(f"there is no backup in {folder.path}")
    backup, began = backups[-1], time.monotonic()
    scratch = folder.path / ".drill"
    shutil.rmtree(scratch, ignore_errors=True)
    names_open, troubles = None, _gaps(folder, backup)
    try:
        target = {"recovery_target_name": backup.restore_point}
        put_back_at(settings, folder, backup, scratch, target, say)
        say("comparing")
        names_open, different = _compared(settings, scratch, backup)
        troubles += different
    except (BackupFailed, VaultError) as error:
        troubles.append(str(error))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    drilled = Drilled(
        at=clock.now(),
        backup_id=backup.backup_id,
        seconds=round(time.monotonic() - began, 1),
        position=backup.position,
        archived_to=folder.archived_to(),
        names_open=names_open,
        troubles=troubles,
    )
    folder.note_drill(drilled)
    return drilled


def _gaps(folder: BackupFolder, backup: Manifest) -> list[str]:
    missing = first_gap(archived_segments(folder.wal), backup.wal_from)
    return [] if missing is None else [f"the archive of the write-ahead log lacks the segment {missing}"]


def _compared(settings: Settings, scratch: Path, backup: Manifest) -> tuple[bool | None, list[str]]:
    """Whether names open, and what is not as the manifest says."""
    server = start_restored(scratch / "embedded" / "postgres", {})
    try:
        return _names_open(settings, server.url()), [
            *_log_differs(server.url(), backup),
            *_tables_differ(settings, server.url(), backup),
        ]
    finally:
        server.stop()


def _log_differs(database_url: str, backup: Manifest) -> list[str]:
    log = EventLog(database_url, pool_size=1)
    try:
        with log.connection() as rows:
            same = hash_up_to(rows, backup.position) == backup.log_hash
    finally:
        log.close()
    return [] if same else [f"the log up to position {backup.position} is not what was backed up"]


def _tables_differ(settings: Settings, database_url: str, backup: Manifest) -> list[str]:
    troubles: list[str] = []
    by_name = {one.name: one for one in ALL}
    with connect(settings, database_url, name="drill", limit_statements=False) as connection:
        for kept in backup.projections:
            if (projection := by_name.get(kept.name)) is None:
                continue
            with connection.transaction():
                at = lock_active(connection, kept.name)
                hashed = hash_of(connection, tables_of(projection, kept.generation))
            if (*at, hashed) != (kept.generation, kept.position, kept.hash):
                troubles.append(f"the tables of {kept.name} are not what was backed up")
    return troubles


def _names_open(settings: Settings, database_url: str) -> bool | None:
    try:
        master = load_master_key(settings, may_make=False)
    except MasterKeyWrong:
        return None
    with connect(settings, database_url, name="drill") as connection:
        opened_by(connection, master, KEYS_TRIED_MAX)
    return True
