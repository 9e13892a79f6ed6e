"""One service of the house as a process that can be killed, frozen, thawed, stopped and started again."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from tests.chaos.rounds.pace import pace

REPOSITORY = Path(__file__).parents[3]
STOP_SECONDS = 45
#: How a service ends on SIGTERM, and what it ends with in its first moments, before it has begun: by the
#: signal, or interrupted by it.
ORDERLY = frozenset({0, 128 + signal.SIGTERM, -signal.SIGTERM, 128 + signal.SIGINT})


class ServiceProcess:
    """`clienteling serve <kind>`; `name` is `<kind>-<number>`, its output goes to `<name>.log`."""

    def __init__(self, name: str, environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.kind = name.partition("-")[0]
        self.log = folder / f"{name}.log"
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._killed: set[int] = set()

    @property
    def runs(self) -> bool:
        """Whether the process has been started and has not ended; a frozen one runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the service unless it runs."""
        if self.runs:
            return
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.cli.main", "serve", self.kind],
                cwd=REPOSITORY,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End the process as `kill -9` does."""
        if self._process is not None:
            self._killed.add(self._process.pid)
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """Stop the process and its children in the middle of whatever they do (SIGSTOP)."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on (SIGCONT)."""
        self._signal_all(signal.SIGCONT)

    def stop(self) -> str | None:
        """Stop the process in good order (SIGTERM); what was wrong with how it ended, if anything was."""
        process = self._process
        if process is None or process.poll() is not None:
            return None
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOP_SECONDS * pace())
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return f"{self.name} did not end within {STOP_SECONDS} s of SIGTERM"
        # Another fault may have killed it meanwhile.
        orderly = code in ORDERLY or process.pid in self._killed
        return None if orderly else f"{self.name} ended with {code} on SIGTERM"

    def ended_by_itself(self) -> int | None:
        """The exit code of a process that has ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    def _signal_all(self, number: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        with suppress(psutil.Error):
            parent = psutil.Process(self._process.pid)
            for process in (parent, *parent.children(recursive=True)):
                with suppress(psutil.Error):
                    process.send_signal(number)
