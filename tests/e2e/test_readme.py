"""What the README tells a newcomer to run does what it says."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.house import House

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.timeout(200)
def test_the_first_sale_of_the_readme_ends_in_annas_book(house: House) -> None:
    house.serve("api", "relay", "projector")
    house.until_up()
    script = ROOT / "docs/examples/first-sale.sh"
    done = subprocess.run(
        [script, f"http://127.0.0.1:{house.port}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "CLIENTELING_DATA_DIR": str(house.folder)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sold, book, ledger = (json.loads(line) for line in done.stdout.splitlines())
    shown = re.search(r'"position": (\d+), .*?"events": (\[.*?\])', README, re.S)
    assert shown is not None
    assert (sold["position"], sold["events"]) == (int(shown[1]), json.loads(shown[2]))
    assert [customer["name"] for customer in book["customers"]] == ["Clara Fontaine"]
    assert ledger["account"]["balances"] == {"USD": 675}


def test_every_file_that_the_readme_names_is_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    folders = re.findall(r"`((?:domain|projections|services|infra|toolchain)/[a-z_/]*)`", README)
    assert links
    assert [name for name in (*links, *folders) if not (ROOT / name).exists()] == []
