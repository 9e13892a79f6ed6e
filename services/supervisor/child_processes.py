"""Services as child processes: all of them kept running, or one for as long as somebody needs it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

import structlog

from infra.embedded import Servers
from infra.serve_all_lock import database_alone
from infra.settings import Settings, environment_with
from services.supervisor import maintenance
from services.supervisor.stopping import STOP_SECONDS, stop

log = structlog.get_logger(__name__)

SERVICES: Final = ("relay", "projector", "reactions", "webhooks", "api")
RESTART_SECONDS: Final = 1.0


def command_of(service: str) -> tuple[str, ...]:
    """The command line that runs a service (`all` for all of them) until it or this process ends."""
    return (sys.executable, "-m", "services.cli.main", "serve", service, f"--with-parent={os.getpid()}")


async def keep_running(settings: Settings, servers: Servers) -> None:
    """Relay, projector, reactions, webhooks and API as processes, each started again when it ends; and what
    operators ask for, carried out in between.
    """
    async with database_alone(settings, servers.database_url), asyncio.TaskGroup() as tasks:
        for name in SERVICES:
            tasks.create_task(_keep_running(name))
        tasks.create_task(maintenance.run(settings, servers))


async def _keep_running(name: str) -> None:
    while True:
        # A session of its own: Ctrl-C reaches this process alone, which then stops the others in good order.
        process = await asyncio.create_subprocess_exec(*command_of(name), start_new_session=True)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            await stop(process)
            raise
        log.warning("A service ended and is started again", service=name, exit_code=code)
        await asyncio.sleep(RESTART_SECONDS)


@contextmanager
def running(
    service: str, settings: Settings, variables: Mapping[str, str] | None = None
) -> Generator[subprocess.Popen[bytes]]:
    """Run a service as a child process, with further variables of its environment; its log lines go to a file
    of the data directory.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    log_file = settings.data_dir / f"{service}.log"
    with log_file.open("ab") as lines:
        process = subprocess.Popen(
            command_of(service),
            env=environment_with(variables or {}),
            stdout=lines,
            stderr=lines,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            # Longer than the services that it runs are given.
            process.wait(STOP_SECONDS + 5)
        if process.poll() is None:
            process.kill()
        if process.returncode not in (0, None, -15):
            log.warning(
                "A service ended with an error", service=service, code=process.returncode, log_file=log_file
            )
