"""A house of the test's own; and the demo, for the tests of a module, with browsers in front of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.demo import CHROMIUM, Demo, Person
from tests.e2e.house import House

Begin = Callable[..., Person]


@pytest.fixture
def house(folder: Path) -> Iterator[House]:
    """Nothing runs in it yet."""
    house = House(folder)
    yield house
    house.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    for parent in (folder, *folder.parents[:3]):
        parent.chmod(0o755)
    with Demo(folder) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def begin(browser: Browser, demo: Demo) -> Iterator[Begin]:
    begun: list[Person] = []

    def begin(size: str = "desk", **options: Any) -> Person:
        begun.append(Person(browser, demo.address, size, **options))
        return begun[-1]

    yield begin
    for person in begun:
        person.close()
