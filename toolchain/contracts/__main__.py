"""`python -m toolchain.contracts write|check [FOLDER]`: write or check contracts/. Exit code 1 when stale."""

import sys
from pathlib import Path

from toolchain.contracts.documents import stale_documents, write

FOLDER = Path("contracts")


def main(arguments: list[str]) -> int:
    match arguments:
        case ["write", *folder]:
            lines = [f"{path} written" for path in write(Path(*folder) if folder else FOLDER)]
            code = 0
        case ["check", *folder]:
            lines = stale_documents(Path(*folder) if folder else FOLDER)
            code = 1 if lines else 0
        case _:
            lines, code = [__doc__ or ""], 2
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
