"""A house of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.house import House


@pytest.fixture
def house(folder: Path) -> Iterator[House]:
    """Nothing runs in it yet."""
    house = House(folder)
    yield house
    house.close()
