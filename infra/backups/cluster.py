"""Putting back: PostgreSQL's files out of backups, and the write-ahead log replayed up to a moment."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from infra.backups.archive import archived_segments, unpack_segment
from infra.backups.failure import BackupFailed
from infra.backups.programs import run_program
from infra.embedded import EmbeddedServerError, PostgresServer

#: A long log is replayed for as long as it takes.
REPLAY_SECONDS_MAX: Final = 7 * 86_400.0
#: As initdb makes them unless it is told otherwise.
SEGMENT_BYTES: Final = 16_777_216
_TOO_SHORT: Final = "recovery ended before configured recovery target was reached"


def put_back(bases: Sequence[Path], wal: Path, wal_from: str, data: Path) -> None:
    """Make the files of a server that has not replayed anything yet: of a whole backup and the changes behind
    it, the oldest first, and of the archive from a segment on. Raises BackupFailed where there are files.
    """
    if data.exists():
        raise BackupFailed(f"there is a PostgreSQL in {data} already: move it away first")
    data.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = data.with_name(f"{data.name}.restoring")
    shutil.rmtree(aside, ignore_errors=True)
    if len(bases) == 1:
        shutil.copytree(bases[0], aside, symlinks=True)
    else:
        run_program("pg_combinebackup", *bases, f"--output={aside}")
    aside.chmod(0o700)
    for segment in archived_segments(wal):
        if segment >= wal_from:
            unpack_segment(wal, segment, aside / "pg_wal" / segment, SEGMENT_BYTES)
    (aside / "recovery.signal").touch(mode=0o600)
    aside.rename(data)


def start_restored(folder: Path, target: Mapping[str, str]) -> PostgresServer:
    """Start the server of what was put back in `folder/data`: it replays up to the target (PostgreSQL's
    `recovery_target_…`; none: all there is) and goes on from there. Raises BackupFailed.
    """
    # All segments are in pg_wal: there is nothing to fetch. Nobody is let in before all is replayed.
    replaying = {"restore_command": "false", "recovery_target_action": "promote", "hot_standby": "off"}
    server = PostgresServer(folder, config={**replaying, **target}, start_seconds=REPLAY_SECONDS_MAX)
    try:
        server.start()
    except EmbeddedServerError as error:
        if _TOO_SHORT in str(error):
            raise BackupFailed(
                f"the archive of the write-ahead log ends before {' '.join(target.values())}"
            ) from None
        raise BackupFailed(f"what was put back does not start: {error}") from None
    return server
