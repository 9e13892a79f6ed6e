"""Making backups of the log, the key store and the tables, all at one moment."""

from collections.abc import Callable
from importlib import metadata
from typing import Any

from infra.backups import (
    BackupFailed,
    BackupFolder,
    Manifest,
    ProjectionHash,
    back_up_files,
    ensure_slot,
    identity_of,
    make_restore_point,
    receive_wal,
    receive_wal_until_ended,
    verify_files,
)
from infra.clock import SYSTEM_CLOCK, Clock
from infra.event_store.lineage import lineage_of
from infra.event_store.ranges import hash_up_to
from infra.postgres import hold_lock
from infra.projection_store.bulk import lock_active
from infra.projection_store.comparing import begin_snapshot, hash_of
from infra.projection_store.tables import tables_of
from infra.runtime import Runtime
from infra.vault import prepare_vault
from projections.registry import ALL

Say = Callable[[str], None]


def back_up(runtime: Runtime, *, incremental: bool, say: Say, clock: Clock = SYSTEM_CLOCK) -> Manifest:
    """Make a backup, of the changes since the last one alone if so asked; the shop may be open.

    Raises BackupFailed, and LockHeld while another one is being made.
    """
    folder = BackupFolder(runtime.settings)
    url = runtime.servers.database_url
    with (
        hold_lock(runtime.settings, url, "backup"),
        runtime.connect("backup", limit_statements=False) as connection,
    ):
        server = identity_of(connection)
        folder.require_own(server)
        earlier = folder.backups()
        if incremental and not earlier:
            raise BackupFailed("there is no backup whose changes could be taken: make a whole one first")
        parent = earlier[-1] if incremental else None
        began_at = clock.now()
        backup_id, unfinished = folder.begin(began_at)
        ensure_slot(connection)
        say("copying the server's files")
        since = None if parent is None else folder.base_of(parent)
        base = unfinished / "base"
        wal_from = back_up_files(connection, url, base, label=backup_id, since=since)
        say("hashing the log and the tables")
        restore_point = f"clienteling {backup_id}"
        position, projections = _hashes_at(runtime, connection, restore_point)
        with runtime.log.connection() as rows:
            epoch, log_hash = lineage_of(rows).epoch, hash_up_to(rows, position)
        say("receiving the write-ahead log")
        receive_wal(connection, url, folder.wal)
        say("comparing the files with their checksums")
        verify_files(base)
        manifest = Manifest(
            backup_id=backup_id,
            release=metadata.version("clienteling"),
            server=server,
            began_at=began_at,
            ended_at=clock.now(),
            parent=None if parent is None else parent.backup_id,
            wal_from=wal_from,
            restore_point=restore_point,
            position=position,
            epoch=epoch,
            log_hash=log_hash,
            projections=projections,
            master_key=prepare_vault(runtime.settings, connection).fingerprint,
        )
        folder.finish(unfinished, manifest)
    return manifest


def archive_wal(runtime: Runtime, *, follow: bool) -> str | None:
    """Receive the write-ahead log up to now, or until this process is ended; the last segment.

    Raises BackupFailed.
    """
    folder = BackupFolder(runtime.settings)
    receive = receive_wal_until_ended if follow else receive_wal
    with runtime.connect("backup", limit_statements=False) as connection:
        folder.require_own(identity_of(connection))
        receive(connection, runtime.servers.database_url, folder.wal)
    return folder.archived_to()


def _hashes_at(runtime: Runtime, connection: Any, restore_point: str) -> tuple[int, list[ProjectionHash]]:
    """Make a restore point at which no projection moves; where the log ends there and what the tables are."""
    with runtime.connect("backup", limit_statements=False) as reading:
        with connection.transaction():
            serving = {one.name: (one, *lock_active(connection, one.name)) for one in ALL}
            begin_snapshot(reading)
            ((position,),) = reading.execute(
                "SELECT coalesce(max(notification_id), 0) FROM public.stored_events"
            ).fetchall()
            # Written while the rows are locked: what follows in the write-ahead log is later than all of it.
            make_restore_point(reading, restore_point)
        hashes = [
            ProjectionHash(
                name=name,
                generation=generation,
                position=reached,
                hash=hash_of(reading, tables_of(projection, generation)),
            )
            for name, (projection, generation, reached) in serving.items()
            if generation
        ]
        reading.execute("ROLLBACK")
    return position, hashes
