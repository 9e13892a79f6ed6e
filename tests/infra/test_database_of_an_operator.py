"""A PostgreSQL that somebody else runs: its owner is no superuser; its roles come from the printed SQL."""

import dataclasses
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from domain.customer.commands import RegisterCustomer
from infra.database import prepare_database
from infra.embedded import EmbeddedServers, PostgresServer
from infra.event_store.session import open_session
from infra.postgres import MigrationsPending, sync_pool
from infra.postgres.roles import ROLES_AS_SQL, SERVICES, DatabaseRole
from infra.setting_rules import SettingsError
from infra.settings import Settings
from projections.registry import ALL
from services.rebuild.rebuild import rebuild
from tests.infra.test_database_roles import caught_up

PASSWORD = "of their own choice"
WRITER, *_ = SERVICES


@pytest.fixture
def of_an_operator(own_postgres: PostgresServer, folder: Path) -> Settings:
    """A cluster without roles of ours, and an empty database `shop` of the ordinary role `shop`."""
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        for role in SERVICES:
            connection.execute(f"DROP ROLE {role.in_database}".encode())
        connection.execute(f"CREATE ROLE shop LOGIN PASSWORD '{PASSWORD}'".encode())
        connection.execute("CREATE DATABASE shop OWNER shop")
    url = as_user(own_postgres.url("shop"), "shop")
    return Settings(database_url=url, nats_url="nats://127.0.0.1:1", data_dir=folder / "data")


def as_user(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(netloc=f"{name}:{PASSWORD.replace(' ', '%20')}@"))


def make_roles(server: PostgresServer) -> None:
    with psycopg.connect(server.url("shop"), autocommit=True) as connection:
        for _ in range(2):
            connection.execute(ROLES_AS_SQL.encode())
        for role in SERVICES:
            alter = sql.SQL("ALTER ROLE {} PASSWORD {}")
            connection.execute(alter.format(sql.Identifier(role.in_database), PASSWORD))


def with_addresses(settings: Settings) -> Settings:
    """The settings of services: an address for each role, and none for the owner."""
    url = settings.database_url or ""
    addresses = {f"database_{role}_url": as_user(url, role.in_database) for role in SERVICES}
    return dataclasses.replace(settings, database_url=None, **addresses)  # type: ignore[arg-type]


def test_services_work_with_roles_that_the_owner_prepared(
    of_an_operator: Settings, own_postgres: PostgresServer
) -> None:
    owner = of_an_operator.database_url or ""
    assert prepare_database(of_an_operator, owner) == []
    make_roles(own_postgres)
    assert prepare_database(of_an_operator, owner) == list(SERVICES)
    settings = with_addresses(of_an_operator)
    url = EmbeddedServers(settings, role=WRITER).servers.database_url
    with (
        sync_pool(settings, url, name="test") as pool,
        open_session(settings, url, pool) as (log, vault, handler),
    ):
        ids = handler.handle(RegisterCustomer(name="Ada"), "register").ids
        end = log.last_position()
        caught_up(settings, ALL[0], settings.database_projector_url or "", end)
        # What the projector has made the owner rebuilds and drops, as often as they like.
        for _ in range(3):
            rebuild(of_an_operator, owner, ALL[:1], lambda *_: None, lambda _: None)
        vault.destroy(str(ids["customer_id"]))
        assert vault.erase_traces(10)
        assert vault.traces_pending() == 0


def test_a_service_that_finds_nothing_prepared_says_what_does(
    of_an_operator: Settings, own_postgres: PostgresServer
) -> None:
    make_roles(own_postgres)
    settings = with_addresses(of_an_operator)
    url = settings.database_writer_url or ""
    with (
        sync_pool(settings, url, name="test") as pool,
        pytest.raises(MigrationsPending, match=r"lacks .*0001_event_log.*`clienteling database prepare`"),
        open_session(settings, url, pool),
    ):
        pass


@pytest.mark.parametrize("role", DatabaseRole)
def test_an_address_of_a_role_falls_back_to_that_of_the_owner(role: DatabaseRole) -> None:
    one = Settings(database_url="postgresql://owner@db/shop", nats_url="nats://bus")
    assert EmbeddedServers(one, role=role).servers.database_url == one.database_url
    if role is DatabaseRole.OWNER:
        return
    own = dataclasses.replace(one, **{f"database_{role}_url": f"postgresql://{role}@db/shop"})
    servers = EmbeddedServers(own, role=role)
    assert servers.servers.database_url == f"postgresql://{role}@db/shop"
    assert servers.owner_url == one.database_url
    assert EmbeddedServers(own).servers.database_url == one.database_url
    alone = dataclasses.replace(own, database_url=None)
    assert EmbeddedServers(alone, role=role).owner_url is None
    with pytest.raises(SettingsError, match="CLIENTELING_DATABASE_URL is not set, as work of the owner"):
        _ = EmbeddedServers(alone).servers
