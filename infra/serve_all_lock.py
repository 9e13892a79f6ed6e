"""One `serve all` for each house: a second one is refused and told who serves.

A house is its data directory and its database, from whatever directory or machine it is served. The
directory's lock is a file lock, the database's an advisory lock of a connection: both go with their holder,
however that ends.
"""

import asyncio
import fcntl
import os
import threading
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import structlog

from domain.messages import Refused
from infra.embedded import make_data_dir
from infra.embedded.server_processes import try_lock
from infra.postgres import LockHeld, LockLost, connect, hold_lock, lock_holder
from infra.postgres.failures import DatabaseError
from infra.settings import Settings

NAME: Final = "serve all"
FILE: Final = "serve-all.lock"
CHECK_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


def directory_holder(settings: Settings) -> str | None:
    """Who runs `serve all` on this data directory, in words; None when nobody does."""
    try:
        descriptor = os.open(_file(settings), os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        if try_lock(descriptor, fcntl.LOCK_SH):
            return None
        return f"process {os.pread(descriptor, 20, 0).decode(errors='replace').strip() or 'unknown'}"
    finally:
        os.close(descriptor)


def database_holder(settings: Settings, database_url: str) -> str | None:
    """Who runs `serve all` on this database, in words; None when nobody does."""
    with connect(settings, database_url, name="who serves") as connection:
        holder = lock_holder(connection, NAME)
    return None if holder is None else str(holder)


def make_sure_nobody_serves(settings: Settings, database_url: str) -> None:
    """Raises Refused when `serve all` runs on this data directory or database."""
    if holder := directory_holder(settings) or database_holder(settings, database_url):
        raise _refusal(settings, holder)


@contextmanager
def directory_alone(settings: Settings) -> Generator[None]:
    """Hold the data directory's lock. Raises Refused when another process has it."""
    make_data_dir(settings.data_dir)
    descriptor = os.open(_file(settings), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not try_lock(descriptor, fcntl.LOCK_EX):
            raise _refusal(settings, directory_holder(settings) or "a process that has just ended")
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


@asynccontextmanager
async def database_alone(settings: Settings, database_url: str) -> AsyncGenerator[None]:
    """Hold the database's lock, and take it again when PostgreSQL was away. Raises Refused."""
    first: Future[None] = Future()
    ended = threading.Event()
    # Nobody waits for its end: it may hang with the database, and the kernel closes its connection.
    threading.Thread(
        target=_keep, args=(settings, database_url, first, ended), name="serve all", daemon=True
    ).start()
    try:
        await asyncio.wrap_future(first)
        yield
    finally:
        ended.set()


def _keep(settings: Settings, url: str, first: "Future[None]", ended: threading.Event) -> None:
    while not ended.wait(CHECK_SECONDS if first.done() else 0):
        try:
            with hold_lock(settings, url, NAME) as lock:
                if not first.done():
                    first.set_result(None)
                while not ended.wait(CHECK_SECONDS):
                    lock.check()
        except LockHeld as held:
            holder = str(held.holder or "a process that has just ended")
            if not first.done():
                first.set_exception(_refusal(settings, holder))
                return
            log.warning("Another process serves this database, too", holder=holder)
        except (DatabaseError, LockLost) as error:
            if not first.done():
                first.set_exception(error)
                return
            log.info("The lock of the database is taken again", error=repr(error))


def _refusal(settings: Settings, holder: str) -> Refused:
    return Refused(
        "served_already",
        f"`clienteling serve all` runs on {settings.data_dir} or its database already: {holder}; "
        "end it first. Single services (`serve api`, `serve relay` and so on) may run beside it",
    )


def _file(settings: Settings) -> Path:
    return settings.data_dir.absolute() / FILE
