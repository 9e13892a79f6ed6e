"""Backups as PostgreSQL's own programs make them, in one folder: base backups with a manifest of ours each,
and the archive of the write-ahead log.
"""

from infra.backups.archive import (
    archived_segments,
    ensure_slot,
    first_gap,
    receive_wal,
    receive_wal_until_ended,
)
from infra.backups.base_backup import back_up_files, identity_of, make_restore_point, verify_files
from infra.backups.cluster import put_back, start_restored
from infra.backups.failure import BackupFailed
from infra.backups.folder import BackupFolder, Drilled, Manifest, ProjectionHash, ServerIdentity, last_of

__all__ = [
    "BackupFailed",
    "BackupFolder",
    "Drilled",
    "Manifest",
    "ProjectionHash",
    "ServerIdentity",
    "archived_segments",
    "back_up_files",
    "ensure_slot",
    "first_gap",
    "identity_of",
    "last_of",
    "make_restore_point",
    "put_back",
    "receive_wal",
    "receive_wal_until_ended",
    "start_restored",
    "verify_files",
]
