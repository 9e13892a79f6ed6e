"""Waiting, for a bounded time, until everybody is at the end of the log and status says that all is well.

The stream is read itself: a relay that does not know yet that its stream was deleted says that it is at the
end.
"""

import asyncio
import subprocess
import time
from typing import Any

import nats
import nats.errors
import psycopg

from tests.chaos.rounds.house import House
from tests.chaos.rounds.oracle.stream import read_stream
from tests.chaos.rounds.pace import pace

POSITIONS = (
    "SELECT 'projection ' || name, position FROM projections.generations WHERE status = 'active' "
    "UNION ALL SELECT 'reaction ' || name, position FROM reactions.positions"
)


#: Whatever hangs, `status` says so by then.
STATUS_SECONDS = 30.0


def connected(house: House) -> psycopg.Connection[Any]:
    """A connection of the check's own, that waits for nothing for ever."""
    url = house.servers.postgres.url()
    return psycopg.connect(
        url, autocommit=True, connect_timeout=5, options="-c statement_timeout=30s -c lock_timeout=10s"
    )


def behind(connection: psycopg.Connection[Any]) -> dict[str, tuple[int, int]]:
    """Whoever has not come to the end of the log: where it stands, and where the log ends."""
    [(end,)] = connection.execute(
        "SELECT coalesce(max(notification_id), 0) FROM public.stored_events"
    ).fetchall()
    return {name: (position, end) for name, position in connection.execute(POSITIONS) if position < end}


def settle(house: House, *, within_seconds: float) -> tuple[list[str], float]:
    """What has not come right in time (nothing: all is well), and after how many seconds it had."""
    began = time.monotonic()
    left: Any = "nothing was seen"
    said: Any = None
    while True:
        try:
            with connected(house) as connection:
                left = behind(connection)
            if not left:
                code, said = status(house)
                if code == 0 and said["healthy"] and not _any_behind(said):
                    lacking = stream_lacks(house)
                    if not lacking:
                        return [], time.monotonic() - began
                    left = f"the stream lacks {lacking} facts"
                _discard_junk(house, said)
        except (
            psycopg.Error,
            nats.errors.Error,
            OSError,
            subprocess.TimeoutExpired,
            ValueError,
            TypeError,
        ) as error:
            left = repr(error)
        if time.monotonic() - began > within_seconds:
            return [_complaint(within_seconds, left, said)], time.monotonic() - began
        time.sleep(0.3)


def stream_lacks(house: House) -> int:
    """How many positions of the log no message of the stream claims yet; whose messages they are is checked
    later.
    """
    with connected(house) as connection:
        rows = connection.execute("SELECT notification_id FROM public.stored_events").fetchall()
    read = asyncio.run(read_stream(house.servers.nats.url, house.servers.nats.keys))
    return len({str(position) for (position,) in rows} - {message.position for message in read.messages})


def status(house: House) -> tuple[int, Any]:
    """Exit code and document of `projections status`. Raises TimeoutExpired after half a minute."""
    return house.document("projections", "status", within_seconds=STATUS_SECONDS * pace())


def _discard_junk(house: House, said: dict[str, Any]) -> None:
    """What a round put into the inbox is listed for a person, who gives it up as the guide says."""
    if any(line["name"] == "stock_arrivals" and line["kept_aside"] for line in said["reactions"]):
        _, letters = house.document("dead-letters", "list", "inventory")
        for letter in letters:
            house.command("dead-letters", "discard", "inventory", letter["key"])


def _any_behind(said: dict[str, Any]) -> bool:
    return any(line["lag_events"] for line in said["projections"])


def _complaint(within_seconds: float, left: Any, said: Any) -> str:
    if not isinstance(said, dict):
        return f"not settled within {within_seconds:g} s: behind {left}; status said {said}"
    lines = [
        {
            name: value
            for name, value in line.items()
            if value and name not in ("generation", "events_per_second")
        }
        for line in (*said["projections"], *said["reactions"])
    ]
    words = {name: said[name] for name in said if name not in ("projections", "reactions")}
    return f"not settled within {within_seconds:g} s: behind {left}; status said {words} {lines}"
