"""Every independent check after a round, in one list of sentences; none: all of it holds."""

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import Any

import nats.errors
import psycopg

from tests.chaos.rounds.client import Sent, get
from tests.chaos.rounds.house import House
from tests.chaos.rounds.loads import OWN_PREFIX
from tests.chaos.rounds.oracle.acknowledged import (
    doubled_marks,
    read_recorded,
    unlike_the_answers,
    unlike_the_log,
)
from tests.chaos.rounds.oracle.log import Fact, broken_histories, read_log
from tests.chaos.rounds.oracle.money import unlike_the_money
from tests.chaos.rounds.oracle.reactions import undone
from tests.chaos.rounds.oracle.settling import connected
from tests.chaos.rounds.oracle.stream import read_stream, unlike_the_stream
from tests.chaos.rounds.oracle.tables import unlike_the_tables

SHOWN_MAX = 12


def differences(house: House, sent: list[Sent], planted: list[bytes]) -> list[str]:
    """What differs between the acknowledged, the log, the stream and the tables of a house at rest."""
    found: list[str] = []
    with connected(house) as connection:
        log = read_log(connection)
        recorded = read_recorded(connection, log)
        port = next(iter(house.api_ports.values()))
        checks: list[Callable[[], Iterator[str]]] = [
            lambda: broken_histories(log),
            lambda: unlike_the_log(log, recorded),
            lambda: unlike_the_answers(sent, log, recorded, OWN_PREFIX),
            lambda: doubled_marks(log),
            lambda: unlike_the_money(log, connection, lambda path: get(port, path)),
            lambda: unlike_the_tables(log, connection),
            lambda: undone(log),
            lambda: _stream(house, log, planted),
            lambda: unverified(house),
        ]
        for check in checks:
            try:
                found += list(check())[:SHOWN_MAX]
            except (
                psycopg.Error,
                nats.errors.Error,
                OSError,
                HTTPException,
                ValueError,
                TimeoutError,
            ) as error:
                found.append(f"a check could not be made: {error!r}")
            except subprocess.TimeoutExpired as error:
                found.append(f"it did not end: {error}")
    return found


def unverified(house: House) -> Iterator[str]:
    """What `projections verify` finds."""
    code, found = house.document("projections", "verify")
    if code != 0:
        wrong: Any = [one for one in found if not one["holds"]] if isinstance(found, list) else found
        yield f"projections verify ended with {code}: {str(wrong)[:2000]}"


def _stream(house: House, log: list[Fact], planted: list[bytes]) -> Iterator[str]:
    read = asyncio.run(read_stream(house.servers.nats.url, house.servers.nats.keys))
    yield from unlike_the_stream(log, read, planted)
