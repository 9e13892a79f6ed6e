"""The passwords of an embedded PostgreSQL: one for each role, random, in a private file beside its data."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from infra.ids import new_key
from infra.postgres.roles import DatabaseRole
from infra.private_files import require_private, write_private

FILE: Final = "passwords"
_LINE: Final = re.compile(r"([a-z]+) ([0-9a-f]{64})")


def passwords_in(folder: Path) -> Mapping[DatabaseRole, str]:
    """The passwords of the cluster in a folder; none before its first start. Raises FileOpenToOthers."""
    file = folder / FILE
    require_private(file)
    try:
        lines = map(_LINE.fullmatch, file.read_text().splitlines())
    except FileNotFoundError:
        return {}
    return {
        DatabaseRole(line[1]): line[2] for line in lines if line is not None and line[1] in set(DatabaseRole)
    }


def ensure_passwords(folder: Path) -> Mapping[DatabaseRole, str]:
    """The passwords, made where any is missing."""
    known = passwords_in(folder)
    passwords = {role: known.get(role) or new_key().hex() for role in DatabaseRole}
    write_private(folder / FILE, "".join(f"{role} {passwords[role]}\n" for role in DatabaseRole))
    return passwords
