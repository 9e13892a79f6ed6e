"""Somebody is forgotten through the API: soon nothing of her key is left in files, also when the API was
killed in between.
"""

import asyncio
import threading
from typing import cast

import httpx
import psycopg
import pytest

from infra.clock import SYSTEM_CLOCK
from infra.settings import Settings
from infra.vault import Vault
from services.api.eraser import Eraser
from services.api.main import create_app
from tests.services.api.conftest import client_of, running, servers_of
from tests.services.api.sending import answered, register, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


def erased(settings: Settings) -> int:
    """Of how many destroyed keys the traces were erased."""
    with psycopg.connect(str(settings.database_url)) as connection:
        row = connection.execute("SELECT coalesce((SELECT keys FROM vault.erased), 0)").fetchone()
    return row[0] if row else 0


async def test_what_is_left_of_a_key_is_erased_after_the_answer(
    client: httpx.AsyncClient, api_settings: Settings
) -> None:
    clara, dora = await register(client, name="Clara"), await register(client, name="Dora")
    before = erased(api_settings)
    for number, customer_id in enumerate((clara, dora), start=1):
        await answered(client, "forget-customer", customer_id=customer_id)

        async def is_erased(wanted: int = before + number) -> bool:
            return erased(api_settings) >= wanted

        await until(is_erased)


async def test_what_was_left_by_a_process_that_was_killed_is_erased_at_the_next_start(
    settings: Settings,
) -> None:
    app = create_app(settings, servers_of(settings), clock=SYSTEM_CLOCK)
    async with running(app) as api, client_of(api) as client:
        clara = await register(client, name="Clara")
    with psycopg.connect(str(settings.database_url)) as connection:
        # As it stands when the process ends right after the commit.
        connection.execute(
            "UPDATE vault.keys SET wrapped_key = NULL, destroyed_at = now() WHERE subject_id = %s", (clara,)
        )
    assert erased(settings) == 0
    async with running(create_app(settings, servers_of(settings), clock=SYSTEM_CLOCK)):

        async def is_erased() -> bool:
            return erased(settings) == 1

        await until(is_erased)


class NeverErased:
    """A key store in whose files the traces stay, because somebody reads there for ever."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def traces_pending(self) -> bool:
        return True

    def erase_traces(self, _seconds: float) -> bool:
        self.asked.set()
        return False


@pytest.mark.parametrize("steps", range(6))
async def test_it_ends_when_it_is_cancelled_just_as_it_is_woken(steps: int) -> None:
    vault = NeverErased()
    eraser = Eraser(cast(Vault, vault))
    erasing = asyncio.create_task(eraser.run())
    assert await asyncio.to_thread(vault.asked.wait, 20)
    await asyncio.sleep(0.05)
    eraser.wake()
    for _ in range(steps):
        await asyncio.sleep(0)
    erasing.cancel()
    done, _ = await asyncio.wait([erasing], timeout=5)
    assert done or not erasing.cancel()
