"""Another user of the same machine gets nothing of a running house: of its servers, files and processes."""

import multiprocessing
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.house import House
from tests.e2e.stranger import ROOMS, Target, processes_of

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")

#: A user whom the machine does not know, and in no group.
STRANGER: Final = 54_321
NAME: Final = "Haversham"


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """A house with a history, every service running, and backups in a folder that everybody may enter."""
    exports = Path(tempfile.mkdtemp(prefix="ct-"))
    exports.chmod(0o755)
    data = exports / "data"
    data.mkdir()
    house = House(data)
    try:
        house.serve("relay", "projector", "reactions", "api")
        house.until_up()
        house.post("register-customer", "first", name=NAME)
        house.until_healthy()
        house.said("nats", "configure", "--consumer", "billing")
        dump = ("servers", "run", "pg_dump", "--format=custom", "--no-acl")
        house.said(*dump, "--schema=public", f"--file={exports}/log.dump")
        house.said(*dump, "--schema=vault", f"--file={exports}/keys.dump")
        house.said("servers", "run", "pg_basebackup", "--checkpoint=fast", f"--pgdata={exports}/base")
        house.said("events", "export", f"{exports}/lost.jsonl")
        yield Target(house, exports)
    finally:
        house.close()
        shutil.rmtree(exports, ignore_errors=True)


def attempts(target: Target, room: str, uid: int, told: Any) -> None:
    """In a process of its own: which acts came to something, and what; and which came to nothing."""
    acts = list(ROOMS[room](target))
    if uid:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    else:
        acts = [(name, act) for name, act in acts if name.startswith(("read", "list"))]
    succeeded: dict[str, str] = {}
    for name, act in acts:
        try:
            got = act()
        except Exception:
            continue
        if got:
            succeeded[name] = str(got)[:200]
    told.send((succeeded, [name for name, _ in acts if name not in succeeded]))


def came_of(target: Target, room: str, uid: int) -> tuple[dict[str, str], list[str]]:
    # A fork: the stranger may not be able to read the interpreter's files.
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=attempts, args=(target, room, uid, theirs))
    process.start()
    assert ours.poll(120)
    counted = ours.recv()
    process.join(10)
    return counted


@pytest.mark.parametrize("room", ROOMS)
def test_a_second_local_user_gets_nothing(target: Target, room: str) -> None:
    succeeded, refused = came_of(target, room, STRANGER)
    assert succeeded == {}
    assert len(refused) >= 4


@pytest.mark.parametrize("room", ["PostgreSQL", "files", "processes"])
def test_what_they_could_not_read_is_there_to_be_read(target: Target, room: str) -> None:
    _, missing = came_of(target, room, uid=0)
    assert [name for name in missing if name != "read mem of a process"] == []


def test_command_lines_which_everybody_reads_hold_no_secret(target: Target) -> None:
    shown = " ".join(" ".join(process.cmdline()) for process in processes_of(target.data_dir))
    assert str(target.data_dir) in shown
    secrets = [
        *(target.postgres / "passwords").read_text().split()[1::2],
        *(file.read_text().strip() for file in (target.nats / "keys").glob("*.nk")),
    ]
    assert len(secrets) > 8
    assert [secret for secret in secrets if secret in shown] == []


def test_nothing_below_the_data_directory_is_open_to_others(target: Target) -> None:
    listed = [target.data_dir, *target.data_dir.rglob("*"), *target.exports.glob("*.dump")]
    modes = {path: path.lstat().st_mode for path in listed if path.exists() and not path.is_symlink()}
    assert len(modes) > 50
    assert [str(path) for path, mode in modes.items() if mode & 0o066 and not stat.S_ISSOCK(mode)] == []


def test_postgresql_listens_nowhere_but_on_its_socket(target: Target) -> None:
    listening = [
        one
        for process in processes_of(target.data_dir)
        if process.name() == "postgres"
        for one in process.net_connections("tcp")
    ]
    assert listening == []
