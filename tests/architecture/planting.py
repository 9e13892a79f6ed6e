"""Small copies of the project into which a test plants violations, and the real linters run on them."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("domain", "projections", "services", "infra")
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def packages_below(root: Path, room: str) -> list[str]:
    """Every package of a room as a path like `services/api`, the room itself first."""
    return sorted(path.parent.relative_to(root).as_posix() for path in (root / room).rglob("__init__.py"))


def bare_tree(target: Path) -> Path:
    """The project's configuration and packages, the packages empty: a tree that keeps every rule."""
    shutil.copy(ROOT / "pyproject.toml", target)
    shutil.copytree(ROOT / "toolchain", target / "toolchain", ignore=shutil.ignore_patterns("__pycache__"))
    for room in ROOMS:
        for package in packages_below(ROOT, room):
            plant(target, f"{package}/__init__.py", '"""Empty."""\n')
    # The API's layers name modules, too.
    for module in (ROOT / "services/api").glob("*.py"):
        plant(target, f"services/api/{module.name}", '"""Empty."""\n')
    return target


def plant(tree: Path, path: str, text: str) -> None:
    """Writes one file into a tree, with the folders it needs."""
    file = tree / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def tool(name: str) -> str:
    """The path of a command that is installed beside the running Python."""
    return str(Path(sys.executable).parent / name)


def lint_imports(tree: Path) -> dict[str, str]:
    """Runs import-linter on a tree.

    Returns, for every broken contract's id, what the linter says about it. Fails the test when the linter
    itself fails.
    """
    environment = {**os.environ, "COLUMNS": "400", "NO_COLOR": "1"}
    run = subprocess.run(
        [tool("lint-imports"), "--no-cache"],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts: " in run.stdout, run.stdout + run.stderr
    broken = run.stdout.partition("Broken contracts")[2]
    assert (run.returncode != 0) == bool(broken), run.stdout + run.stderr
    names = {contract["name"]: contract["id"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
    said: dict[str, str] = {}
    contract_id = ""
    for line in broken.splitlines():
        contract_id = names.get(line.strip(), contract_id)
        said[contract_id] = said.get(contract_id, "") + line + "\n"
    said.pop("", None)
    return said


def ruff(tree: Path, *paths: str) -> list[tuple[str, str, str]]:
    """Runs ruff's rules on files of a tree, or on all of it: (file, rule, message) of each violation."""
    run = subprocess.run(
        [tool("ruff"), "check", "--no-cache", "--quiet", "--output-format=json", *(paths or (".",))],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in {0, 1}, run.stderr
    return [
        (Path(found["filename"]).relative_to(tree.resolve()).as_posix(), found["code"], found["message"])
        for found in json.loads(run.stdout)
    ]
