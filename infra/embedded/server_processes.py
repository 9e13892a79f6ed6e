"""Server processes that outlive us: starting, recognising, waiting for, stopping and killing them by
process id.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from infra.embedded.system_user import SystemUser

POLL_SECONDS = 0.01
LOG_LINES_SHOWN = 20
LOG_BYTES_MAX = 16_777_216


class EmbeddedServerError(RuntimeError):
    """An embedded server cannot be started, found or stopped; the message says why and shows the end of
    its log.
    """


def start_daemon(command: list[str], *, log: Path, user: SystemUser | None, cwd: Path, lock: Path) -> int:
    """Start a server in a session of its own, its output appended to `log`; its process id.

    A shell starts it in the background and leaves, so that it is nobody's child of ours: when it is killed,
    it is reaped at once instead of lingering as a zombie that other processes take for a running server. The
    server and its children inherit a lock on the file `lock`, by which `lives` knows them. Raises
    EmbeddedServerError when a server lives.
    """
    _keep_log_small(log)
    held = _lock_file(lock, fcntl.LOCK_EX)
    if held is None:
        raise EmbeddedServerError(
            f"{lock} is held by a server that cannot be seen; does it run in another container?"
        )
    try:
        with log.open("ab") as output:
            log.chmod(0o600)
            shell = subprocess.Popen(
                ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=cwd,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                umask=0o077,
                user=None if user is None else user.uid,
                group=None if user is None else user.gid,
                extra_groups=None if user is None else [],
                pass_fds=(held,),
            )
            printed, _ = shell.communicate()
    finally:
        os.close(held)
    if shell.returncode != 0 or not printed.strip().isdigit():
        raise EmbeddedServerError(f"{command[0]} could not be started{end_of(log)}")
    return int(printed)


def lives(lock: Path) -> bool:
    """Whether any process of the server that holds `lock` lives: told by the kernel, whatever process ids
    say.
    """
    held = _lock_file(lock, fcntl.LOCK_SH)
    if held is not None:
        os.close(held)
    return held is None


def alive(pid: int) -> bool:
    """Whether a process has this id and is not a zombie, or one that is still `ending`."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE or ending(pid)
    except psutil.Error:
        return False


def ending(pid: int) -> bool:
    """Whether this process was killed and holds its files and its port all the same: its first thread is
    a zombie, and others are not gone yet.
    """
    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() > 1
    except psutil.Error:
        return False


def is_postgres_of(pid: int, data: Path) -> bool:
    """Whether this process is a PostgreSQL server on `data`: they all work in their data directory."""
    try:
        process = psutil.Process(pid)
        return (
            process.name() == "postgres"
            and process.status() != psutil.STATUS_ZOMBIE
            and Path(process.cwd()) == data.resolve()
        )
    except (psutil.Error, OSError):
        return False


def is_nats_of(pid: int, config: Path) -> bool:
    """Whether this process is a NATS server that was started with `config`."""
    try:
        process = psutil.Process(pid)
        return process.name() == "nats-server" and str(config) in process.cmdline()
    except (psutil.Error, OSError):
        return False


def all_nats_of(config: Path) -> Iterator[int]:
    """Every NATS server that was started with `config`; there is at most one unless something went wrong."""
    return (pid for pid in psutil.pids() if is_nats_of(pid, config))


def all_postgres_of(data: Path) -> Iterator[int]:
    """Every process of a PostgreSQL server on `data`, also those that outlived their postmaster."""
    return (pid for pid in psutil.pids() if is_postgres_of(pid, data))


def wait_until(holds: Callable[[], bool], *, within_seconds: float) -> bool:
    """Poll until `holds()`, at most so long; whether it came to hold."""
    deadline = time.monotonic() + within_seconds
    while not holds():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that is gone already is fine."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def end_of(log: Path) -> str:
    """The last lines of a log file as a paragraph for an error message; empty when there is no log."""
    try:
        with log.open("r", errors="replace") as lines:
            last = "".join(f"\n    {line.rstrip()}" for line in deque(lines, LOG_LINES_SHOWN))
    except FileNotFoundError:
        return ""
    return f"; the end of {log}:{last}" if last else ""


def try_lock(descriptor: int, kind: int) -> bool:
    """Lock an open file (LOCK_SH or LOCK_EX) unless another lock is in the way; whether it is locked."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_file(file: Path, kind: int) -> int | None:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    if try_lock(descriptor, kind):
        return descriptor
    os.close(descriptor)
    return None


def _keep_log_small(log: Path) -> None:
    with suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_suffix(".previous.log"))
