"""`clienteling events new-epoch`: the log was set back while the stream is ahead; the way back, and that
everybody is told.
"""

import asyncio
import dataclasses
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.customer.commands import AddNote
from infra.messaging.connection import connect
from infra.messaging.epochs import NOTED_COMMON_POSITION, NOTED_EPOCH
from infra.messaging.stream import NOTED_LINEAGE
from infra.messaging.subjects import EPOCH_SUBJECT, STREAM
from infra.nats import NatsRole
from infra.projection_store.catalog import generation_statuses
from infra.runtime import open_runtime
from infra.settings import Settings
from projections.registry import BY_NAME
from services.cli.catch_up import catch_up
from services.recovery import epochs
from tests.chaos.builders import Service, running
from tests.chaos.builders import until as wait_until
from tests.infra.messaging.builders import until
from tests.nats_clients import stock_client
from tests.ports import free_port
from tests.services.cli.calling import (
    Call,
    end_of_log,
    published,
    said,
    sale,
    set_log_back,
    small_shop,
)
from tests.services.relay.builders import assert_stream_is_the_log, relay_at_work, stream_of

COLUMNS = (
    "SELECT column_name FROM information_schema.columns WHERE table_name = 'stored_events' "
    "AND table_schema = 'public' AND is_generated = 'NEVER' ORDER BY ordinal_position"
)

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def people(settings: Settings) -> tuple[str, str]:
    """A shop of ten facts or more, all of them in the stream."""
    people = small_shop(settings)
    assert published(settings) == end_of_log(settings)
    return people


def stream_is_the_log(settings: Settings) -> None:
    asyncio.run(assert_stream_is_the_log(settings, str(settings.nats_url), str(settings.database_url)))


def epochs_in_the_stream(settings: Settings) -> set[str]:
    return {m.metadata.epoch for m in asyncio.run(stream_of(settings, str(settings.nats_url)))}


def test_what_the_log_has_lost_is_shown_and_nothing_is_done_without_yes(
    settings: Settings, people: tuple[str, str], call: Call
):
    last = end_of_log(settings)
    set_log_back(settings, last - 3)
    called = call("events", "new-epoch", "--json")
    assert called.code == 1
    assert "nothing was done" in called.said
    divergence = called.document["parting"]
    assert (divergence["log_position"], divergence["stream_position"]) == (last - 3, last)
    assert divergence["common_position"] == last - 3
    assert (divergence["lost"]["count"], divergence["lost"]["first_position"]) == (3, last - 2)
    assert sum(divergence["lost"]["topics"].values()) == 3
    assert called.document["begun"] is None
    assert divergence["stream_epoch"] == divergence["log_epoch"]
    assert len(asyncio.run(stream_of(settings, str(settings.nats_url)))) == last


def test_the_lost_facts_go_to_a_file_sealed_as_they_were(
    settings: Settings, people: tuple[str, str], call: Call, tmp_path: Path
):
    before = asyncio.run(stream_of(settings, str(settings.nats_url)))
    set_log_back(settings, 1)
    file = tmp_path / "lost.jsonl"
    assert call("events", "new-epoch", "--export", file, "--json").code == 1
    assert not file.exists()
    assert call("events", "new-epoch", "--export", file, "--yes", "--json").code == 0
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["clientelingposition"] for line in lines] == [m.metadata.position for m in before[1:]]
    assert [line["data"] for line in lines] == [json.loads(m.data) for m in before[1:]]
    assert "Clara" not in file.read_text()
    again = call("events", "new-epoch", "--export", file, "--json")
    assert again.code == 1
    assert "nothing was done" in again.said


def test_a_new_epoch_fills_another_stream_and_rebuilds_tables_with_lost_events(
    settings: Settings, people: tuple[str, str], call: Call
):
    with open_runtime(settings) as shop:
        catch_up(shop, quiet=True)
    [old] = epochs_in_the_stream(settings)
    kept = end_of_log(settings) - 3
    set_log_back(settings, kept)
    status = call("projections", "status", "--json")
    assert status.code == 1
    assert {line["other_history"] for line in status.document["projections"]} == {True}
    # The shop has gone on since: other facts stand where the lost ones stood.
    said(settings, [sale(*people, unit_price_minor=7_700), AddNote(customer_id=people[1], text="back again")])

    called = call("events", "new-epoch", "--yes", "--json")
    assert called.code == 0, called.said
    begun = called.document["begun"]
    assert begun["common_position"] == kept
    assert called.document["parting"]["log_alone"] == end_of_log(settings) - kept
    assert sorted(called.document["rebuilt"]) == sorted(begun["other_history"]) == sorted(BY_NAME)
    assert epochs_in_the_stream(settings) == {begun["epoch"]}
    assert begun["epoch"] != old
    stream_is_the_log(settings)
    verified = call("projections", "verify", "--json")
    assert (verified.code, {one["holds"] for one in verified.document}) == (0, {True})
    # Nobody can go back to tables of another history.
    back = call("projections", "rollback", "clientele_book", "--json")
    assert back.code == 1
    assert "events that the log lost" in back.said


def test_nothing_is_done_where_the_stream_goes_on_from_the_log(
    settings: Settings, people: tuple[str, str], call: Call, tmp_path: Path
):
    before = asyncio.run(stream_of(settings, str(settings.nats_url)))
    for behind in (False, True):
        if behind:
            said(settings, [AddNote(customer_id=people[1], text="not carried yet")])
        called = call("events", "new-epoch", "--export", tmp_path / "lost.jsonl", "--yes", "--json")
        assert called.code == 1
        assert "the stream goes on from this log; nothing was done" in called.said
        assert called.document["begun"] is None
        assert not (tmp_path / "lost.jsonl").exists()
        assert asyncio.run(stream_of(settings, str(settings.nats_url))) == before


def test_nothing_is_done_while_a_service_runs_and_it_is_named(
    settings: Settings, people: tuple[str, str], call: Call, tmp_path: Path
):
    set_log_back(settings, end_of_log(settings) - 2)
    before = asyncio.run(stream_of(settings, str(settings.nats_url)))
    service = Service("reactions", settings, str(settings.nats_url), tmp_path / "reactions.log")
    api = Service(
        "api", settings, str(settings.nats_url), tmp_path / "api.log", CLIENTELING_API_PORT=str(free_port())
    )
    with running(service, api):
        wait_until(service.works)
        wait_until(lambda: "serve api" in call("events", "new-epoch", "--yes", "--json").said)
        called = call("events", "new-epoch", "--export", tmp_path / "lost.jsonl", "--yes", "--json")
        assert (called.code, called.document["begun"]) == (1, None)
        assert "stop every service first" in called.said
        assert "serve reactions" in called.said
        assert not (tmp_path / "lost.jsonl").exists()
        assert asyncio.run(stream_of(settings, str(settings.nats_url))) == before
    # Killed, they are not waited for.
    assert call("events", "new-epoch", "--yes", "--json").code == 0


def test_without_a_yes_no_stream_is_made(settings: Settings, call: Call):
    small_shop(settings)
    assert call("events", "new-epoch", "--json").code == 1

    async def streams() -> list[str]:
        client = await connect(settings, str(settings.nats_url), name="test", role=NatsRole.OPS)
        found = [str(one.config.name) for one in await client.jetstream().streams_info()]
        await client.close()
        return found

    assert asyncio.run(streams()) == []


def test_consumers_are_told_by_a_notice_a_note_at_the_stream_and_every_message(
    settings: Settings, people: tuple[str, str], call: Call
):
    set_log_back(settings, end_of_log(settings) - 2)
    notices: list[bytes] = []

    async def while_listening() -> None:
        client = await stock_client(str(settings.nats_url), settings.nats_credentials)
        subscription = await client.subscribe(EPOCH_SUBJECT)
        await client.flush()
        called = await asyncio.to_thread(call, "events", "new-epoch", "--yes", "--json")
        notices.append((await subscription.next_msg(timeout=10)).data)
        begun = called.document["begun"]
        notice = json.loads(notices[0])
        assert notice["epoch"] == begun["epoch"]
        assert notice["common_position"] == begun["common_position"] == end_of_log(settings)
        assert notice["previous_epoch"] == called.document["parting"]["log_epoch"]
        config = (await client.jetstream().stream_info(STREAM)).config
        assert (config.metadata or {})[NOTED_EPOCH] == begun["epoch"]
        assert (config.metadata or {})[NOTED_COMMON_POSITION] == str(begun["common_position"])
        assert (config.deny_delete, config.deny_purge, config.allow_atomic) == (True, True, True)
        # A relay that comes later has nothing to tell.
        async with relay_at_work(settings) as status:
            await until(lambda: status.doing == "following")
        with pytest.raises(TimeoutError):
            await subscription.next_msg(timeout=0.3)
        await client.close()

    asyncio.run(while_listening())


def test_the_stream_tells_both_steps_of_a_log_that_was_set_back_twice(
    settings: Settings, people: tuple[str, str], call: Call
):
    common: list[int] = []
    for _ in range(2):
        set_log_back(settings, end_of_log(settings) - 2)
        common.append(end_of_log(settings))
        assert call("events", "new-epoch", "--yes", "--json").code == 0
        published(settings)

    async def noted() -> str:
        client = await stock_client(str(settings.nats_url), settings.nats_credentials)
        try:
            return ((await client.jetstream().stream_info(STREAM)).config.metadata or {})[NOTED_LINEAGE]
        finally:
            await client.close()

    lineage = json.loads(asyncio.run(noted()))
    assert [step["common_position"] for step in lineage] == [0, *common]
    assert len({step["epoch"] for step in lineage}) == 3
    # An event keeps the name that it had before.
    kept = {m.headers["ce-id"] for m in asyncio.run(stream_of(settings, str(settings.nats_url)))}
    assert {name.rpartition("/")[2] for name in kept} == {lineage[0]["epoch"]}


def backup(settings: Settings) -> list[tuple[Any, ...]]:
    """The events of the log, as rows."""
    with psycopg.connect(str(settings.database_url)) as connection:
        names = ", ".join(one[0] for one in connection.execute(COLUMNS).fetchall())
        return connection.execute(f"SELECT {names} FROM stored_events").fetchall()  # type: ignore[arg-type]


def restore(settings: Settings, position: int, kept: list[tuple[Any, ...]]) -> None:
    """Put back a backup of the first epoch: its events up to a position, and its only epoch."""
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute("DELETE FROM log_epochs WHERE number > 1")
        connection.execute("TRUNCATE stored_events, idempotency_keys, snapshots")
        names = [one[0] for one in connection.execute(COLUMNS).fetchall()]
        columns, values = ", ".join(names), ", ".join(["%s"] * len(names))
        place = names.index("notification_id")
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO stored_events ({columns}) VALUES ({values})",  # type: ignore[arg-type]
                [row for row in kept if row[place] <= position],
            )
        connection.execute("SELECT setval('stored_events_notification_id_seq', %s)", (position,))


@pytest.mark.parametrize("earlier_first", [True, False], ids=["the earlier first", "the later first"])
@pytest.mark.parametrize("stopped", [False, True], ids=["at once", "stopped before the stream is made anew"])
def test_two_restores_from_backups_of_one_epoch_keep_the_epoch_between(
    settings: Settings,
    people: tuple[str, str],
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    earlier_first: bool,
    stopped: bool,
):
    last = end_of_log(settings)
    earlier, later = last - 3, last - 1
    kept = backup(settings)
    [first_epoch] = epochs_in_the_stream(settings)
    first, second = (earlier, later) if earlier_first else (later, earlier)

    restore(settings, first, kept)
    called = call("events", "new-epoch", "--yes", "--json")
    assert called.code == 0, called.said
    between = called.document["begun"]["epoch"]
    said(settings, [sale(*people, unit_price_minor=7_000 + number) for number in range(4)])
    published(settings)

    restore(settings, second, kept)
    if stopped:
        with monkeypatch.context() as patch:
            patch.setattr(epochs, "recreate_stream", stop)
            with pytest.raises(Stopped):
                call("events", "new-epoch", "--yes", "--json")

        # The stream is still the one of the epoch between, and the relay puts nothing behind it.
        before = asyncio.run(stream_of(settings, str(settings.nats_url)))

        async def relay_refuses() -> None:
            async with relay_at_work(settings) as status:
                await until(lambda: status.doing == "refusing")

        asyncio.run(relay_refuses())
        assert asyncio.run(stream_of(settings, str(settings.nats_url))) == before
    called = call("events", "new-epoch", "--yes", "--json")
    assert called.code == 0, called.said
    assert called.document["parting"]["unfinished"] == stopped
    begun = called.document["begun"]["epoch"]
    with psycopg.connect(str(settings.database_url)) as connection:
        lineage = connection.execute("SELECT epoch, common_position FROM log_lineage()").fetchall()
    assert lineage == [(first_epoch, 0), (between, first), (begun, earlier)]
    stream_is_the_log(settings)


class Stopped(BaseException):
    """Somebody ended the process."""


async def stop(_: object) -> None:
    raise Stopped


def test_a_run_that_was_stopped_after_the_epoch_began_is_finished_by_the_next(
    settings: Settings, people: tuple[str, str], call: Call
):
    set_log_back(settings, end_of_log(settings) - 2)
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute("INSERT INTO log_epochs (number, epoch) VALUES (2, 'fedcba9876543210')")
    called = call("events", "new-epoch", "--yes", "--json")
    assert called.code == 0, called.said
    assert called.document["parting"]["unfinished"]
    assert called.document["begun"]["epoch"] == "fedcba9876543210"
    assert epochs_in_the_stream(settings) == {"fedcba9876543210"}
    stream_is_the_log(settings)


def test_a_lost_stream_tells_nothing_so_all_tables_are_made_anew(
    settings: Settings, people: tuple[str, str], call: Call
):
    with open_runtime(settings) as shop:
        catch_up(shop, quiet=True)

    async def lose_it() -> None:
        client = await connect(settings, str(settings.nats_url), name="test", role=NatsRole.OPS)
        await client.jetstream().delete_stream(STREAM)
        await client.close()

    asyncio.run(lose_it())
    called = call("events", "new-epoch", "--yes", "--json")
    assert called.code == 0
    assert called.document["parting"]["lost"] is None
    assert sorted(called.document["rebuilt"]) == sorted(BY_NAME)
    with psycopg.connect(str(settings.database_url)) as connection:
        assert {one.other_history for one in generation_statuses(connection) if one.status == "active"} == {
            False
        }


def test_another_shops_stream_is_left_alone(
    settings: Settings, people: tuple[str, str], call: Call, fresh_database
):
    last = end_of_log(settings)
    other = dataclasses.replace(settings, database_url=fresh_database())
    small_shop(other)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTELING_DATABASE_URL", str(other.database_url))
        called = call("events", "new-epoch", "--yes", "--json")
        assert called.code == 1
        assert "another shop's" in called.said
        assert called.document["parting"]["foreign"]
        assert len(asyncio.run(stream_of(settings, str(settings.nats_url)))) == last
        replaced = call("events", "new-epoch", "--yes", "--foreign", "--json")
        assert replaced.code == 0, replaced.said
    stream_is_the_log(other)


def test_without_nats_it_says_so(settings: Settings, call: Call, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CLIENTELING_NATS_URL", "nats://127.0.0.1:1")
    monkeypatch.setenv("CLIENTELING_NATS_CONNECT_SECONDS", "1")
    called = call("events", "new-epoch", "--yes")
    assert called.code == 1
    assert "NATS does not answer" in called.said
