"""Bringing what readers read up to the end of the log: by whoever serves already, else by a relay and a projector of our own."""

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress

from infra.clock import SYSTEM_CLOCK
from infra.postgres import connect
from infra.projection_store.catalog import OtherHistory, require_history_of_log, standings
from infra.projection_store.heartbeats import heartbeats
from projections.registry import BY_NAME
from services.ops.output import complain, progress, remark
from services.ops.shop import Shop

STILL_SECONDS_MAX = 120.0
POLL_SECONDS = 0.2
STOP_SECONDS = 20.0


def catch_up(shop: Shop, *, quiet: bool = False) -> bool:
    """Wait until every projection has folded what is in the log now; whether it has.

    It gives up, and says so, when none of them has moved for two minutes, or when one holds what the log has lost.
    """
    end = shop.log.last_position()
    with (
        connect(shop.settings, shop.servers.database_url, name="catching up") as connection,
        ExitStack() as stack,
    ):
        for name in BY_NAME:
            try:
                require_history_of_log(connection, name)
            except OtherHistory as error:
                complain(str(error))
                return False
        if reached(connection) >= end:
            return True
        alive = services_alive(connection)
        for service in ("relay", "projector"):
            if service not in alive:
                stack.enter_context(running(service, shop))
        bar = stack.enter_context(progress(quiet=quiet))
        task = bar.add_task("folding it into tables", total=end, rate="facts")
        last, moved_at = -1, time.monotonic()
        while (now := reached(connection)) < end:
            if now != last:
                last, moved_at = now, time.monotonic()
                bar.update(task, completed=now)
            elif time.monotonic() - moved_at > STILL_SECONDS_MAX:
                complain(
                    f"the tables stand still at position {now} of {end}; see `clienteling projections status`"
                )
                return False
            time.sleep(POLL_SECONDS)
        bar.update(task, completed=end)
    return True


def reached(connection: object) -> int:
    """Up to where every projection has folded the log; 0 while one has not begun."""
    active = {one.name: one.position for one in standings(connection) if one.status == "active"}  # type: ignore[arg-type]
    return min((active.get(name, 0) for name in BY_NAME), default=0)


def services_alive(connection: object) -> set[str]:
    """The services that have shown a sign of life within the last seconds."""
    now = SYSTEM_CLOCK.now()
    return {beat.service for beat in heartbeats(connection) if (now - beat.at).total_seconds() < 10}  # type: ignore[arg-type]


@contextmanager
def running(service: str, shop: Shop) -> Generator[subprocess.Popen[bytes]]:
    """A service in a process of its own, its log lines in a file of the data directory."""
    shop.settings.data_dir.mkdir(parents=True, exist_ok=True)
    log_file = shop.settings.data_dir / f"{service}.log"
    with log_file.open("ab") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.ops.main", "serve", service, f"--with-parent={os.getpid()}"],
            stdout=lines,
            stderr=lines,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        if process.poll() is None:
            process.kill()
        if process.returncode not in (0, None, -15):
            remark(f"serve {service} ended with code {process.returncode}; its log lines are in {log_file}")
