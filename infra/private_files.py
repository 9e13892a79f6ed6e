"""Files that are their owner's alone: writing them whole, closing a folder of them, and refusing what is
open to others.
"""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

#: The bits that let others read or write. Passing through is another matter: PostgreSQL's user has to.
OPEN_TO_OTHERS: Final = 0o066


class FileOpenToOthers(RuntimeError):
    """A file or folder with secrets may be read or written by other users of the machine."""


def write_private(file: Path, text: str) -> None:
    """Write a file of mode 0600, all of it or nothing; nothing is written when it holds the text already."""
    if file.exists() and file.read_text() == text:
        return
    descriptor, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
        Path(beside).replace(file)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def close_to_others(folder: Path) -> list[Path]:
    """Take reading and writing from others in a folder of ours; which paths were open to them.

    Folders that others cannot get into are not looked through.
    """
    opened = [path for path in (folder, *_reached_by_others(folder)) if _is_open(path)]
    for path in opened:
        with suppress(FileNotFoundError):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OPEN_TO_OTHERS)
    return opened


def _reached_by_others(folder: Path) -> Iterator[Path]:
    if folder.stat().st_mode & 0o011:
        for path in folder.iterdir():
            if not path.is_symlink():
                yield path
                if path.is_dir():
                    yield from _reached_by_others(path)


def _is_open(path: Path) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    # Sockets are their folder's to guard.
    is_kept = stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
    is_ours = os.geteuid() in (0, found.st_uid)
    return is_kept and is_ours and bool(found.st_mode & OPEN_TO_OTHERS)


def require_private(*paths: Path) -> None:
    """Raises FileOpenToOthers, with the command that mends it, when others may read or write a path."""
    for path in paths:
        if path.exists() and path.stat().st_mode & OPEN_TO_OTHERS:
            mode = "700" if path.is_dir() else "600"
            raise FileOpenToOthers(
                f"{path} may be read or written by other users of this machine; "
                f"`chmod {mode} {path}` closes it"
            )
