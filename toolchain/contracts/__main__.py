"""`python -m toolchain.contracts write|check [FOLDER]`: write or check contracts/. Exit code 1 when stale.

`... compare`: exit code 1 where the code breaks a published version, with a sentence that says whom.
`... publish VERSION`: freeze the contract as contracts/published/VERSION.json.
`... validate SCHEMA`: check contracts/ by the official schemas; SCHEMA is AsyncAPI's own for 3.0.0.
"""

import sys
from pathlib import Path

from toolchain.contracts.documents import (
    FOLDER,
    broken_promises,
    current_contract,
    documents,
    stale_documents,
    write,
)
from toolchain.contracts.published import publish
from toolchain.contracts.validity import invalid_documents


def main(arguments: list[str]) -> int:
    match arguments:
        case ["write", *folder]:
            lines = [f"{path} written" for path in write(Path(*folder) if folder else FOLDER)]
            code = 0
        case ["check", *folder]:
            lines = stale_documents(Path(*folder) if folder else FOLDER)
            code = 1 if lines else 0
        case ["compare"]:
            lines = broken_promises()
            code = 1 if lines else 0
        case ["publish", version]:
            if lines := broken_promises():
                code = 1
            else:
                lines, code = [f"{publish(current_contract(version), version)} written"], 0
                documents.cache_clear()
                lines += [f"{path} written" for path in write(FOLDER)]
        case ["validate", schema]:
            lines = invalid_documents(FOLDER, Path(schema))
            code = 1 if lines else 0
        case _:
            lines, code = [__doc__ or ""], 2
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
