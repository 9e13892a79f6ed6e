"""NATS that is started while its disk is full writes on by itself once there is room."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.embedded import NatsServer
from tests.chaos.rounds.house import can_mount, mounted
from tests.nats_clients import stock_client

#: A server that finds so little reckons with it; one that finds nothing at all reckons with any size.
LEFT_BYTES = 50_000

pytestmark = pytest.mark.skipif(not can_mount(), reason="this machine lets nobody mount a disk of their own")


def test_nats_started_on_a_full_disk_writes_once_there_is_room(folder: Path):
    disk = folder / "disk"
    disk.mkdir(mode=0o711)
    assert mounted(disk)
    server = NatsServer(disk / "nats")
    try:
        server.start()
        asyncio.run(publish(server))
        server.kill()
        filler = disk / "filler"
        filler.write_bytes(bytes(shutil.disk_usage(disk).free - LEFT_BYTES))
        server.start()
        filler.unlink()
        asyncio.run(publish(server))
    finally:
        server.kill()
        subprocess.run(["umount", "--lazy", disk], check=True)


async def publish(server: NatsServer) -> None:
    connection = await stock_client(server.url, server.keys)
    jetstream = connection.jetstream()
    await jetstream.add_stream(name="A", subjects=["a"])
    for _ in range(30):
        await jetstream.publish("a", bytes(10_000))
    await connection.close()
