"""The system user that PostgreSQL runs as when we are root, and the permissions it needs to get to its
files.
"""

import grp
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

NAME = "clienteling"
FALLBACK_NAME = "nobody"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SystemUser:
    """A user and its own group, without any further groups."""

    name: str
    uid: int
    gid: int

    def may(self, found: os.stat_result, *, need: int) -> bool:
        """Whether the permission bits let this user do `need` (a sum of 4 read, 2 write, 1 pass or
        execute).
        """
        if found.st_uid == self.uid:
            shift = 6
        elif found.st_gid == self.gid:
            shift = 3
        else:
            shift = 0
        return (stat.S_IMODE(found.st_mode) >> shift) & need == need


def system_user_for(data: Path) -> SystemUser | None:
    """Who PostgreSQL runs as: None (we ourselves) unless we are root, which PostgreSQL refuses.

    A data directory that exists decides by its owner. Otherwise it is the user `clienteling`, made when
    missing, or `nobody` where users cannot be made.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return SystemUser(str(owner.st_uid), owner.st_uid, owner.st_gid)
    return _known(NAME) or _made() or _fallback()


def give_to(user: SystemUser, folder: Path) -> None:
    """Make everything in a folder, and the folder itself, belong to `user`."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.uid, user.gid, follow_symlinks=False)


def grant_passage(user: SystemUser, path: Path) -> None:
    """Let `user` get to `path`: add the missing passing bit (o+x, never o+r) to the folders above it, and
    say so.
    """
    for parent in reversed(path.absolute().parents):
        _add(user, parent, need=1, bits=stat.S_IXOTH)


def grant_installation(user: SystemUser, installation: Path, *libraries: Path) -> None:
    """Let `user` run what lies in `installation` and read its `libraries`, also when installed under umask
    077.
    """
    grant_passage(user, installation)
    if user.may((installation / "bin" / "postgres").stat(), need=5) and user.may(installation.stat(), need=5):
        return
    for folder in (installation, *libraries):
        for path in _all_below(folder):
            mode = path.stat().st_mode
            # A folder, or a file that its owner may execute, is also passed or executed.
            bits = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
            if mode & bits != bits:
                path.chmod(stat.S_IMODE(mode) | bits)
    log.info(
        "Made the PostgreSQL installation readable for its system user",
        user=user.name,
        folder=str(installation),
    )


def _add(user: SystemUser, folder: Path, *, need: int, bits: int) -> None:
    found = folder.stat()
    if not user.may(found, need=need):
        folder.chmod(stat.S_IMODE(found.st_mode) | bits)
        log.debug(
            "Made a folder passable (o+x) for the system user of PostgreSQL",
            user=user.name,
            folder=str(folder),
        )


def _all_below(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield folder
        yield from (path for path in folder.rglob("*") if not path.is_symlink())


def _known(name: str) -> SystemUser | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return SystemUser(name, entry.pw_uid, entry.pw_gid)


def _made() -> SystemUser | None:
    tool = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if tool is None:
        return None
    options = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    # A group of this name may have stayed from a user that was removed, and a second one cannot be made.
    group = ["--gid", NAME] if _group_exists() else ["--user-group"]
    made = subprocess.run([tool, *options, *group, NAME], capture_output=True, text=True, check=False)
    if made.returncode == 0:
        log.info("Made a system user to run PostgreSQL, which refuses to run as root", user=NAME)
    elif _known(NAME) is None:
        log.warning("The system user for PostgreSQL could not be made", user=NAME, reason=made.stderr.strip())
    # Another process may have made it in the same moment, so the table of users has the last word.
    return _known(NAME)


def _group_exists() -> bool:
    try:
        grp.getgrnam(NAME)
    except KeyError:
        return False
    return True


def _fallback() -> SystemUser | None:
    log.warning(
        "PostgreSQL runs as a user shared with others, because none could be made", user=FALLBACK_NAME
    )
    return _known(FALLBACK_NAME)
