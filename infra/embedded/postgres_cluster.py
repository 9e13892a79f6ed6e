"""The files of a PostgreSQL cluster: making them, checking their version, their configuration, the owner's
password and the socket's folder.
"""

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from infra.embedded import binaries
from infra.embedded.server_processes import EmbeddedServerError
from infra.embedded.system_user import SystemUser
from infra.private_files import write_private

ROLE = "clienteling"
PORT = 5432
#: A socket's whole path has room for 107 bytes, and PostgreSQL adds `/.s.PGSQL.5432` to its folder.
SOCKET_FOLDER_BYTES_MAX = 107 - len(f"/.s.PGSQL.{PORT}")

#: For two cores and a few gigabytes; `ALTER SYSTEM` overrides any of these.
CONFIG = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    # What backups of the changes alone are made by.
    "summarize_wal": "on",
    # So much is kept for an archive that nobody fills any more.
    "max_slot_wal_keep_size": "16GB",
    # A recycled segment keeps what stood in it, wrapped keys that were destroyed included, until it is
    # written over.
    "wal_recycle": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a ",
    # A statement in the log could hold what a person typed; the error alone has to do.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

#: Nobody gets in without a password, also not on the socket, which only the server's own user reaches.
HBA = f"""# Written at every start.
local all         all     scram-sha-256
local replication {ROLE}  scram-sha-256
host  all         all all scram-sha-256
"""


def make_cluster(data: Path, user: SystemUser | None, password: str, *, sync: bool) -> None:
    """Make an empty cluster in `data`: UTF-8, C locale, and an owner with this password."""
    # Made aside and renamed, so that an interrupted start leaves no half cluster behind; and each time
    # elsewhere, because the initdb of a start that was killed may still be writing.
    for left_over in data.parent.glob(f"{data.name}.new-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    aside = Path(tempfile.mkdtemp(dir=data.parent, prefix=f"{data.name}.new-"))
    # In a file, because a command line can be read by everybody.
    secret = aside / "password"
    write_private(secret, password)
    if user is not None:
        for path in (aside, secret):
            os.chown(path, user.uid, user.gid)
    access = ["--auth=scram-sha-256", f"--pwfile={secret}"]
    letters = ["--encoding=UTF8", "--locale=C"]
    quick = [] if sync else ["--no-sync"]
    _run(
        ["initdb", "-D", str(aside / "data"), "-U", ROLE, *letters, *access, "--no-instructions", *quick],
        user,
        data.parent,
    )
    (aside / "data").rename(data)
    shutil.rmtree(aside)


def set_owner_password(data: Path, config: Path, user: SystemUser | None, password: str) -> None:
    """Give the owner of a cluster whose server does not run this password."""
    command = ["postgres", "--single", "-D", str(data), "-c", f"config_file={config}", "postgres"]
    _run(command, user, data.parent, given=f"ALTER ROLE {ROLE} PASSWORD '{password}'\n")


def require_same_version(data: Path, user: SystemUser | None) -> None:
    """Raises EmbeddedServerError when another major version of PostgreSQL wrote `data`."""
    found = (data / "PG_VERSION").read_text().strip()
    ours = _run(["postgres", "--version"], user, data.parent).split()[2]
    if found != ours.partition(".")[0]:
        raise EmbeddedServerError(
            f"the data in {data} was written by PostgreSQL {found}, but this is {ours}; dump it with the "
            f"former version "
            "of clienteling and restore it into an empty CLIENTELING_DATA_DIR"
        )


def write_config(file: Path, config: Mapping[str, str], user: SystemUser | None) -> None:
    """Write the configuration, and beside it who may connect; the server alone can read them."""
    access = file.with_name("pg_hba.conf")
    lines = [f"{name} = {_quoted(value)}\n" for name, value in {**config, "hba_file": str(access)}.items()]
    for path, text in ((file, "".join(lines)), (access, HBA)):
        write_private(path, text)
        path.chmod(0o600)
        if user is not None:
            os.chown(path, user.uid, user.gid)


def socket_folder_for(folder: Path) -> Path:
    """Where the socket goes: inside `folder`, or under the temporary folder when no socket can be there.

    That is when the path is too long, or has a comma, which parts the hosts of a libpq address.
    """
    inside = folder / "socket"
    if len(os.fsencode(inside)) <= SOCKET_FOLDER_BYTES_MAX and not set(str(inside)) & set(',"'):
        return inside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"clienteling-{digest}"


def make_socket_folder(sockets: Path, user: SystemUser | None) -> None:
    """Make the socket's folder, for PostgreSQL alone.

    Raises EmbeddedServerError when it is someone else's.
    """
    _own_folder(sockets, user)
    found = sockets.lstat()
    owner = os.geteuid() if user is None else user.uid
    # The folder may lie under /tmp, where anyone could have put something else in its place.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) & 0o077:
        raise EmbeddedServerError(f"{sockets} belongs to someone else or is open to others; remove it")


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _own_folder(folder: Path, user: SystemUser | None) -> None:
    """Make a folder that belongs to the user PostgreSQL runs as, unless it exists."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user.uid, user.gid)


def _run(command: list[str], user: SystemUser | None, cwd: Path, given: str | None = None) -> str:
    done = subprocess.run(
        [str(binaries.postgres_installation() / "bin" / command[0]), *command[1:]],
        capture_output=True,
        input=given,
        text=True,
        check=False,
        cwd=cwd,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        user=None if user is None else user.uid,
        group=None if user is None else user.gid,
        extra_groups=None if user is None else [],
    )
    if done.returncode != 0:
        raise EmbeddedServerError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
