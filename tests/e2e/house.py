"""The services of one data directory as separate processes, and what a test does with them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from infra.embedded import EmbeddedServers
from infra.settings import Settings
from tests.ports import free_port
from tests.tokens import every_right

UP_SECONDS = 60


class House:
    """The services of one data directory, each a process of its own, and the command line on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CLIENTELING_")},
            "CLIENTELING_DATA_DIR": str(folder),
            "CLIENTELING_API_PORT": str(self.port),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        address = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=address, timeout=30, headers=every_right(folder))

    def serve(self, *services: str) -> None:
        """Start services."""
        for service in services:
            with (self.folder / f"{service}.out").open("ab") as lines:
                self.processes[service] = subprocess.Popen(
                    self._command("serve", service), env=self._environment, stdout=lines, stderr=lines
                )

    def kill(self, *services: str) -> None:
        """Kill services as `kill -9` does."""
        for service in services:
            self.processes[service].kill()
            self.processes.pop(service).wait()

    def run(self, *arguments: str) -> tuple[int, Any]:
        """Exit code and JSON document of one command line."""
        done = subprocess.run(
            self._command(*arguments, "--json"),
            check=False,
            env=self._environment,
            capture_output=True,
            timeout=100,
        )
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr.decode()

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """One command line that is left running, to be killed."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen(self._command(*arguments), env=self._environment, stdout=quiet, stderr=quiet)

    def said(self, *arguments: str) -> bytes:
        """What one command line prints; it has to succeed."""
        done = subprocess.run(
            self._command(*arguments), check=False, env=self._environment, capture_output=True, timeout=100
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def until_up(self) -> None:
        """Wait until the API answers."""
        deadline = time.monotonic() + UP_SECONDS
        while True:
            try:
                if self.client.get("/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def until_healthy(self) -> Any:
        """What status tells once all is well: everybody is at the end of the log, and nobody is missing."""
        deadline = time.monotonic() + UP_SECONDS
        while True:
            code, status = self.run("projections", "status")
            if (code, status["healthy"]) == (0, True):
                return status
            assert time.monotonic() < deadline, status
            time.sleep(0.2)

    def post(self, command: str, key: str, **body: Any) -> dict[str, Any]:
        """The answer to a command."""
        answer = self.client.post(f"/v1/commands/{command}", json=body, headers={"Idempotency-Key": key})
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def get(self, path: str, at_least: int) -> Any:
        """What a reader is answered once this position is folded."""
        deadline = time.monotonic() + UP_SECONDS
        while True:
            answer = self.client.get(path, params={"at_least": at_least})
            if answer.status_code == 200:
                return answer.json()
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)

    def close(self) -> None:
        """Stop everything."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait(30)
        self.client.close()
        EmbeddedServers(Settings(data_dir=self.folder)).kill()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "services.cli.main", *arguments]
