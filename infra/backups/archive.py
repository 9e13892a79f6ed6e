"""The archive of the write-ahead log: received over a replication slot, so that nothing of it is thrown away
before it is there.
"""

import gzip
import re
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from psycopg import Connection

from infra.backups.failure import BackupFailed
from infra.backups.programs import command_of, environment_of, run_program

SLOT: Final = "clienteling_backup"
_SEGMENT: Final = re.compile(r"([0-9A-F]{24})\.gz(?:\.partial)?")
_READ_BYTES: Final = 1_048_576
_MAKE_SLOT: Final = (
    "SELECT pg_create_physical_replication_slot(%(slot)s, true) "
    "WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = %(slot)s)"
)
_SLOT_OF: Final = "SELECT active, restart_lsn >= %s::pg_lsn FROM pg_replication_slots WHERE slot_name = %s"
#: Whoever receives all the time is given so long to have what has just been written.
OTHERS_SECONDS: Final = 60.0


def ensure_slot(connection: Connection[Any]) -> None:
    """From now on the server keeps what was not received."""
    connection.execute(_MAKE_SLOT.encode(), {"slot": SLOT})


def receive_wal(connection: Connection[Any], database_url: str, folder: Path) -> None:
    """Receive the write-ahead log up to now. Raises BackupFailed."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ensure_slot(connection)
    # A segment that is closed is archived whole; where nothing was written since, none is closed.
    ((until,),) = connection.execute("SELECT pg_switch_wal()::text").fetchall()
    deadline = time.monotonic() + OTHERS_SECONDS
    while True:
        ((active, there),) = connection.execute(_SLOT_OF.encode(), (until, SLOT)).fetchall()
        if there:
            return
        if not active:
            break
        if time.monotonic() > deadline:
            raise BackupFailed("another process receives the write-ahead log and does not get on")
        time.sleep(0.1)
    run_program(
        "pg_receivewal", *_options(folder), "--no-loop", f"--endpos={until}", database_url=database_url
    )
    ((segment,),) = connection.execute("SELECT pg_walfile_name(%s::pg_lsn)", (until,)).fetchall()
    # It ends as soon as it is there: nothing but zeros follows in that segment.
    if segment not in archived_segments(folder):
        raise BackupFailed(f"pg_receivewal ended, but {folder} has no segment {segment}")
    # It may have ended before the server heard how far it had come.
    connection.execute("SELECT pg_replication_slot_advance(%s, %s::pg_lsn)", (SLOT, until))


def receive_wal_until_ended(connection: Connection[Any], database_url: str, folder: Path) -> None:
    """Receive the write-ahead log as it is written until this process is ended. Raises BackupFailed."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ensure_slot(connection)
    command = command_of("pg_receivewal", *_options(folder))
    receiving = subprocess.Popen(
        command, env=environment_of(database_url), stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        code = receiving.wait()
    finally:
        with suppress(ProcessLookupError):
            receiving.terminate()
        receiving.wait()
    raise BackupFailed(f"pg_receivewal ended with {code}")


def archived_segments(folder: Path) -> list[str]:
    """The names of the segments that were received, the oldest first; the last one may be only begun."""
    found = (_SEGMENT.fullmatch(name) for name in _names(folder))
    return sorted({match[1] for match in found if match is not None})


def unpack_segment(folder: Path, segment: str, to: Path, size: int) -> None:
    """Write a segment of the archive as PostgreSQL reads it, filled up with zeros where it was only begun."""
    whole, begun = folder / f"{segment}.gz", folder / f"{segment}.gz.partial"
    with gzip.open(whole if whole.exists() else begun) as packed, to.open("wb") as written:
        # The end of a segment that is still being received is missing.
        with suppress(EOFError):
            while block := packed.read(_READ_BYTES):
                written.write(block)
        written.truncate(size)


def first_gap(segments: Sequence[str], first: str) -> str | None:
    """The first segment that is missing among those from `first` on, None where they go on to the end.

    A segment is named by its timeline, and by its number as two parts of eight hex digits; with segments of
    16 MiB the second one goes to FF.
    """
    numbers = {_number(name) for name in segments if name >= first}
    if not numbers:
        return first
    wanted = _number(first)
    missing = next((one for one in range(wanted, max(numbers) + 1) if one not in numbers), None)
    return None if missing is None else f"{first[:8]}{missing // 256:08X}{missing % 256:08X}"


def _number(segment: str) -> int:
    return int(segment[8:16], 16) * 256 + int(segment[16:], 16)


def _options(folder: Path) -> list[str]:
    # What a segment has not been filled with takes next to nothing so.
    kept = ["--synchronous", "--compress=gzip:1"]
    return [f"--directory={folder}", f"--slot={SLOT}", "--no-password", *kept]


def _names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()] if folder.is_dir() else []
