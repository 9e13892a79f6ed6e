"""The one sentence that the command line says about a failure, whatever raised it.

A server that does not start or answer, a full disk, a file that cannot be read, a wrong master key; and what
the services refuse with a sentence of their own, such as a lock that another process holds.
"""

import errno
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import structlog

from infra.messaging.failures import is_refused_by_nats, is_unanswered_by_nats
from infra.postgres.failures import is_broken, is_disk_full, is_missing_table, is_refused, is_unavailable
from infra.settings import Settings

MEGABYTE = 1_048_576
#: No space left on the device, over the quota, larger than a file may be.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

log = structlog.get_logger(__name__)


def sentence_about(error: Exception) -> str | None:
    """One sentence about an error whose cause lies outside of this program; None when it is a mistake of
    ours.

    Whoever wants to know where it came up sets CLIENTELING_LOG_LEVEL to debug.
    """
    sentence = _sentence(error)
    if sentence is not None:
        log.debug("What was asked for could not be done", exc_info=error)
    return sentence


def _sentence(error: Exception) -> str | None:
    if isinstance(error, _failures()):
        return str(error)
    if is_disk_full(error):
        return f"PostgreSQL has no room left on its disk: {_first_line(error)}"
    if is_unavailable(error):
        return f"PostgreSQL does not answer: {_first_line(error)}"
    if is_missing_table(error):
        return "the tables that answer this are not there yet; the projector makes them"
    if is_refused(error):
        return f"PostgreSQL refuses: {_first_line(error)}"
    if is_broken(error):
        return f"PostgreSQL cannot read or keep its own data: {_first_line(error)}"
    if is_unanswered_by_nats(error):
        return f"NATS does not answer: {_first_line(error)}"
    if is_refused_by_nats(error):
        return f"NATS refuses: {_first_line(error)}"
    if isinstance(error, TimeoutError) and error.errno is None:
        return "a server did not answer in time"
    if isinstance(error, OSError):
        return _about_a_file(error)
    if isinstance(error, ExceptionGroup):
        # Tasks that ran side by side and ended for one reason each; the first one is told.
        return _sentence(error.exceptions[0])
    return None


def _failures() -> tuple[type[Exception], ...]:
    """The exceptions whose message is a sentence for people."""
    # Imported where something has failed: `clienteling --help` needs none of them.
    from infra.backups import BackupFailed
    from infra.embedded import EmbeddedServerError
    from infra.messaging.connection import NatsUnreachable
    from infra.messaging.reading import EventsMissing, NoStream, StreamSilent
    from infra.nats import NatsKeyUnusable
    from infra.postgres import LockHeld, MigrationsPending
    from infra.private_files import FileOpenToOthers
    from infra.projection_store.catalog import OtherHistory
    from infra.projection_store.tables import SchemaMismatch
    from infra.vault import VaultError
    from services.analysis.what_if.replay import ReplayFailed
    from services.api.http.server import AddressInUse
    from services.cli.api_client import CannotRead
    from services.importing.pipeline.command_batches import ImportRefused
    from services.importing.pipeline.csv_files import UnusableFile
    from services.projector.parked_keys import NothingParked
    from services.projector.poison_event import PoisonEvent
    from services.reactions.dead_letters import NoDeadLetter
    from services.rebuild.quarantine import NothingToLeaveOut
    from services.rebuild.rebuild import NothingToGoBackTo
    from services.rebuild.switch import KeysParked
    from services.rebuild.trial import GenerationWrong
    from services.recovery.catch_up import CatchUpFailed

    return (
        AddressInUse, BackupFailed, CannotRead, CatchUpFailed, EmbeddedServerError, EventsMissing,
        FileOpenToOthers, GenerationWrong, ImportRefused, KeysParked, LockHeld, MigrationsPending,
        NatsKeyUnusable, NatsUnreachable, NoStream, NoDeadLetter, NothingParked, NothingToGoBackTo,
        NothingToLeaveOut, SchemaMismatch, OtherHistory, PoisonEvent, ReplayFailed, StreamSilent,
        UnusableFile, VaultError,
    )  # fmt: skip


def _about_a_file(error: OSError) -> str:
    """Which file it is about, and why; what is full, too."""
    reason = error.strerror or str(error) or type(error).__name__
    named = [str(name) for name in (error.filename, error.filename2) if name]
    what = f"{' and '.join(named)}: {reason}" if named else reason
    return f"{what} ({_room()}); make room there and try again" if error.errno in FULL else what


def _room() -> str:
    """How much room there is where we write; the error does not always say which file it was about."""
    folders: list[str] = []
    for folder in (Settings.from_env().data_dir, Path(tempfile.gettempdir())):
        with suppress(OSError):
            folders.append(f"{shutil.disk_usage(folder).free // MEGABYTE:,} MB free for {folder}")
    return ", ".join(folders) or "no folder can be looked at"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
