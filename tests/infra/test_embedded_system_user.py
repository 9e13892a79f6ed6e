"""Under root PostgreSQL runs as another user, who gets just the permissions it needs."""

import os
import stat
from pathlib import Path

import pytest

from infra.embedded import PostgresServer
from infra.embedded.system_user import SystemUser, grant_installation, grant_passage

# Nothing of this happens for an ordinary user.
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")


def test_under_root_postgres_runs_as_another_user(own_postgres: PostgresServer) -> None:
    status = Path(f"/proc/{own_postgres.pid()}/status").read_text()
    assert "\nUid:\t0" not in status
    assert "\nGroups:\t \n" in status
    assert own_postgres.data.stat().st_uid != 0
    assert own_postgres.folder.stat().st_uid == 0


def test_only_the_passing_bit_that_is_missing_is_added_to_parent_folders(folder: Path) -> None:
    closed, open_ = folder / "closed", folder / "closed" / "open"
    closed.mkdir(mode=0o700)
    open_.mkdir(mode=0o755)
    grant_passage(SystemUser("someone", 12_345, 12_345), open_ / "data")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert stat.S_IMODE(open_.stat().st_mode) == 0o755


def test_an_installation_under_a_strict_umask_is_opened_to_read_and_run_only(
    folder: Path,
) -> None:
    installation = folder / "pginstall"
    (installation / "bin").mkdir(parents=True)
    (installation / "bin" / "postgres").touch(mode=0o700)
    (installation / "share").touch(mode=0o600)
    for path in (installation, installation / "bin"):
        path.chmod(0o700)
    grant_installation(
        SystemUser("someone", 12_345, 12_345), installation, folder / "libraries that are not there"
    )
    modes = [stat.S_IMODE((installation / name).stat().st_mode) for name in ("bin", "bin/postgres", "share")]
    assert modes == [0o705, 0o705, 0o604]


def test_a_folder_that_lets_the_group_pass_is_left_as_it_is(folder: Path) -> None:
    shared = folder / "shared"
    shared.mkdir()
    os.chown(shared, 0, 12_345)
    shared.chmod(0o710)
    grant_passage(SystemUser("someone", 12_345, 12_345), shared / "data")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o710
