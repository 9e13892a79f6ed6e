"""Putting a backup back into a data directory of its own, as it was at a moment or at a position."""

import datetime
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from infra.backups import BackupFailed, BackupFolder, Manifest, put_back, start_restored
from infra.postgres import connect
from infra.settings import Settings

#: The end of everything, or of a moment, or of a position.
Target = datetime.datetime | int | None

_END = "SELECT max(notification_id), max(recorded_at) FROM public.stored_events"
#: When the first event was recorded that is behind a position and in no commit with it.
_NEXT = (
    "SELECT min(later.recorded_at) FROM public.stored_events AS later, public.stored_events AS last "
    "WHERE last.notification_id = %s AND later.notification_id > last.notification_id "
    "AND later.recorded_at > last.recorded_at"
)


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """Where a log ends that was put back, and when that was recorded."""

    backup_id: str
    data_dir: str
    position: int
    recorded_at: datetime.datetime | None


def restore(settings: Settings, into: Path, target: Target, say: Callable[[str], None]) -> Restored:
    """Put back what was up to the target, inclusive; into a data directory without a PostgreSQL.

    A commit is not cut: of a position in the middle of one all of it comes back. Raises BackupFailed.
    """
    folder = BackupFolder(settings)
    backup = _chosen(folder, target)
    if isinstance(target, datetime.datetime):
        return put_back_at(settings, folder, backup, into, _at(target), say)
    found = put_back_at(settings, folder, backup, into, {}, say)
    if target is None or found.position == target:
        return found
    cluster = into / "embedded" / "postgres"
    if found.position < target:
        shutil.rmtree(cluster)
        raise BackupFailed(f"the archive of the write-ahead log ends at position {found.position}")
    behind = _recorded_behind(settings, cluster, target)
    if behind is None:
        return found
    say(f"position {target} is followed by what was recorded at {behind.isoformat()}: replaying up to there")
    shutil.rmtree(cluster)
    return put_back_at(settings, folder, backup, into, _at(behind), say)


def put_back_at(
    settings: Settings,
    folder: BackupFolder,
    backup: Manifest,
    into: Path,
    target: dict[str, str],
    say: Callable[[str], None],
) -> Restored:
    """Put a backup back and replay up to a target of PostgreSQL's. Raises BackupFailed."""
    cluster = into / "embedded" / "postgres"
    chain = folder.chain_of(backup)
    say(f"putting back the files of {' and '.join(one.backup_id for one in chain)}")
    put_back([folder.base_of(one) for one in chain], folder.wal, backup.wal_from, cluster / "data")
    say("replaying the write-ahead log")
    try:
        server = start_restored(cluster, target)
    except BackupFailed:
        shutil.rmtree(cluster)
        raise
    try:
        with connect(settings, server.url(), name="restore", limit_statements=False) as connection:
            ((position, recorded_at),) = connection.execute(_END.encode()).fetchall()
    finally:
        server.stop()
    return Restored(
        backup_id=backup.backup_id, data_dir=str(into), position=position or 0, recorded_at=recorded_at
    )


def _chosen(folder: BackupFolder, target: Target) -> Manifest:
    backups = folder.backups()
    if isinstance(target, int):
        backups = [one for one in backups if one.position <= target]
    elif target is not None:
        backups = [one for one in backups if one.ended_at <= target]
    if not backups:
        raise BackupFailed(f"there is no backup in {folder.path} from before {target or 'now'}")
    return backups[-1]


def _at(moment: datetime.datetime) -> dict[str, str]:
    return {"recovery_target_time": moment.astimezone(datetime.UTC).isoformat(sep=" ")}


def _recorded_behind(settings: Settings, cluster: Path, position: int) -> datetime.datetime | None:
    server = start_restored(cluster, {})
    try:
        with connect(settings, server.url(), name="restore", limit_statements=False) as connection:
            ((behind,),) = connection.execute(_NEXT.encode(), (position,)).fetchall()
    finally:
        server.stop()
    return behind
