"""What the layout of the house demands, as functions of a root folder: each returns what is wrong, one line
apiece.
"""

from collections.abc import Iterator
from pathlib import Path

from tests.architecture.planting import ROOMS

# What stands at the top, and what each folder must hold. A new name here is a decision: say why in docs/adr.
TOP_LEVEL = {
    "folders": {
        ".ci",
        "benchmarks",
        "contracts",
        "docs",
        "domain",
        "infra",
        "kits",
        "projections",
        "services",
        "tests",
        "toolchain",
    },
    "files": {
        ".dockerignore",
        ".gitattributes",
        ".gitignore",
        "CHANGELOG.md",
        "Dockerfile",
        "LICENSE",
        "Makefile",
        "README.md",
        "compose.yaml",
        "pyproject.toml",
        "requirements-dev.lock",
        "requirements.lock",
    },
}
DOMAIN_ROOM = {"__init__.py", "commands.py", "events.py", "state.py", "decisions.py", "policies.py"}
PROJECTION_ROOM = {"__init__.py", "table.sql", "fold.py", "queries.py"}
DOMAIN_ROOMS = {
    "associate",
    "commission_account",
    "customer",
    "heroic_act",
    "pay_period",
    "pay_question",
    "return_",
    "sale",
    "score_parameters",
    "service_standard",
    "stock_arrival",
    "store",
}


def packages_without_init(root: Path) -> list[str]:
    """Folders of the rooms that hold Python but no `__init__.py`: import-linter would skip them without a
    word.
    """
    wrong: set[str] = set()
    for room in ROOMS:
        for file in (root / room).rglob("*.py"):
            folder = file.parent
            while folder != root:
                if not (folder / "__init__.py").exists():
                    wrong.add(folder.relative_to(root).as_posix())
                folder = folder.parent
    return sorted(wrong)


def rooms_of(root: Path, floor: str) -> list[Path]:
    """The rooms on one floor: the folders directly below `domain` or `projections`."""
    return sorted(p for p in (root / floor).iterdir() if p.is_dir() and p.name != "__pycache__")


def rooms_furnished_otherwise(root: Path) -> list[str]:
    """Rooms that lack a file which every room of their kind has: knowing one room, you know all."""
    return [
        f"{room.relative_to(root).as_posix()} lacks {name}"
        for floor, furniture in (("domain", DOMAIN_ROOM), ("projections", PROJECTION_ROOM))
        for room in rooms_of(root, floor)
        for name in sorted(furniture)
        if not (room / name).exists()
    ]


def strangers_at_the_top(tracked: list[str]) -> list[str]:
    """Tracked files and folders at the top level that the layout does not know."""
    folders = {path.partition("/")[0] for path in tracked if "/" in path}
    files = {path for path in tracked if "/" not in path}
    return sorted((folders - TOP_LEVEL["folders"]) | (files - TOP_LEVEL["files"]))


def names_that_say_nothing(tracked: list[str]) -> Iterator[str]:
    """Modules named for what they are to the programmer and not for what is in them."""
    for path in tracked:
        if path.endswith(".py") and {"utils", "util", "helpers", "helper", "common", "misc"} & set(
            path.removesuffix(".py").split("/")
        ):
            yield path
