"""The receivers of docs/consumers.md, run as they stand there against the service."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from infra.settings import Settings
from tests.kits.recipes import programs
from tests.node import NODE
from tests.ports import free_port
from tests.services.cli.calling import end_of_log, small_shop
from tests.services.webhooks.builders import registered, rows, sending, served, until


@contextmanager
def receiver(language: str, folder: Path, port: int, secrets: str) -> Generator[None]:
    file = folder / ("receiver.py" if language == "python" else "receiver.mjs")
    (program,) = programs("Webhooks", language)
    file.write_text(program)
    command = [sys.executable] if language == "python" else [str(NODE), "--no-warnings"]
    environ = {**os.environ, "PORT": str(port), "WEBHOOK_SECRETS": secrets}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*command, str(file)], cwd=folder, env=environ, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("language", ["python", "javascript"])
async def test_a_receiver_of_the_docs_takes_each_sale_once(
    house: Settings, tmp_path: Path, language: str
) -> None:
    await asyncio.to_thread(small_shop, house)
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    secret = registered(house, url)
    with receiver(language, tmp_path, port, f"{secret} {secret[:-6]}AAAAA="):
        async with httpx.AsyncClient() as client:
            await until(lambda: _listens(port), within_seconds=30)
            headers = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
            assert (await client.post(url, headers=headers, content=b"{}")).status_code == 401
            assert (await client.post(url, content=b"{}")).status_code == 401
        async with sending(house):
            await served(house, end_of_log(house))
        # All of it once more, as after a crash.
        rows(
            house,
            "UPDATE webhooks.progress SET position = 0, reached = array_fill(0, ARRAY[64]) RETURNING 1",
        )
        async with sending(house):
            await served(house, end_of_log(house))
    sales = rows(
        house, "SELECT notification_id FROM stored_events WHERE topic = 'sale.recorded.v1' ORDER BY 1"
    )
    with sqlite3.connect(tmp_path / "billing.db") as database:
        taken = database.execute("SELECT position FROM sales ORDER BY position").fetchall()
        (count,) = database.execute("SELECT count(*) FROM taken").fetchone()
    assert taken == sales
    assert len(sales) == 3
    assert count == end_of_log(house)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
