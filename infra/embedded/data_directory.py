"""The data directory: made when it is missing, and private."""

import os
from pathlib import Path

import structlog

from infra.embedded.server_processes import EmbeddedServerError
from infra.private_files import close_to_others

log = structlog.get_logger(__name__)


def make_data_dir(folder: Path) -> None:
    """Make the data directory, readable for its owner only; what was open to others in it is closed to them.

    Raises EmbeddedServerError when it is not ours.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.stat()
    except OSError as error:
        raise EmbeddedServerError(f"CLIENTELING_DATA_DIR cannot be made: {error}") from error
    if found.st_uid != os.geteuid():
        raise EmbeddedServerError(
            f"CLIENTELING_DATA_DIR {folder} belongs to user {found.st_uid}, but this process runs as user "
            f"{os.geteuid()}; run as that user or choose another directory"
        )
    if opened := close_to_others(folder):
        log.warning(
            "The data directory was open to other users; closed it", paths=[str(path) for path in opened]
        )
