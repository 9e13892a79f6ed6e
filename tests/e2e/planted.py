"""A house with secrets that are known to the test, and everything that was ever said on it."""

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final

import httpx
import psutil

from tests.ports import free_port
from tests.tokens import every_right

PLANTED: Final = "pLaNtEd-sEcReT"
MASTER_KEY: Final = b"a master key planted by the test"
#: A mistake of ours in the middle of work: everything that the process knows is at hand for the traceback.
CRASH: Final = """
import sys
from infra.event_store.log import EventLog
from services.cli.command_line import run
def broken(self):
    raise RuntimeError("a mistake of ours")
EventLog.last_position = broken
from services.relay.relay import Relay
Relay.run = broken
sys.exit(run(sys.argv[1:]))
"""


class Planted:
    """A data directory, and everything that was ever said on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data_dir = folder, folder / "data"
        self.said = folder / "said"
        self.said.mkdir()
        key_file = folder / "key"
        key_file.write_text(base64.b64encode(MASTER_KEY).decode())
        key_file.chmod(0o600)
        self.api_port = free_port()
        self.ports = {name: free_port() for name in ("RELAY", "REACTIONS", "PROJECTOR")}
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CLIENTELING_")},
            **{f"CLIENTELING_{name}_METRICS_PORT": str(port) for name, port in self.ports.items()},
            "CLIENTELING_DATA_DIR": str(self.data_dir),
            "CLIENTELING_VAULT_KEY_FILE": str(key_file),
            "CLIENTELING_API_PORT": str(self.api_port),
            "CLIENTELING_LOG_LEVEL": "debug",
        }
        self.command_lines: set[str] = set()
        self._count = 0

    def starts(self, *command: str, **environment: str) -> "subprocess.Popen[bytes]":
        """A program whose words are kept."""
        self._count += 1
        formats = ("console", "json")
        given = {"CLIENTELING_LOG_FORMAT": formats[self._count % 2], **self.environment, **environment}
        with (self.said / str(self._count)).open("wb") as lines:
            return subprocess.Popen(command, env=given, stdout=lines, stderr=lines)

    def asks(self, line: str, environment: Mapping[str, str] = MappingProxyType({})) -> int | None:
        """The exit code of a command line; None for one that had to be ended."""
        words = line.format(folder=self.folder).split()
        command = (sys.executable, "-m", "services.cli.main", *words)
        return self._ended(self.starts(*command, **environment), 4 if line == "serve relay" else 60)

    def crashes(self, line: str) -> int | None:
        """The same with a mistake of ours in it."""
        return self._ended(self.starts(sys.executable, "-c", CRASH, *line.split()), 20)

    def _ended(self, process: "subprocess.Popen[bytes]", within_seconds: float) -> int | None:
        try:
            return process.wait(within_seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(30)
            return None

    def answered(self, path: str, **request: object) -> httpx.Response:
        """An answer of the API, which is kept."""
        self._count += 1
        answer = httpx.request(url=f"http://127.0.0.1:{self.api_port}{path}", timeout=30, **request)  # type: ignore[arg-type]
        (self.said / str(self._count)).write_text(f"{answer.headers}\n{answer.text}")
        return answer

    def secrets(self) -> dict[str, str]:
        """Every secret of the house, by what it is."""
        embedded = self.data_dir / "embedded"
        passwords = (embedded / "postgres" / "passwords").read_text().split()
        pem = (self.data_dir / "auth" / "signing_key.pem").read_text().splitlines()
        token = every_right(self.data_dir)["Authorization"].removeprefix("Bearer ")
        return {
            "planted": PLANTED,
            "master key": base64.b64encode(MASTER_KEY).decode(),
            "master key in hexadecimal": MASTER_KEY.hex(),
            "master key as it is": MASTER_KEY.decode(),
            "signing key": pem[1],
            "access token": token.rpartition(".")[2],
            **{
                f"password of {role}": word
                for role, word in zip(passwords[::2], passwords[1::2], strict=True)
            },
            **{file.name: file.read_text().strip() for file in (embedded / "nats" / "keys").glob("*.nk")},
        }

    def told(self) -> dict[str, str]:
        """Everything that was said, and what stands in files, by where; not the private files of secrets."""
        texts = {f"output {file.name}": file for file in self.said.iterdir()}
        texts |= {file.name: file for file in self.folder.iterdir() if file.is_file() and file.name != "key"}
        texts |= {str(file): file for file in self.data_dir.rglob("*.log")}
        return {where: file.read_text(errors="replace") for where, file in texts.items()}

    @contextmanager
    def watched(self) -> Generator[None]:
        """Look at the command lines of all processes all the time."""
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(0.02):
                for process in psutil.process_iter():
                    with suppress(psutil.Error):
                        self.command_lines.add(" ".join(process.cmdline()))

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield
        finally:
            ended.set()
            looking.join()
