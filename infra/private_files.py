"""Files that are their owner's alone: writing them whole, and refusing what is open to others."""

import os
import tempfile
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


def require_private(*paths: Path) -> None:
    """Raises FileOpenToOthers, with the command that mends it, when others may read or write a path."""
    for path in paths:
        if path.exists() and path.stat().st_mode & OPEN_TO_OTHERS:
            mode = "700" if path.is_dir() else "600"
            raise FileOpenToOthers(
                f"{path} may be read or written by other users of this machine; "
                f"`chmod {mode} {path}` closes it"
            )
