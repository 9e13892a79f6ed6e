"""A house of its own: one data directory, embedded servers, every service twice, each a process."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil

from tests.chaos.rounds.client import TOKENS
from tests.chaos.rounds.servers import HouseServers
from tests.chaos.rounds.service_process import REPOSITORY, ServiceProcess
from tests.ports import free_port
from tests.tokens import every_right

UP_SECONDS = 300
COMMAND_SECONDS = 240
SMALL_DISK = "size=400m"

#: Environment of a house besides its ports: small batches make more moments to be caught in.
PROFILES: dict[str, Mapping[str, str]] = {
    "default": {},
    "small_batches": {
        "CLIENTELING_PROJECTOR_BATCH_EVENTS_MAX": "11",
        "CLIENTELING_RELAY_BATCH_EVENTS_MAX": "7",
        "CLIENTELING_PROJECTOR_FETCH_SECONDS": "0.2",
        "CLIENTELING_NATS_CONNECT_SECONDS": "1",
        "CLIENTELING_NATS_REQUEST_SECONDS": "1",
        "CLIENTELING_RELAY_RETRY_SECONDS_MAX": "1",
        "CLIENTELING_SERVICE_HEARTBEAT_SECONDS": "0.5",
        "CLIENTELING_REACTIONS_COMMIT_COMMANDS_MAX": "3",
        "CLIENTELING_REACTIONS_ACK_WAIT_SECONDS": "3",
        "CLIENTELING_PROJECTOR_VERIFY_SECONDS": "0.5",
    },
    "few_states": {
        "CLIENTELING_PROJECTOR_STATES_KEPT_MAX": "3",
        "CLIENTELING_NATS_REQUEST_SECONDS": "2",
        "CLIENTELING_RELAY_RETRY_SECONDS_MAX": "2",
        "CLIENTELING_API_COMMIT_COMMANDS_MAX": "1",
    },
}
KINDS = ("relay", "projector", "reactions", "api")


class House:
    """Nothing runs before `start`. `doubles`: how many processes of each service."""

    def __init__(self, profile: str, *, doubles: int, small_disk: bool) -> None:
        self.profile, self.doubles = profile, doubles
        self.folder = Path(tempfile.mkdtemp(prefix="ct-chaos-"))
        self.folder.chmod(0o711)
        self.on_small_disk = small_disk and mounted(self.folder)
        self.api_ports: dict[str, int] = {}
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CLIENTELING_")},
            **{
                f"CLIENTELING_{kind.upper()}_METRICS_PORT": "0"
                for kind in ("relay", "projector", "reactions")
            },
            **PROFILES[profile],
            "CLIENTELING_DATA_DIR": str(self.folder / "data"),
            "CLIENTELING_REBUILD_PROCESSES": "1",
        }
        self.servers = HouseServers(self.folder / "data")
        names = [f"{kind}-{number}" for number in range(1, doubles + 1) for kind in KINDS]
        self.services = {name: self._service(name) for name in names}

    def start(self) -> None:
        """Start every service and wait until the APIs answer."""
        for service in self.services.values():
            service.start()
        self.until_up()

    def until_up(self, within_seconds: float = UP_SECONDS) -> None:
        """Wait until every API answers. Raises TimeoutError."""
        deadline = time.monotonic() + within_seconds
        for port in self.api_ports.values():
            while not answers(port):
                if ended := [service.name for service in self.services.values() if not service.runs]:
                    raise RuntimeError(f"{', '.join(ended)} ended while the house was to come up")
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the API on port {port} did not answer within {within_seconds:g} s")
                time.sleep(0.1)

    def double(self, kind: str) -> ServiceProcess:
        """One more process of a service, not started; the caller ends it."""
        return self._service(f"{kind}-{self.doubles + 1}", listed=False)

    def heal(self) -> None:
        """Thaw whatever hangs and start every service that does not run."""
        for service in self.services.values():
            service.thaw()
        self.servers.thaw()
        for service in self.services.values():
            service.start()

    def command(self, *arguments: str, within_seconds: float = COMMAND_SECONDS) -> tuple[int, str, str]:
        """Exit code, output and standard error of a command line. Raises subprocess.TimeoutExpired."""
        done = subprocess.run(
            [sys.executable, "-m", "services.cli.main", *arguments],
            cwd=REPOSITORY,
            env=self._environment,
            check=False,
            capture_output=True,
            timeout=within_seconds,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def document(self, *arguments: str, within_seconds: float = COMMAND_SECONDS) -> tuple[int, Any]:
        """Exit code and JSON document of a command line; standard error where there is no document."""
        code, printed, complained = self.command(*arguments, "--json", within_seconds=within_seconds)
        return code, json.loads(printed) if printed else complained

    def stop(self) -> list[str]:
        """Stop everything in good order; what was wrong with that."""
        self.heal()
        wrong = [said for service in self.services.values() if (said := service.stop()) is not None]
        deadline = time.monotonic() + 15
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return wrong + [f"left behind after the stop: {process}" for process in left]

    def processes(self) -> list[str]:
        """Every process that works on this house: services, their children and the servers."""
        found: list[str] = []
        for process in psutil.process_iter():
            try:
                places = (process.cwd(), process.environ().get("CLIENTELING_DATA_DIR", ""))
                known = any(place.startswith(str(self.folder)) for place in places)
                if known and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(f"{process.pid} {' '.join(process.cmdline())}")
            except (psutil.Error, OSError):
                continue
        return found

    def end(self, *, keep: bool) -> Path | None:
        """Kill what is left; the folder is deleted or kept, and then where it is."""
        for service in self.services.values():
            service.kill()
        self.servers.end()
        kept = None
        if keep and self.on_small_disk:
            kept = Path(tempfile.mkdtemp(prefix="ct-chaos-kept-"))
            shutil.copytree(self.folder, kept, dirs_exist_ok=True, ignore=shutil.ignore_patterns("filler"))
        if self.on_small_disk:
            subprocess.run(["umount", "-l", self.folder], check=False)
        if keep and kept is None:
            return self.folder
        shutil.rmtree(self.folder, ignore_errors=True)
        return kept

    def _service(self, name: str, *, listed: bool = True) -> ServiceProcess:
        environment = dict(self._environment)
        if name.startswith("api"):
            port = free_port()
            environment["CLIENTELING_API_PORT"] = str(port)
            if listed:
                self.api_ports[name] = port
                TOKENS[port] = every_right(self.folder / "data")
        return ServiceProcess(name, environment, self.folder)


def answers(port: int, path: str = "/healthz", *, within_seconds: float = 5) -> bool:
    """Whether an API answers 200 there."""
    connection = HTTPConnection("127.0.0.1", port, timeout=within_seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def can_mount() -> bool:
    """Whether this machine lets us mount a disk of our own."""
    folder = Path(tempfile.mkdtemp(prefix="ct-chaos-"))
    could = mounted(folder)
    if could:
        subprocess.run(["umount", folder], check=False)
    folder.rmdir()
    return could


def mounted(folder: Path) -> bool:
    """Mount a small disk there; False where this machine does not let us."""
    if shutil.which("mount") is None:
        return False
    options = f"{SMALL_DISK},mode=711"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
    return subprocess.run(mount, check=False, capture_output=True).returncode == 0
