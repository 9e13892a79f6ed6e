"""A service as a child process of the command line."""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress

from infra.runtime import Runtime
from services.cli.output import remark

STOP_SECONDS = 20.0


@contextmanager
def running(service: str, runtime: Runtime) -> Generator[subprocess.Popen[bytes]]:
    """Run a service as a child process; its log lines go to a file of the data directory."""
    runtime.settings.data_dir.mkdir(parents=True, exist_ok=True)
    log_file = runtime.settings.data_dir / f"{service}.log"
    with log_file.open("ab") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli.main", "serve", service, f"--with-parent={os.getpid()}"],
            stdout=lines,
            stderr=lines,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        if process.poll() is None:
            process.kill()
        if process.returncode not in (0, None, -15):
            remark(f"serve {service} ended with code {process.returncode}; its log lines are in {log_file}")
