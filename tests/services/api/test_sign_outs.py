"""Signing out everywhere: sessions and tokens of a subject end, in every process of the API."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from infra.clock import SYSTEM_CLOCK, FixedClock
from infra.sessions import SessionStore, SignOuts, prepare_sessions
from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.http.application import Api
from services.api.main import create_app
from tests.ports import free_port
from tests.services.api.browsing import SESSION_COOKIE, Browser, browser_of
from tests.services.api.conftest import running, servers_of
from tests.services.api.sending import until
from tests.services.api.serving import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANNA, BEN = "ass_" + "a" * 32, "ass_" + "b" * 32


@pytest.fixture(scope="module")
def settings(api_settings: Settings) -> Settings:
    with psycopg.connect(api_settings.database_url or "", autocommit=True) as connection:
        prepare_sessions(connection)
    return dataclasses.replace(api_settings, auth="on", public_url="https://shop.example")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def two(settings: Settings) -> AsyncIterator[tuple[Api, Api]]:
    """Two applications on one database; they share nothing else."""
    async with (
        running(create_app(settings, servers_of(settings), clock=SYSTEM_CLOCK)) as one,
        running(create_app(settings, servers_of(settings), clock=SYSTEM_CLOCK)) as other,
    ):
        yield one, other


def token_of(settings: Settings, associate: str) -> dict[str, str]:
    token = sign_token(settings, role="associate", associate_id=associate, hours=1)
    return {"Authorization": f"Bearer {token}"}


async def status_of(browser: Browser, **headers: str) -> int:
    return (await browser.get("/v1/session", **headers)).status_code


async def test_a_session_is_known_to_every_process(settings: Settings, two: tuple[Api, Api]) -> None:
    async with browser_of(two[0]) as here, browser_of(two[1]) as there:
        await here.sign_in_with(settings, "associate", associate_id=ANNA)
        cookie = {"Cookie": f"{SESSION_COOKIE}={here.session_id}"}
        assert await status_of(there, **cookie) == 200
        await here.post("/auth/sign-out", csrf=await here.csrf())
        assert await status_of(there, **cookie) == 401


async def test_whoever_signs_out_everywhere_is_out_in_every_process(
    settings: Settings, two: tuple[Api, Api]
) -> None:
    async with browser_of(two[0]) as here, browser_of(two[1]) as there, browser_of(two[1]) as ben:
        for browser, who in ((here, ANNA), (there, ANNA), (ben, BEN)):
            await browser.sign_in_with(settings, "associate", associate_id=who)
        anna, bens = token_of(settings, ANNA), token_of(settings, BEN)
        kept = {"Cookie": f"{SESSION_COOKIE}={here.session_id}"}
        assert await status_of(there, **anna) == 200
        answer = await here.post("/auth/sign-out-everywhere", csrf=await here.csrf())
        assert answer.status_code == 200
        assert here.session_id is None
        assert [await status_of(here), await status_of(there), await status_of(there, **kept)] == [401] * 3
        assert await status_of(here, **anna) == 401

        async def refused_there() -> bool:
            return await status_of(there, **anna) == 401

        await until(refused_there, within_seconds=10)
        # With a token of before nobody begins a session, either.
        again = await there.post("/auth/sign-in", {"token": anna["Authorization"].removeprefix("Bearer ")})
        assert again.json()["code"] == "token_refused"
        assert [await status_of(ben), await status_of(there, **bens)] == [200, 200]
        # Tokens are dated in whole seconds.
        await asyncio.sleep(1.1)
        assert await status_of(here, **token_of(settings, ANNA)) == 200
        assert (await there.sign_in_with(settings, "associate", associate_id=ANNA)).status_code == 200
        assert await status_of(here, **anna) == 401


async def test_somebody_with_a_token_signs_out_everywhere_as_well(
    settings: Settings, two: tuple[Api, Api]
) -> None:
    who = "ass_" + "c" * 32
    async with browser_of(two[0]) as browser:
        await browser.sign_in_with(settings, "associate", associate_id=who)
        cookie = {"Cookie": f"{SESSION_COOKIE}={browser.session_id}"}
        token = token_of(settings, who)
        browser.app.cookies.clear()
        assert (await browser.post("/auth/sign-out-everywhere", **token)).status_code == 200
        assert [await status_of(browser, **cookie), await status_of(browser, **token)] == [401, 401]


async def test_a_process_that_starts_later_knows_who_signed_out(settings: Settings) -> None:
    who = "ass_" + "d" * 32
    token = token_of(settings, who)
    async with (
        running(create_app(settings, servers_of(settings), clock=SYSTEM_CLOCK)) as api,
        browser_of(api) as browser,
    ):
        await browser.post("/auth/sign-out-everywhere", **token)
    async with (
        running(create_app(settings, servers_of(settings), clock=SYSTEM_CLOCK)) as api,
        browser_of(api) as browser,
    ):
        assert await status_of(browser, **token) == 401


async def test_a_lost_notification_is_made_up_for(settings: Settings) -> None:
    url, now = str(settings.database_url), SYSTEM_CLOCK.now()
    async with SessionStore(settings, url) as store, SignOuts(settings, url, store) as sign_outs:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("INSERT INTO sessions.sign_outs VALUES ('eve', %s)", (now,))

            async def known() -> bool:
                return sign_outs.of("eve") == now

            await until(known, within_seconds=10)
            # A killed connection is replaced.
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE 'clienteling api s%' AND datname = current_database()"
            )
            connection.execute("INSERT INTO sessions.sign_outs VALUES ('fay', %s)", (now,))

            async def also_known() -> bool:
                return sign_outs.of("fay") == now

            await until(also_known, within_seconds=20)


async def test_a_sign_out_is_forgotten_when_no_token_of_before_is_left(settings: Settings) -> None:
    url, at = str(settings.database_url), FixedClock(SYSTEM_CLOCK.now())
    async with SessionStore(settings, url) as store:
        await store.end_all("gus", at.now())
        at.advance(timedelta(days=settings.sign_outs_kept_days - 1))
        await store.end_all("hal", at.now())
        assert {"gus", "hal"} <= (await store.sign_outs()).keys()
        at.advance(timedelta(days=2))
        await store.end_all("ida", at.now())
        assert (await store.sign_outs()).keys() & {"gus", "hal", "ida"} == {"hal", "ida"}


@pytest.fixture
def servers_two(settings: Settings, tmp_path: Path) -> Iterator[list[Server]]:
    """Two processes of the API on one database."""
    plain = dataclasses.replace(settings, public_url=None)
    with (
        Server(plain, tmp_path / "api-1.log", free_port()) as one,
        Server(plain, tmp_path / "api-2.log", free_port()) as other,
    ):
        yield [one, other]


async def test_two_processes_refuse_whoever_signed_out_in_one(
    servers_two: list[Server], settings: Settings
) -> None:
    who = "ass_" + "e" * 32
    token = token_of(settings, who)
    for server in servers_two:
        await server.answers()
    async with servers_two[0].client() as here, servers_two[1].client() as there:
        bearer = {"token": token["Authorization"].removeprefix("Bearer ")}
        csrf = (await here.post("/auth/sign-in", json=bearer)).json()["csrf_token"]
        session = {"Cookie": f"clienteling_session={here.cookies['clienteling_session']}"}
        assert [(await there.get("/v1/session", headers=each)).status_code for each in (session, token)] == [
            200,
            200,
        ]
        ended = await here.post("/auth/sign-out-everywhere", headers={"X-CSRF-Token": csrf})
        assert ended.status_code == 200
        assert (await there.get("/v1/session", headers=session)).status_code == 401

        async def refused() -> bool:
            return (await there.get("/v1/session", headers=token)).status_code == 401

        await until(refused, within_seconds=10)
