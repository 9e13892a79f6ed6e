"""`python -m services.ops.contracts write|check [FOLDER]`: the committed contracts, made or compared. Exit code 1 when stale."""

import sys
from pathlib import Path

from services.ops.contracts.documents import what_is_stale, write

FOLDER = Path("contracts")


def main(arguments: list[str]) -> int:
    match arguments:
        case ["write", *folder]:
            lines = [f"{path} written" for path in write(Path(*folder) if folder else FOLDER)]
            code = 0
        case ["check", *folder]:
            lines = what_is_stale(Path(*folder) if folder else FOLDER)
            code = 1 if lines else 0
        case _:
            lines, code = [__doc__ or ""], 2
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
