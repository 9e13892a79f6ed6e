"""Pictures of the app's screens for the README."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Begin
from tests.e2e.demo import CHROMIUM

#: Where they are kept, when somebody wants them (from the root).
PICTURES = os.environ.get("PICTURES_FOLDER")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.mark.skipif(PICTURES is None, reason="PICTURES_FOLDER says where pictures are kept")
def test_the_screens_of_the_readme_are_pictured(begin: Begin) -> None:
    folder = Path(str(PICTURES))
    folder.mkdir(parents=True, exist_ok=True)
    person = begin("phone", device_scale_factor=1.5)
    page = person.sign_in("Associate", "Ruth Saito")
    for screen in ("Today", "Book", "Pay"):
        person.open(screen)
        expect(page.get_by_text("Loading…")).to_have_count(0)
        page.screenshot(path=folder / f"{screen.lower()}.png")
    person = begin("desk", color_scheme="dark", viewport={"width": 1100, "height": 700})
    person.sign_in("Manager", store="downtown")
    page = person.open("Team")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    page.screenshot(path=folder / "team.png")
    assert all(one.stat().st_size < 150_000 for one in folder.iterdir())
