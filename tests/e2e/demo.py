"""The demo as a process, and a browser in front of it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import psycopg
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from infra.embedded import EmbeddedServers, ensure_servers
from infra.settings import Settings
from tests.e2e.app_checks import faults
from tests.ports import free_port
from tests.services.unreadable_events import append_unreadable

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PHONE: Any = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK: Any = {"viewport": {"width": 1280, "height": 900}}
SIZES = {"phone": PHONE, "desk": DESK}
#: What a browser says of an answer that the app expects: nobody is signed in yet, the link is cut.
EXPECTED = re.compile(r"401 \(Unauthorized\)|ERR_INTERNET_DISCONNECTED")


class Demo:
    """`clienteling demo` in a folder of its own, once the season is played."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        port = free_port()
        self.address = f"http://localhost:{port}"
        variables = {"CLIENTELING_DATA_DIR": str(folder), "CLIENTELING_API_PORT": str(port)}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CLIENTELING_")}
        self.log = folder / "demo.out"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-m", "services.cli.main", "demo"],
                env={**kept, **variables}, stdout=output, stderr=output,
            )  # fmt: skip

    def __enter__(self) -> Self:
        deadline = time.monotonic() + 300
        while "The app is open" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
            EmbeddedServers(Settings(data_dir=self.folder)).kill()

    @contextmanager
    def unreadable(self, topic: str) -> Generator[Callable[[], None]]:
        """An event like the newest of its topic that nobody can read until this mends it."""
        settings = Settings(data_dir=self.folder)
        with ensure_servers(settings) as servers, psycopg.connect(servers.database_url) as connection:
            connection.autocommit = True
            query = "SELECT originator_id, state FROM stored_events WHERE topic = %s ORDER BY notification_id"
            stream_id, state = connection.execute(query, (topic,)).fetchall()[-1]
            settings = replace(settings, database_url=servers.database_url)
            position = append_unreadable(settings, stream_id, topic)
            update = "UPDATE stored_events SET state = %s WHERE notification_id = %s"
            yield lambda: connection.execute(update, (state, position)) and None


class Person:
    """A browser of one person; what it complains of is kept in `complaints`."""

    def __init__(self, browser: Browser, address: str, size: str = "desk", **options: Any) -> None:
        given: dict[str, Any] = {"locale": "en-US", "base_url": address, **SIZES[size], **options}
        self.context: BrowserContext = browser.new_context(**given)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda one: self._complain(one.text) if one.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _complain(self, text: str) -> None:
        if not EXPECTED.search(text):
            self.complaints.append(text)

    def sign_in(self, role: str, name: str = "", store: str = "") -> Page:
        """Sign in as somebody of the demo: the first of a role whose button has this name and store."""
        self.page.goto("/")
        people = self.page.get_by_role("region", name=role, exact=True).get_by_role("button")
        people.filter(has_text=name).filter(has_text=store).first.click()
        expect(self.page.get_by_role("navigation", name="Screens")).to_be_visible()
        return self.page

    def open(self, screen: str) -> Page:
        """Open a screen by the navigation."""
        self.page.get_by_role("navigation", name="Screens").get_by_role("link", name=screen).click()
        expect(self.page.get_by_role("heading", level=1, name=screen)).to_be_focused()
        return self.page

    def part(self, title: str) -> Locator:
        """The part of a screen that has this heading."""
        heading = self.page.get_by_role("heading", level=2, name=title, exact=True)
        return self.page.locator("section").filter(has=heading)

    def check(self) -> None:
        """What is shown now is whole, and has no fault that matters."""
        expect(self.page.get_by_text("Loading…")).to_have_count(0)
        expect(self.page.get_by_role("alert")).to_have_count(0)
        found = faults(self.page)
        assert not found, "\n".join([self.page.url, *found])

    def close(self) -> None:
        """Close the browser; it complained of nothing."""
        self.context.close()
        assert not self.complaints, self.complaints
