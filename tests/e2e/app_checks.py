"""What holds of the app whatever it shows: the rules of axe-core, targets for a finger, nothing sideways."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / ".tools/axe/node_modules/axe-core/axe.min.js"
GRAVE = ("serious", "critical")
#: Links within a sentence are as high as its line (WCAG 2.5.8).
SMALL_TARGETS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((one) => one.checkVisibility() && !one.closest("p") && !one.matches(".skip"))
    .map((one) => [one, (one.closest("label") ?? one).getBoundingClientRect()])
    .filter(([, box]) => Math.min(box.width, box.height) < 43.5)
    .map(([one, box]) => `${one.outerHTML.slice(0, 120)} ${box.width} x ${box.height}`)"""
LOST_FOCUS = "document.activeElement === document.body"


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


def _broken(page: Page, options: dict[str, Any]) -> list[str]:
    found: dict[str, Any] = page.evaluate(
        "options => axe.run(document, {resultTypes: ['violations'], ...options})", options
    )
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def faults(page: Page) -> list[str]:
    """What is wrong with what the page shows now, in the light and in the dark, one line each."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_axe())
    broken = _broken(page, {})
    # Of the other theme only colours are another matter; they are not to be seen on their way to it.
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    broken += _broken(page, {"runOnly": ["color-contrast"]})
    page.emulate_media(color_scheme="light", reduced_motion=None)
    small = [f"too small for a finger: {one}" for one in page.evaluate(SMALL_TARGETS)]
    sideways = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    lost = page.evaluate(LOST_FOCUS)
    return [*broken, *small, *["it scrolls sideways"] * sideways, *["the focus is lost"] * lost]
