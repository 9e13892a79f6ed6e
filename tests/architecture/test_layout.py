"""The house is laid out as designed, and each demand is shown a tree that does not meet it."""

from pathlib import Path

import pytest

from tests.architecture.layout import (
    DOMAIN_ROOM,
    DOMAIN_ROOMS,
    PROJECTION_ROOM,
    names_that_say_nothing,
    packages_without_init,
    rooms_furnished_otherwise,
    rooms_of,
    strangers_at_the_top,
)
from tests.architecture.planting import PYPROJECT, ROOMS, ROOT, bare_tree, plant
from tests.architecture.tracked import tracked_files


def furnished_tree(target: Path) -> Path:
    """A tree in which every room of the domain and of the projections has its files."""
    tree = bare_tree(target)
    for floor, furniture in (("domain", DOMAIN_ROOM), ("projections", PROJECTION_ROOM)):
        for room in rooms_of(tree, floor):
            for name in furniture:
                plant(tree, f"{floor}/{room.name}/{name}", "")
    return tree


def test_every_folder_with_python_is_a_package() -> None:
    assert packages_without_init(ROOT) == []


@pytest.mark.parametrize("path", ["services/inventory/main.py", "domain/sale/deep/er/rules.py"])
def test_a_folder_without_init_is_found(tmp_path: Path, path: str) -> None:
    tree = bare_tree(tmp_path)
    plant(tree, path, "")
    assert str(Path(path).parent) in packages_without_init(tree)


def test_every_room_has_the_files_of_its_kind() -> None:
    assert rooms_furnished_otherwise(ROOT) == []


@pytest.mark.parametrize("missing", ["domain/sale/policies.py", "projections/heroics_wall/table.sql"])
def test_a_room_without_one_of_its_files_is_found(tmp_path: Path, missing: str) -> None:
    tree = furnished_tree(tmp_path)
    assert rooms_furnished_otherwise(tree) == []
    (tree / missing).unlink()
    folder, _, name = missing.rpartition("/")
    assert rooms_furnished_otherwise(tree) == [f"{folder} lacks {name}"]


def test_the_domain_has_the_rooms_of_the_design() -> None:
    assert {room.name for room in rooms_of(ROOT, "domain")} == DOMAIN_ROOMS


def test_the_packages_of_the_design_are_the_ones_that_ship() -> None:
    assert PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(ROOMS)
    assert PYPROJECT["tool"]["importlinter"]["root_packages"] == list(ROOMS)


def test_nothing_else_stands_at_the_top() -> None:
    assert strangers_at_the_top(tracked_files()) == []


def test_a_stranger_at_the_top_is_found() -> None:
    assert strangers_at_the_top(["domain/money.py", "scripts/run.sh", "notes.txt"]) == [
        "notes.txt",
        "scripts",
    ]


def test_every_module_is_named_for_what_is_in_it() -> None:
    assert list(names_that_say_nothing(tracked_files())) == []


def test_a_module_named_for_nothing_is_found() -> None:
    assert list(names_that_say_nothing(["infra/utils.py", "infra/clock.py", "infra/common/x.py"])) == [
        "infra/utils.py",
        "infra/common/x.py",
    ]
