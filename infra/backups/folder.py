"""The folder of backups.

    wal/                    the archive of the write-ahead log, as pg_receivewal writes it
    20261201T101500Z/       a backup: base/ as pg_basebackup writes it, and manifest.json
    drills.jsonl            a line for each drill

A backup that was not finished has a name that begins with a dot.
"""

import datetime
import os
import shutil
from pathlib import Path
from typing import Final

import msgspec

from infra.backups.archive import archived_segments
from infra.backups.failure import BackupFailed
from infra.settings import Settings

_ID: Final = "%Y%m%dT%H%M%SZ"
_MANIFEST: Final = "manifest.json"


class ProjectionHash(msgspec.Struct, frozen=True, kw_only=True):
    """The serving tables of a projection at a position: SHA-256 over all rows in order (hex), as `projections
    verify` prints it.
    """

    name: str
    generation: int
    position: int
    hash: str


class ServerIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Whose files these are: the identifier of the cluster, its timeline (another one after each time it was
    put back) and the major version of PostgreSQL.
    """

    cluster: str
    timeline: int
    version: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup has.

    `parent`: the backup that this one only has the changes since; null for a whole one. `wal_from`: the first
    segment of the write-ahead log that is needed to put it back. `restore_point`: the moment in that log at
    which the log of events ended at `position` or shortly behind it and the projections were as `projections`
    says. `log_hash`: SHA-256 over the hashes of the ranges up to `position`, which `GET /v1/events/ranges`
    gives. `master_key`: the fingerprint of the key that opens its names, which is not in it.
    """

    backup_id: str
    release: str
    server: ServerIdentity
    began_at: datetime.datetime
    ended_at: datetime.datetime
    parent: str | None
    wal_from: str
    restore_point: str
    position: int
    epoch: str
    log_hash: str
    projections: list[ProjectionHash]
    master_key: str


class Drilled(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a drill, in words where something does not hold; `archived_to` is the last segment of the
    write-ahead log. `names_open` is null where no master key was at hand.
    """

    at: datetime.datetime
    backup_id: str
    seconds: float
    position: int
    archived_to: str | None
    names_open: bool | None
    troubles: list[str]

    @property
    def holds(self) -> bool:
        """Whether all of it was put back as it had been."""
        return not self.troubles


class BackupFolder:
    """The folder that the settings name."""

    def __init__(self, settings: Settings) -> None:
        """Raises BackupFailed where they name none."""
        if settings.backup_dir is None:
            raise BackupFailed(
                "no folder for backups is set: CLIENTELING_BACKUP_DIR names one, on another disk"
            )
        self.path = settings.backup_dir.absolute()
        self.wal = self.path / "wal"
        self.drills = self.path / "drills.jsonl"

    def backups(self) -> list[Manifest]:
        """The finished backups, the oldest first. Raises BackupFailed for a manifest that cannot be read."""
        files = sorted(self.path.glob(f"[0-9]*/{_MANIFEST}"))
        return [_read(file) for file in files]

    def require_own(self, server: ServerIdentity) -> None:
        """Raises BackupFailed where the backups are another server's, or from before this one was put back:
        one folder has one history.
        """
        strangers = [one.backup_id for one in self.backups() if one.server != server]
        if strangers:
            raise BackupFailed(
                f"{self.path} has backups of another server, or from before this one was put back "
                f"({strangers[-1]}): name a new folder in CLIENTELING_BACKUP_DIR"
            )

    def chain_of(self, backup: Manifest) -> list[Manifest]:
        """A backup behind all those that it needs, the whole one first. Raises BackupFailed without them."""
        by_id = {one.backup_id: one for one in self.backups()}
        chain = [backup]
        while (parent := chain[0].parent) is not None:
            if parent not in by_id:
                raise BackupFailed(f"the backup {chain[0].backup_id} needs {parent}, which is not there")
            chain.insert(0, by_id[parent])
        return chain

    def base_of(self, backup: Manifest) -> Path:
        """The files of a backup."""
        return self.path / backup.backup_id / "base"

    def archived_to(self) -> str | None:
        """The last segment of the write-ahead log in the archive; None while it is empty."""
        segments = archived_segments(self.wal)
        return segments[-1] if segments else None

    def begin(self, now: datetime.datetime) -> tuple[str, Path]:
        """The id of a new backup, and a folder for it; what was begun and never finished is removed."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left_over in self.path.glob(".*.unfinished"):
            shutil.rmtree(left_over)
        backup_id = now.strftime(_ID)
        if (self.path / backup_id).exists():
            raise BackupFailed(f"there is a backup of this second already: {backup_id}")
        unfinished = self.path / f".{backup_id}.unfinished"
        unfinished.mkdir(mode=0o700)
        return backup_id, unfinished

    def finish(self, unfinished: Path, manifest: Manifest) -> None:
        """Write the manifest; from now on the backup counts."""
        file = unfinished / _MANIFEST
        with file.open("wb") as writing:
            writing.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
            writing.flush()
            os.fsync(writing.fileno())
        unfinished.rename(self.path / manifest.backup_id)

    def prune(self, keep: int) -> list[str]:
        """Remove all backups but the last so many and those that they need, and the segments of the archive
        that none of them needs; the ids of what was removed.
        """
        backups = self.backups()
        kept = {one.backup_id for last in backups[-keep:] for one in self.chain_of(last)}
        removed = [one.backup_id for one in backups if one.backup_id not in kept]
        for backup_id in removed:
            # Out of sight first: what is half removed is no backup.
            aside = self.path / f".{backup_id}.unfinished"
            (self.path / backup_id).rename(aside)
            shutil.rmtree(aside)
        needed = min((one.wal_from for one in backups if one.backup_id in kept), default="")
        for segment in archived_segments(self.wal):
            if segment < needed:
                (self.wal / f"{segment}.gz").unlink(missing_ok=True)
        return removed

    def note_drill(self, drilled: Drilled) -> None:
        """Add a line about a drill."""
        with self.drills.open("ab") as writing:
            writing.write(msgspec.json.encode(drilled) + b"\n")

    def last_good_drill(self) -> Drilled | None:
        """The last drill that held; None where none ever did."""
        if not self.drills.is_file():
            return None
        drilled = [msgspec.json.decode(line, type=Drilled) for line in self.drills.read_bytes().splitlines()]
        return next((one for one in reversed(drilled) if one.holds), None)


def _read(file: Path) -> Manifest:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Manifest)
    except msgspec.MsgspecError as error:
        raise BackupFailed(f"{file} cannot be read: {error}") from None


def last_of(settings: Settings) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    """When the last backup was finished, and the last drill that held; None where there was none. Raises
    BackupFailed.
    """
    folder = BackupFolder(settings)
    backups, drilled = folder.backups(), folder.last_good_drill()
    return backups[-1].ended_at if backups else None, drilled.at if drilled else None
