"""`clienteling projections status` tells the truth within seconds, whatever hangs; and who needs no NATS
does not wait for it.
"""

import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from infra.embedded import EmbeddedServers, NatsServer, PostgresServer
from infra.embedded.server_processes import all_postgres_of, send
from infra.reaction_store.sources import SOURCE_OF
from infra.runtime import open_runtime
from infra.settings import Settings
from projections.registry import BY_NAME
from services.cli.catch_up import catch_up
from tests.services.cli.calling import Call, small_shop

pytestmark = pytest.mark.timeout(240)

#: Generous: what hung before waited for a minute and more.
SECONDS = 30
NEED_NO_NATS = (
    "projections status",
    "dead-letters list",
    "events show",
    "projections pause",
    "customers erase",
)
NEED_NATS = ("events tail", "events republish", "events new-epoch")


@pytest.fixture
def embedded(
    folder: Path, put_house: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """A shop on embedded servers of its own, whose addresses nobody is given."""
    settings = Settings(data_dir=folder / "house")
    put_house(settings.data_dir)
    with EmbeddedServers(settings, watch=False):
        small_shop(settings)
        monkeypatch.setenv("CLIENTELING_DATABASE_URL", "")
        monkeypatch.setenv("CLIENTELING_NATS_URL", "")
        monkeypatch.setenv("CLIENTELING_DATA_DIR", str(settings.data_dir))
        yield settings


def test_who_needs_no_nats_does_not_wait_for_one_that_hangs(call: Call, embedded: Settings) -> None:
    nats = NatsServer(embedded.data_dir / "embedded" / "nats").pid()
    assert nats is not None
    send(nats, signal.SIGSTOP)
    try:
        for line in NEED_NO_NATS:
            began = time.monotonic()
            called = call(*line.split())
            assert time.monotonic() - began < SECONDS, line
            if line == "projections status":
                assert called.code == 1
                assert "clientele_book" in called.out
                assert "NATS does not answer" in called.said
        assert call("projections", "status", "--json").document["nats_answers"] is False
        for line in NEED_NATS:
            began = time.monotonic()
            called = call(*line.split())
            assert time.monotonic() - began < SECONDS, line
            assert called.code == 1
            assert f"NATS (process {nats}) runs and does not answer" in called.said
    finally:
        send(nats, signal.SIGCONT)


@pytest.mark.parametrize("line", [*NEED_NO_NATS, "vault rotate", "servers show", "serve relay"])
def test_a_postgresql_that_hangs_is_told_in_a_sentence(
    line: str, call: Call, embedded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTELING_DATABASE_CONNECT_SECONDS", "2")
    server = PostgresServer(embedded.data_dir / "embedded" / "postgres")
    hanging = list(all_postgres_of(server.data))
    for pid in hanging:
        send(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        called = call(*line.split())
        assert time.monotonic() - began < SECONDS
        assert (called.code, called.out) == (1, "")
        assert called.said.startswith("clienteling: PostgreSQL ")
        assert "does not answer" in called.said
    finally:
        for pid in hanging:
            send(pid, signal.SIGCONT)


def test_what_is_paused_and_behind_is_not_well(settings: Settings, call: Call) -> None:
    people_of_a_caught_up_shop(settings)
    assert call("projections", "pause", "clientele_book").code == 0
    with pretended_services(settings):
        assert call("projections", "status").code == 0
        small_shop(settings, sales=1)
        moved(settings, but_not="clientele_book")
        called = call("projections", "status", "--json")
        assert (called.code, called.document["healthy"]) == (1, False)
        assert [line["name"] for line in called.document["projections"] if line["lag_events"]] == [
            "clientele_book"
        ]


def test_what_is_behind_and_does_not_move_is_not_well_though_nothing_is_stalled_yet(
    settings: Settings, call: Call
) -> None:
    people_of_a_caught_up_shop(settings)
    with pretended_services(settings):
        assert call("projections", "status").code == 0
        small_shop(settings, sales=1)
        moved(settings, but_not="loyalty_score")
        called = call("projections", "status", "--json")
        assert (called.code, called.document["healthy"]) == (1, False)
        lines = {line["name"]: line for line in called.document["projections"]}
        assert not lines["loyalty_score"]["stalled"]
        assert "has not moved" in lines["loyalty_score"]["trouble"]


def people_of_a_caught_up_shop(settings: Settings) -> None:
    small_shop(settings)
    with open_runtime(settings) as shop:
        catch_up(shop, quiet=True)


@contextmanager
def pretended_services(settings: Settings) -> Generator[None]:
    """Heartbeats of services that are well, as they would say it of everything that is caught up."""
    said = {
        "relay": {"doing": "following", "stalled": False},
        "projector": {"projections": [{"projection": name, "doing": "following"} for name in BY_NAME]},
        "reactions": {"reactions": [{"reaction": name, "doing": "following"} for name in SOURCE_OF]},
    }
    with psycopg.connect(str(settings.database_url)) as connection:
        for service, status in said.items():
            connection.execute(
                "INSERT INTO projections.heartbeats (service, instance, at, status) "
                "VALUES (%s, 'pretended:1', now() + interval '5 minutes', %s)",
                (service, Jsonb(status)),
            )
    yield


def moved(settings: Settings, *, but_not: str) -> None:
    """Every checkpoint but one stands at the end of the log."""
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute(
            "UPDATE projections.generations SET position = (SELECT max(notification_id) FROM stored_events) "
            "WHERE name <> %s",
            (but_not,),
        )
