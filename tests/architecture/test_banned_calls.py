"""Time, chance and the environment come in at three places only: each ban is shown a call that breaks it."""

from pathlib import Path

import pytest

from tests.architecture.planting import PYPROJECT, bare_tree, plant, ruff

LINT = PYPROJECT["tool"]["ruff"]["lint"]
BANNED = LINT["flake8-tidy-imports"]["banned-api"]

# What the ban is for, however it is written; the names of the configuration come from here, not the other way
# round.
CALLS = {
    "datetime.datetime.now": "import datetime\n\nNOW = datetime.datetime.now(datetime.UTC)\n",
    "datetime.datetime.utcnow": "from datetime import datetime\n\nNOW = datetime.utcnow()\n",
    "datetime.datetime.today": "from datetime import datetime as instant\n\nNOW = instant.today()\n",
    "datetime.date.today": "from datetime import date\n\nTODAY = date.today()\n",
    "time.time": "import time\n\nNOW = time.time()\n",
    "time.time_ns": "from time import time_ns\n\nNOW = time_ns()\n",
    "uuid.uuid1": "from uuid import uuid1\n\nNEW = uuid1()\n",
    "uuid.uuid4": "import uuid\n\nNEW = uuid.uuid4()\n",
    "uuid.uuid7": "import uuid\n\nNEW = uuid.uuid7()\n",
    "random": "from random import randint\n\nDICE = randint(1, 6)\n",
    "numpy.random": "import numpy as np\n\nDICE = np.random.default_rng()\n",
    "os.environ": "import os\n\nHOME = os.environ['HOME']\n",
    "os.getenv": "from os import getenv\n\nHOME = getenv('HOME')\n",
    "os.putenv": "import os\n\nos.putenv('HOME', 'here')\n",
}
WATCHED = [
    "domain/planted.py",
    "projections/planted.py",
    "services/cli/planted.py",
    "infra/planted.py",
    "toolchain/planted.py",
]
HOMES = ["infra/clock.py", "infra/ids.py", "infra/settings.py"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_tree(tmp_path_factory.mktemp("banned"))


@pytest.mark.parametrize("name", CALLS)
def test_a_banned_call_is_reported_in_every_room(tree: Path, name: str) -> None:
    for path in WATCHED:
        plant(tree, path, CALLS[name])
    reported = {
        path for path, rule, message in ruff(tree, *WATCHED) if rule == "TID251" and f"`{name}`" in message
    }
    assert reported == set(WATCHED)


@pytest.mark.parametrize("name", CALLS)
def test_clock_ids_and_settings_are_the_homes_of_what_is_banned(tree: Path, name: str) -> None:
    for path in HOMES:
        plant(tree, path, CALLS[name])
    assert not [found for found in ruff(tree, *HOMES) if found[1] == "TID251"]


def test_no_file_of_a_room_is_exempt_but_the_three_homes() -> None:
    exempt = {path for path, rules in LINT["per-file-ignores"].items() if "TID251" in rules}
    assert {path for path in exempt if not path.startswith(("tests/", "benchmarks/"))} == set(HOMES)


def test_the_tests_of_the_pure_rooms_are_watched_too(tree: Path) -> None:
    paths = ["tests/domain/test_planted.py", "tests/projections/test_planted.py"]
    for path in paths:
        plant(tree, path, CALLS["datetime.datetime.now"])
    assert {path for path, rule, _ in ruff(tree, *paths) if rule == "TID251"} == set(paths)


def test_the_bans_are_the_ones_shown_here() -> None:
    assert set(BANNED) == set(CALLS)


def test_a_relative_import_out_of_a_room_is_reported(tree: Path) -> None:
    plant(tree, "domain/planted.py", "from ..infra import clock\n\n__all__ = ['clock']\n")
    assert ("domain/planted.py", "TID252") in {found[:2] for found in ruff(tree, "domain/planted.py")}


def test_a_tree_that_plants_nothing_is_clean(tmp_path: Path) -> None:
    assert ruff(bare_tree(tmp_path)) == []
