"""A disk that is full is told in a sentence, and what waited for room goes on by itself."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.settings import Settings
from services.cli.command_line import run
from tests.services.cli.calling import Call, small_shop

pytestmark = pytest.mark.timeout(240)

REPOSITORY = Path(__file__).parents[3]


def limited(size: int) -> Callable[[], None]:
    """No file may grow beyond this, which is what a full disk does to whoever writes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("line", ["events show", "serve relay", "serve all"])
def test_servers_that_find_no_room_to_start_are_told_in_a_sentence(line: str, folder: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "services.cli.main", *line.split()],
        cwd=REPOSITORY,
        env={**os.environ, "CLIENTELING_DATA_DIR": str(folder / "data")},
        preexec_fn=limited(2_000_000),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 1
    assert "clienteling: initdb failed" in ended.stderr
    assert "Traceback" not in ended.stderr
    # The next start, with room again, is none the worse for it.
    again = subprocess.run(
        [sys.executable, "-m", "services.cli.main", "events", "show"],
        cwd=REPOSITORY,
        env={**os.environ, "CLIENTELING_DATA_DIR": str(folder / "data")},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert again.returncode == 0


def test_a_file_for_which_there_is_no_room_is_told_in_a_sentence(
    settings: Settings, call: Call, tmp_path: Path
) -> None:
    small_shop(settings, sales=20)
    environ = {
        **os.environ,
        "CLIENTELING_DATABASE_URL": str(settings.database_url),
        "CLIENTELING_NATS_URL": str(settings.nats_url),
        "CLIENTELING_DATA_DIR": str(settings.data_dir),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "services.cli.main", "events", "export", str(tmp_path / "all.jsonl")],
        cwd=REPOSITORY,
        env=environ,
        preexec_fn=limited(4_096),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 1
    assert "File too large" in ended.stderr
    assert "make room there and try again" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "spoiled",
    {
        "nats/pid": b"\xff\xfe no number",
        "nats/port": b"\xff",
        "postgres/data/postmaster.pid": b"\xff\xfe\n\xff",
        "postgres/socket-folder": b"\x00",
        "start.lock": b"\xff\xff",
    }.items(),
    ids=lambda one: one[0],
)
def test_a_house_whose_notes_are_damaged_starts_again(
    spoiled: tuple[str, bytes], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTELING_DATA_DIR", str(folder / "data"))
    assert run(["events", "tail", "--no-follow"]) in (0, 1)
    file = folder / "data" / "embedded" / spoiled[0]
    file.write_bytes(spoiled[1])
    assert run(["servers", "show"]) == 0


def test_data_of_a_newer_postgresql_is_told_in_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLIENTELING_DATA_DIR", str(folder / "data"))
    assert run(["events", "show"]) == 0
    (folder / "data" / "embedded" / "postgres" / "data" / "PG_VERSION").write_text("99\n")
    capsys.readouterr()
    assert run(["events", "show"]) == 1
    assert "was written by PostgreSQL 99" in capsys.readouterr().err
