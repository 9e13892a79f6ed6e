"""`clienteling serve api` as a process of its own."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import httpx

from infra.settings import Settings
from tests.services.api.sending import until


class Server:
    """`clienteling serve api` as a process of its own."""

    def __init__(self, settings: Settings, log: Path, port: int, **extra: Any) -> None:
        given = {
            "database_url": settings.database_url,
            "nats_url": settings.nats_url,
            "data_dir": settings.data_dir,
            "api_port": port,
            "auth": settings.auth,
            **extra,
        }
        variables = {f"CLIENTELING_{name.upper()}": str(value) for name, value in given.items()}
        self.log = log
        self.url = f"http://127.0.0.1:{port}"
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.cli.main", "serve", "api"],
                env={**os.environ, **variables},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it, however it is."""
        self.process.kill()
        self.process.wait()

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=30)

    async def answers(self) -> None:
        """Returns when it does; fails with its log when it never will."""
        async with self.client() as client:

            async def alive() -> bool:
                assert self.process.poll() is None, self.log.read_text()
                try:
                    return (await client.get("/healthz")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(alive, within_seconds=60)

    async def ended(self) -> int:
        return await asyncio.wait_for(asyncio.to_thread(self.process.wait), 30)
