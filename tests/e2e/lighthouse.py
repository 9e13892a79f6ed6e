"""`make lighthouse`: accessibility and performance of each screen, on a telephone and on a desk.

Prints a table; ends with 1 where a figure is below what is asked for.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import BrowserContext, expect, sync_playwright

from tests.e2e.demo import Demo
from tests.node import NODE
from tests.ports import free_port

CLI: Final = Path(__file__).parents[2] / ".tools/lighthouse/node_modules/lighthouse/cli/index.js"
#: The least of each category, in per cent.
LEAST: Final = {"accessibility": 100, "performance": 95}
SIZES: Final = {"phone": [], "desk": ["--preset=desktop"]}
SCREENS: Final = {
    "Associate": ("today", "book", "sell", "pay", "heroics"),
    "Manager": ("team",),
    "Payroll": ("payroll",),
    "Operations": ("house",),
}
#: Figures of a machine that does something else vary: the best of so many runs counts.
TRIES: Final = 3


def main() -> int:
    """Measure every screen."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.stderr.write("`make lighthouse` needs Chromium on PATH\n")
        return 1
    port, below = free_port(), 0
    with tempfile.TemporaryDirectory() as folder, Demo(Path(folder)) as demo, sync_playwright() as playwright:
        Path(folder).chmod(0o755)
        for role, screens in SCREENS.items():
            context = playwright.chromium.launch_persistent_context(
                f"{folder}/{role}", executable_path=chromium, base_url=demo.address,
                args=["--no-sandbox", f"--remote-debugging-port={port}"],
            )  # fmt: skip
            _sign_in(context, role)
            for screen in screens:
                for size, options in SIZES.items():
                    found = _best(f"{demo.address}/app/{screen}", port, options)
                    below += any(found[name] < least for name, least in LEAST.items())
                    said = "  ".join(f"{name} {found[name]:3}" for name in LEAST)
                    sys.stdout.write(f"{screen:8}  {size:5}  {said}\n")
                    sys.stdout.flush()
            context.close()
    return 1 if below else 0


def _sign_in(context: BrowserContext, role: str) -> None:
    page = context.pages[0]
    page.goto("/")
    page.get_by_role("region", name=role, exact=True).get_by_role("button").first.click()
    expect(page.get_by_role("navigation", name="Screens")).to_be_visible()


def _best(address: str, port: int, options: list[str]) -> dict[str, int]:
    best = dict.fromkeys(LEAST, 0)
    for _ in range(TRIES):
        best = {name: max(best[name], value) for name, value in _measured(address, port, options).items()}
        if all(best[name] >= least for name, least in LEAST.items()):
            break
    return best


def _measured(address: str, port: int, options: list[str]) -> dict[str, int]:
    command = [
        str(NODE), str(CLI), address, f"--port={port}", "--disable-storage-reset", "--quiet",
        f"--only-categories={','.join(LEAST)}", "--output=json", *options,
    ]  # fmt: skip
    run = subprocess.run(command, capture_output=True, check=True)
    report: dict[str, Any] = json.loads(run.stdout)
    assert report["finalDisplayedUrl"] == address, report["finalDisplayedUrl"]
    for audit in report["audits"].values():
        if audit["score"] == 0 and audit["scoreDisplayMode"] == "binary":
            sys.stderr.write(f"  {audit['id']}: {audit['title']}\n")
    return {name: round(report["categories"][name]["score"] * 100) for name in LEAST}


if __name__ == "__main__":
    sys.exit(main())
