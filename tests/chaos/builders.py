"""Services as processes to be killed, and the tables that must come out in the end."""

import asyncio
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.filled_log import history
from infra.event_store.log import EventLog
from infra.event_store.mapper import Record
from infra.projection_store.heartbeats import heartbeats
from infra.settings import Settings
from projections.registry import BY_NAME
from services.projector.engine import LiveEngine
from tests.services.projector.builders import checkpoint, prepared, tables

REPOSITORY = Path(__file__).parents[2]


class Service:
    """`clienteling serve <name>` in a process of its own."""

    def __init__(self, name: str, settings: Settings, nats_url: str, log: Path, **more: str) -> None:
        self._command = [sys.executable, "-m", "services.cli.main", "serve", name]
        self._log = log
        self._database_url = str(settings.database_url)
        self._environ = {
            **os.environ,
            "CLIENTELING_DATABASE_URL": str(settings.database_url),
            "CLIENTELING_NATS_URL": nats_url,
            "CLIENTELING_DATA_DIR": str(settings.data_dir),
            **more,
        }
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, cwd=REPOSITORY, env=self._environ, stdout=output, stderr=output
            )

    def kill(self) -> None:
        """As a power failure would end it."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """In good order; its exit code. Who is told before it `works` may not hear, and end at once."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def works(self) -> bool:
        """Whether this very process has said how it is; of relay, reactions and a projector without processes
        of its own.
        """
        with psycopg.connect(self._database_url) as connection:
            said = heartbeats(connection)
        return any(heartbeat.instance.endswith(f":{self._process.pid}") for heartbeat in said)


@contextmanager
def running(*services: Service) -> Generator[None]:
    """Kills what is left of services at the end."""
    try:
        yield
    finally:
        for service in services:
            service.kill()


def until(
    holds: Callable[[], Any], *, within_seconds: float = 60, tell: Callable[[], Any] | None = None
) -> Any:
    """Poll until something true comes, and give it. If nothing does, `tell` says how things stand."""
    deadline = time.monotonic() + within_seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, tell and tell()
        time.sleep(0.1)
    return found


def shop_history(events: int) -> list[Record]:
    """Customers, sales, commission and heroic acts as records of their aggregates' histories."""
    versions: dict[str, int] = {}
    records: list[Record] = []
    for event, _ in zip(history(events), range(events), strict=False):
        version = versions[event.stream_id] = versions.get(event.stream_id, 0) + 1
        records.append(Record(event.stream_id, version, event))
    return records


async def write_slowly(
    url: str, records: list[Record], between: Callable[[int], None], *, parts: int
) -> None:
    """Write records in commits of a few, calling `between` after each of `parts` equal parts."""

    def write(part: list[Record]) -> None:
        with EventLog(url, pool_size=1) as log:
            for start in range(0, len(part), 4):
                log.append(part[start : start + 4])

    size = -(-len(records) // parts)
    for number, start in enumerate(range(0, len(records), size)):
        await asyncio.to_thread(write, records[start : start + size])
        between(number)


def all_projected_to(url: str, position: int) -> bool:
    """Whether every projection of the house has come so far."""
    return all(checkpoint(url, name) >= position for name in BY_NAME)


async def assert_all_tables_are_the_log(
    settings: Settings, fresh_database: Callable[[], str], url: str
) -> None:
    """Every projection's tables are those of an engine that has read the same log alone, in one go."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT * FROM stored_events ORDER BY notification_id").fetchall()
        (last,) = connection.execute("SELECT max(notification_id) FROM stored_events").fetchall()[0]
    alone = fresh_database()
    prepared(dataclasses.replace(settings, database_url=alone))
    with (
        psycopg.connect(alone) as connection,
        connection.cursor() as cursor,
        cursor.copy("COPY stored_events FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
    for name, projection in BY_NAME.items():
        engine = LiveEngine(projection, settings, alone)
        await engine.catch_up(last)
        await engine.close()
        assert tables(url, projection) == tables(alone, projection), name
        assert checkpoint(url, name) == last
