"""What ships: every file that the code reads at run time is in the wheel, and compose.yaml starts what there
is.
"""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.embedded.binaries import nats_server
from infra.nats import write_accounts
from infra.setting_rules import PREFIX, variable_of
from infra.settings import RULES
from tests.architecture.planting import ROOMS, ROOT, bare_tree, plant

DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = DOCUMENT["services"]
OURS = ["api", "cli", "maintenance", "projector", "reactions", "relay", "webhooks"]
BUILD = "import hatchling.build as b, sys; print(b.build_{kind}(sys.argv[1]))"


def built(tree: Path, kind: str) -> dict[str, str]:
    """The files in the wheel that the project's build makes of a tree, name to text; `kind` is wheel or
    editable.
    """
    run = subprocess.run(
        [sys.executable, "-c", BUILD.format(kind=kind), "dist"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
    )
    with zipfile.ZipFile(tree / "dist" / run.stdout.split()[-1]) as wheel:
        return {name: wheel.read(name).decode() for name in wheel.namelist()}


def test_tables_and_templates_ship_with_the_code(tmp_path: Path) -> None:
    tree = bare_tree(tmp_path)
    data = [
        "projections/heroics_wall/table.sql",
        "services/api/templates/book.html",
        "infra/event_store/log.sql",
    ]
    for path in data:
        plant(tree, path, "text\n")
    names = built(tree, "wheel")
    assert set(data) <= set(names)
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == set(ROOMS)


def test_an_editable_install_is_one_path_entry(tmp_path: Path) -> None:
    files = built(bare_tree(tmp_path), "editable")
    assert {name: text.strip() for name, text in files.items() if ".dist-info/" not in name} == {
        "_clienteling.pth": str(tmp_path)
    }


@pytest.mark.parametrize("name", ["api", "maintenance", "projector", "reactions", "relay", "webhooks"])
def test_compose_starts_every_service(name: str) -> None:
    assert COMPOSE[name]["command"] == ["serve", name]


@pytest.mark.parametrize("name", OURS)
def test_compose_sets_only_settings_that_exist(name: str) -> None:
    given = {variable for variable in COMPOSE[name]["environment"] if variable.startswith(PREFIX)}
    assert {"CLIENTELING_DATABASE_URL", "CLIENTELING_NATS_URL"} <= given
    assert given <= {variable_of(setting) for setting in RULES}


@pytest.mark.parametrize("name", OURS)
def test_the_api_of_a_container_stays_on_the_loopback_of_its_host(name: str) -> None:
    assert COMPOSE[name]["network_mode"] == "host"


def test_compose_opens_no_port_to_the_network() -> None:
    published = [port for service in COMPOSE.values() for port in service.get("ports", [])]
    assert len(published) > 0
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_compose_names_a_version_of_every_image() -> None:
    versioned = re.compile(r"^[a-z]+:\d+(\.\d+)*(-\w+)?$")
    assert [service["image"] for service in COMPOSE.values() if not versioned.match(service["image"])] == []


def test_compose_lets_nobody_onto_nats_without_a_key(tmp_path: Path) -> None:
    mounts = [
        volume.split(":")[:2] for name in (*OURS, "nats", "nats-keys") for volume in COMPOSE[name]["volumes"]
    ]
    (keys,) = {target for volume, target in mounts if volume == "nats-keys"}
    for name in OURS:
        assert COMPOSE[name]["environment"]["CLIENTELING_NATS_CREDENTIALS"] == keys
    assert COMPOSE["nats-keys"]["command"] == ["nats", "configure", "--to", keys]
    (config,) = COMPOSE["nats"]["configs"]
    file = tmp_path / config["target"].removeprefix("/")
    file.parent.mkdir(parents=True)
    file.write_text(DOCUMENT["configs"][config["source"]]["content"])
    write_accounts(tmp_path / keys.removeprefix("/"), ["billing"])
    run = subprocess.run([nats_server(), "-t", "-c", file], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
