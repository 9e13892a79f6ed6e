"""Alive, ready, measured: what the API says of itself."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from infra.backups import BackupFolder, Drilled, Manifest, ServerIdentity
from infra.clock import FixedClock
from infra.embedded import PostgresServer, Servers
from infra.settings import Settings
from projections.registry import ALL
from services.api.main import create_app
from services.api.stall_watch import Projected, StallWatch
from tests.services.api.conftest import Project, client_of, projecting, running, servers_of
from tests.services.api.sending import answered, hire, sale_of, send, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY_LISTENS = "nats://127.0.0.1:9"


def manifest_of(backup_id: str, at: datetime) -> Manifest:
    return Manifest(
        backup_id=backup_id,
        release="1",
        server=ServerIdentity(cluster="1", timeline=1, version=18),
        began_at=at,
        ended_at=at,
        parent=None,
        wal_from="0" * 24,
        restore_point="here",
        position=0,
        epoch="e",
        log_hash="",
        projections=[],
        master_key="",
    )


def drilled_at(at: datetime, backup_id: str, troubles: list[str]) -> Drilled:
    return Drilled(
        at=at,
        backup_id=backup_id,
        seconds=1,
        position=0,
        archived_to=None,
        names_open=None,
        troubles=troubles,
    )


async def test_the_process_is_alive_whatever_else_is_not(client: httpx.AsyncClient) -> None:
    response = await client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"alive": True})


@pytest.mark.bare_database
async def test_the_house_is_unwell_before_the_projections_have_begun_and_well_afterwards(
    settings: Settings, clock: FixedClock
) -> None:
    application = create_app(settings, servers_of(settings), clock=clock)
    async with running(application), client_of(application) as client:
        await answered(client, "register-customer")
        before = await client.get("/v1/health")
        assert (before.status_code, before.json()["code"]) == (503, "unhealthy")
        assert [error["field"] for error in before.json()["errors"]] == ["projector"]
        read = await client.get("/v1/associates")
        assert (read.status_code, read.json()["code"]) == (503, "nothing_projected")
        assert (await client.get("/readyz")).json() == {"ready": True, "log_position": 1, "projections": []}
        async with projecting(application, settings) as project:
            position = await project()
        after = await client.get("/v1/health")
        projected = (await client.get("/readyz")).json()["projections"]
    assert after.status_code == 200, after.text
    assert {one["name"] for one in after.json()["projections"]} == {projection.name for projection in ALL}
    assert {one["projection"] for one in projected} == {projection.name for projection in ALL}
    assert all(one == {**one, "position": position, "lag_events": 0} for one in projected)


async def test_without_nats_the_house_is_unwell_and_this_process_is_ready(
    api_settings: Settings, project: Project, clock: FixedClock
) -> None:
    await project()
    servers = Servers(str(api_settings.database_url), NOBODY_LISTENS)
    application = create_app(api_settings, servers, clock=clock)
    async with running(application), client_of(application) as client:
        response = await client.get("/v1/health")
        assert (await client.get("/readyz")).status_code == 200
    assert response.status_code == 503
    assert [error["field"] for error in response.json()["errors"]] == ["nats"]


async def test_a_projection_that_stands_still_behind_the_log_makes_the_house_unwell(
    api_settings: Settings, project: Project, clock: FixedClock
) -> None:
    await project()
    watchful = dataclasses.replace(api_settings, projector_stalled_seconds=1)
    application = create_app(watchful, servers_of(watchful), clock=clock)
    async with running(application), client_of(application) as client:
        await answered(client, "register-customer")

        async def is_unwell() -> bool:
            return (await client.get("/v1/health")).status_code == 503

        await until(is_unwell)
        reasons = (await client.get("/v1/health")).json()["errors"]
        assert "clientele_book" in [reason["field"] for reason in reasons]
        assert (await client.get("/readyz")).status_code == 200
        await project()
        assert (await client.get("/v1/health")).status_code == 200


async def test_a_process_that_is_stopping_or_has_lost_its_writer_is_not_ready(
    api_settings: Settings, clock: FixedClock
) -> None:
    application = create_app(api_settings, servers_of(api_settings), clock=clock)
    async with running(application), client_of(application) as client:
        assert (await client.get("/readyz")).status_code == 200
        await application.app.commands.close(10)
        response = await client.get("/readyz")
    assert response.status_code == 503
    assert [error["field"] for error in response.json()["errors"]] == ["service"]


async def test_a_projection_stands_still_only_while_it_is_behind_and_does_not_move() -> None:
    watched = StallWatch()

    def seconds(position: int, lag: int, now: float) -> float:
        return watched.still_seconds(Projected(projection="p", position=position, lag_events=lag), now)

    assert seconds(10, 0, now=0) == 0
    assert seconds(10, 5, now=100) == 0
    assert seconds(10, 9, now=107) == 7
    assert seconds(12, 9, now=108) == 0
    assert seconds(12, 9, now=109) == 1
    assert seconds(21, 0, now=110) == 0
    assert seconds(21, 1, now=200) == 0


async def test_what_is_measured_names_operations_and_never_an_id(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    await answered(client, "record-sale", **sale_of(anna))
    await project()
    await client.get(f"/v1/associates/{anna}/book")
    await client.get("/v1/no/such/address")
    text = (await client.get("/metrics")).text
    assert 'clienteling_http_requests_total{method="GET",operation="book",status="200"} 1.0' in text
    assert 'operation="record-sale",status="201"' in text
    assert 'operation="none",status="404"' in text
    assert "clienteling_commands_per_commit_bucket" in text
    assert 'clienteling_projection_lag_events{projection="clientele_book"} 0.0' in text
    assert anna not in text
    assert "no/such/address" not in text


async def test_a_reader_does_not_notice_that_the_database_was_started_again(
    own_postgres: PostgresServer, api_settings: Settings, clock: FixedClock
) -> None:
    settings = dataclasses.replace(api_settings, database_url=own_postgres.url())
    application = create_app(settings, servers_of(settings), clock=clock)
    async with running(application), client_of(application) as client:
        anna = await hire(client)
        async with projecting(application, settings) as project:
            await project()
        assert (await client.get(f"/v1/associates/{anna}")).status_code == 200
        # The projector's commits do not wait for the disk; this one does, and so all before it are there,
        # too.
        await answered(client, "register-customer")
        own_postgres.kill()
        own_postgres.start()
        assert (await client.get(f"/v1/associates/{anna}")).status_code == 200


async def test_metrics_have_when_the_last_backup_and_the_last_good_drill_were(
    api_settings: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    settings = dataclasses.replace(api_settings, backup_dir=backups)
    application = create_app(settings, servers_of(settings), clock=clock)

    async def times(client: httpx.AsyncClient) -> list[float]:
        lines = (await client.get("/metrics")).text.splitlines()
        names = (
            "clienteling_backup_last_timestamp_seconds ",
            "clienteling_drill_last_good_timestamp_seconds ",
        )
        return [float(line.rpartition(" ")[2]) for name in names for line in lines if line.startswith(name)]

    async with running(application), client_of(application) as client:
        assert await times(client) == [0, 0]
        folder = BackupFolder(settings)
        for hour in (1, 2):
            at = datetime(2026, 3, 1, hour, tzinfo=UTC)
            backup_id, unfinished = folder.begin(at)
            folder.finish(unfinished, manifest_of(backup_id, at))
            # The second one does not hold.
            troubles = [] if hour == 1 else ["the log is not what was backed up"]
            folder.note_drill(drilled_at(at, backup_id, troubles))
        good, last = [datetime(2026, 3, 1, hour, tzinfo=UTC).timestamp() for hour in (1, 2)]
        assert await times(client) == [last, good]
        (backups / backup_id / "manifest.json").write_text("{}")
        assert await times(client) == [0, 0]


async def test_a_database_that_was_away_is_waited_for_and_found_again(
    own_postgres: PostgresServer, api_settings: Settings, clock: FixedClock
) -> None:
    settings = dataclasses.replace(
        api_settings, database_url=own_postgres.url(), database_pool_wait_seconds=0.5
    )
    application = create_app(settings, servers_of(settings), clock=clock)
    async with running(application), client_of(application) as client:
        await answered(client, "register-customer", key="before")
        own_postgres.kill()
        response = await send(client, "register-customer", key="while")
        assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
        assert "Retry-After" in response.headers
        assert (await client.get("/readyz")).json()["errors"][0]["field"] == "database"
        assert "clienteling_database_reachable 0.0" in (await client.get("/metrics")).text
        assert (await client.get("/healthz")).status_code == 200
        own_postgres.start()

        async def is_back() -> bool:
            return (await send(client, "register-customer", key="while")).status_code == 201

        await until(is_back)
        again = await answered(client, "register-customer", key="before")
        assert again["replayed"] is True
