"""Base backups: all of PostgreSQL's files, or what has changed in them since another backup."""

import re
from pathlib import Path
from typing import Any, Final

from psycopg import Connection

from infra.backups.failure import BackupFailed
from infra.backups.folder import ServerIdentity
from infra.backups.programs import run_program

_BEGINS: Final = re.compile(r"^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)$", re.MULTILINE)
_IDENTITY: Final = (
    "SELECT (SELECT system_identifier::text FROM pg_control_system()), "
    "(SELECT timeline_id FROM pg_control_checkpoint()), current_setting('server_version_num')::int / 10000"
)


def identity_of(connection: Connection[Any]) -> ServerIdentity:
    """Whose files a backup would have."""
    ((cluster, timeline, version),) = connection.execute(_IDENTITY.encode()).fetchall()
    return ServerIdentity(cluster=cluster, timeline=timeline, version=version)


def back_up_files(
    connection: Connection[Any], database_url: str, to: Path, *, label: str, since: Path | None
) -> str:
    """Copy the server's files, or those blocks that have changed `since` an earlier copy; the first segment
    of the write-ahead log that the copy needs. Raises BackupFailed.
    """
    changes = []
    if since is not None:
        ((summarizes,),) = connection.execute("SELECT current_setting('summarize_wal')").fetchall()
        if summarizes != "on":
            raise BackupFailed(
                "PostgreSQL does not keep account of what changes: set its summarize_wal to on"
            )
        changes = [f"--incremental={since / 'backup_manifest'}"]
    run_program(
        "pg_basebackup",
        f"--pgdata={to}",
        "--checkpoint=fast",
        "--wal-method=stream",
        "--manifest-checksums=SHA256",
        f"--label=clienteling {label}",
        "--no-password",
        *changes,
        database_url=database_url,
    )
    found = _BEGINS.search((to / "backup_label").read_text())
    if found is None:
        raise BackupFailed(f"{to / 'backup_label'} does not say where the backup begins")
    return found[1]


def verify_files(base: Path) -> None:
    """Compare every file of a backup with the checksums that were taken with it. Raises BackupFailed."""
    run_program("pg_verifybackup", "--quiet", base)


def make_restore_point(connection: Connection[Any], name: str) -> None:
    """Give this moment of the write-ahead log a name."""
    connection.execute("SELECT pg_create_restore_point(%s)", (name,))
