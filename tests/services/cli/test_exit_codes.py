"""Whoever is told to end does so in good order at any moment: no traceback, no server left behind, nothing
alarming said.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.embedded.server_processes import all_nats_of, all_postgres_of
from services.cli.command_line import run
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

REPOSITORY = Path(__file__).parents[3]
ALARMING = ("Traceback", "Exception ignored", "never awaited", "never retrieved", "connection lost")
#: Seconds from the start: while Python imports, while servers start, while the work is done.
MOMENTS = (0.15, 0.4, 1.0, 1.8, 3.0, 6.0)
LINES = ("serve all", "serve reactions", "serve api", "demo", "events tail", "projections status")


@pytest.mark.parametrize("line", LINES)
def test_who_is_told_to_end_ends_in_good_order_at_any_moment(line: str, folder: Path) -> None:
    for number, seconds in enumerate(MOMENTS):
        data_dir = folder / str(number)
        told = signal.SIGINT if number % 2 else signal.SIGTERM
        process = start(line, data_dir)
        time.sleep(seconds)
        # Twice, as people do who are in a hurry.
        process.send_signal(told)
        time.sleep(0.05)
        process.send_signal(told)
        _, lines = process.communicate(timeout=120)
        # Where no relay has made a stream yet, there is nothing to follow: that may be found out before.
        expected = {0, 128 + told, -told} | ({1} if "there is no stream" in lines else set[int]())
        assert process.returncode in expected, (line, seconds, lines)
        assert not [words for words in ALARMING if words in lines], (line, seconds, lines)
        embedded = data_dir / "embedded"
        left = [
            *all_postgres_of(embedded / "postgres" / "data"),
            *all_nats_of(embedded / "nats" / "nats.conf"),
        ]
        assert left == [], (line, seconds)


def test_who_is_told_to_end_while_an_error_is_told_ends_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise OSError("something was wrong")

    def interrupted(_: Exception) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("services.cli.command_line.app", failing)
    monkeypatch.setattr("services.cli.command_line.sentence_about", interrupted)
    assert run(["projections", "status"]) == 130


def test_a_service_whose_parent_is_gone_before_it_looks_ends_by_itself(folder: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "pass"])
    parent.wait()
    process = start(f"serve relay --with-parent={parent.pid}", folder / "orphan")
    try:
        _, lines = process.communicate(timeout=90)
    finally:
        process.kill()
    assert process.returncode == 0, lines


def start(line: str, data_dir: Path) -> subprocess.Popen[str]:
    """A command line in a process of its own, on servers of its own."""
    services = ("RELAY", "PROJECTOR", "REACTIONS", "WEBHOOKS")
    ports = ("API_PORT", *(f"{service}_METRICS_PORT" for service in services))
    environ = {
        **os.environ,
        "CLIENTELING_DATA_DIR": str(data_dir),
        **{f"CLIENTELING_{name}": str(free_port()) for name in ports},
    }
    return subprocess.Popen(
        [sys.executable, "-m", "services.cli.main", *line.split()],
        cwd=REPOSITORY,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
