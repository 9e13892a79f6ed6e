"""Data directories that tests have left behind."""

import fcntl
import os
from pathlib import Path

from infra.embedded.server_processes import try_lock


def abandoned(data_dir: Path) -> bool:
    """Whether a data directory has been used, and no process is using it now."""
    try:
        descriptor = os.open(data_dir / "embedded" / "presence.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return try_lock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)
