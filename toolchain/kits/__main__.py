"""`python -m toolchain.kits write|check`: write or check the kits' typed events and example payloads.
Exit code 1 when stale.

`... build FOLDER`: both kits as packages, into a folder.
"""

import sys
from pathlib import Path

from toolchain.kits.golden import golden_document, golden_module, read_examples
from toolchain.kits.packages import build
from toolchain.kits.python_types import python_module
from toolchain.kits.schemas import read_schemas
from toolchain.kits.typescript_types import typescript_module

EVENTS = Path("contracts/events")
MADE = {
    Path("kits/python/src/clienteling_events/events.py"): lambda: python_module(read_schemas(EVENTS)),
    Path("kits/python/src/clienteling_events/golden.json"): lambda: golden_document(read_examples(EVENTS)),
    Path("kits/typescript/src/events.ts"): lambda: typescript_module(read_schemas(EVENTS)),
    Path("kits/typescript/src/golden.ts"): lambda: golden_module(read_examples(EVENTS)),
}


def main(arguments: list[str]) -> int:
    if len(arguments) == 2 and arguments[0] == "build":
        build(Path(arguments[1]))
        return 0
    if arguments not in (["write"], ["check"]):
        sys.stdout.write(f"{__doc__}\n")
        return 2
    made = {path: make() for path, make in MADE.items()}
    if arguments == ["write"]:
        for path, text in made.items():
            path.write_text(text)
        return 0
    stale = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    sys.stdout.writelines(f"{path} is stale: python -m toolchain.kits write\n" for path in stale)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
