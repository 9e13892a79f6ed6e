"""One walk through everything, as separate processes on servers they start themselves: sell, return, read, forget, restart."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.embedded import EmbeddedServers
from infra.settings import Settings
from projections.registry import BY_NAME

UP_SECONDS = 60


class House:
    """The services of one data directory, each a process of its own, and the command line on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CLIENTELING_")},
            "CLIENTELING_DATA_DIR": str(folder),
            "CLIENTELING_API_PORT": str(self.port),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)

    def serve(self, *services: str) -> None:
        """Start services."""
        for service in services:
            with (self.folder / f"{service}.out").open("ab") as lines:
                self.processes[service] = subprocess.Popen(
                    self._command("serve", service), env=self._environment, stdout=lines, stderr=lines
                )

    def kill(self, *services: str) -> None:
        """Kill services as `kill -9` does."""
        for service in services:
            self.processes[service].kill()
            self.processes.pop(service).wait()

    def run(self, *arguments: str) -> tuple[int, Any]:
        """Exit code and JSON document of one command line."""
        done = subprocess.run(
            self._command(*arguments, "--json"),
            check=False,
            env=self._environment,
            capture_output=True,
            timeout=100,
        )
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr.decode()

    def until_up(self) -> None:
        """Wait until the API answers."""
        deadline = time.monotonic() + UP_SECONDS
        while True:
            try:
                if self.client.get("/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def post(self, command: str, key: str, **body: Any) -> dict[str, Any]:
        """The answer to a command."""
        answer = self.client.post(f"/v1/commands/{command}", json=body, headers={"Idempotency-Key": key})
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def get(self, path: str, at_least: int) -> Any:
        """What a reader is answered once this position is folded."""
        deadline = time.monotonic() + UP_SECONDS
        while True:
            answer = self.client.get(path, params={"at_least": at_least})
            if answer.status_code == 200:
                return answer.json()
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)

    def close(self) -> None:
        """Stop everything."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait(30)
        self.client.close()
        EmbeddedServers(Settings(data_dir=self.folder)).kill()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "services.ops.main", *arguments]


@pytest.fixture
def house(folder: Path) -> Iterator[House]:
    """A house of the test's own."""
    house = House(folder)
    yield house
    house.close()


@pytest.mark.timeout(300)
def test_the_whole_path_over_processes_that_are_killed_in_between(house: House) -> None:
    house.serve("api", "relay", "projector")
    house.until_up()
    plan = {"currency": "USD", "base_rate_minor": 800, "rate_bp": 675}
    anna = house.post("hire-associate", "anna", name="Anna Lindqvist", store_id="downtown", plan=plan)["ids"][
        "associate_id"
    ]
    clara = house.post("register-customer", "clara", name="Clara Fontaine")["ids"]["customer_id"]
    line = {"sku": "S1", "quantity": 3, "unit_price_minor": 1_000, "attribution": [{"associate_id": anna}]}
    sale = {"customer_id": clara, "store_id": "downtown", "currency": "USD", "lines": [line]}
    sold = house.post("record-sale", "sale", **sale)
    assert sold["events"] == [
        "sale.recorded.v1",
        "customer.owner_assigned.v1",
        "commission_account.earned.v1",
    ]

    book = house.get(f"/v1/associates/{anna}/book", sold["position"])
    assert [(c["name"], c["net_spend_minor"]) for c in book["customers"]] == [("Clara Fontaine", 3_000)]

    # Everything that carries and folds is killed; writing goes on, and nothing is lost or doubled.
    house.kill("relay", "projector")
    house.post(
        "accept-return",
        "return",
        sale_id=sold["ids"]["sale_id"],
        store_id="downtown",
        lines=[{"line_no": 1, "quantity": 1}],
    )
    house.kill("api")
    house.serve("api", "relay", "projector")
    house.until_up()
    assert house.post("record-sale", "sale", **sale) == {**sold, "replayed": True}
    last = house.post("add-note", "note", customer_id=clara, text="likes blue")["position"]
    ledger = house.get(f"/v1/associates/{anna}/ledger", last)
    assert ledger["account"]["balances"] == {"USD": 203 - 68}
    assert sum(entry["amount_minor"] for entry in ledger["entries"]) == 0
    book = house.get(f"/v1/associates/{anna}/book", last)
    assert [c["net_spend_minor"] for c in book["customers"]] == [2_000]

    code, status = house.run("projections", "status")
    assert (code, status["healthy"]) == (0, True), status
    # One that had nothing to fold since its start is still starting.
    assert {one["doing"] for one in status["projections"]} <= {"starting", "following"}
    assert [one["lag_events"] for one in status["projections"]] == [0] * len(BY_NAME)
    code, verified = house.run("projections", "verify")
    assert (code, {one["holds"] for one in verified}) == (0, {True})
    forgotten = house.run("customers", "forget", clara)
    assert forgotten[0] == 0
    book = house.get(f"/v1/associates/{anna}/book", forgotten[1]["position"])
    assert [(c["name"], c["net_spend_minor"]) for c in book["customers"]] == [(None, 2_000)]
