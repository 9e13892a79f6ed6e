"""Every way back of the operator's guide, walked on real servers with the very commands that stand there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from domain.customer.commands import ForgetCustomer, RegisterCustomer
from infra.embedded import EmbeddedServers, NatsServer
from infra.runtime import open_runtime
from infra.settings import Settings
from projections.registry import ALL
from services.read_models.house_status import StatusDocument
from services.recovery.status import status_of
from tests.chaos.builders import REPOSITORY, until
from tests.services.cli.calling import NAME, said, sale, small_shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

GUIDE = REPOSITORY / "docs" / "operators-guide.md"
QUIET = {
    "CLIENTELING_API_PORT": "0",
    "CLIENTELING_RELAY_METRICS_PORT": "0",
    "CLIENTELING_PROJECTOR_METRICS_PORT": "0",
    "CLIENTELING_REACTIONS_METRICS_PORT": "0",
    "CLIENTELING_SERVICE_HEARTBEAT_SECONDS": "0.2",
    "CLIENTELING_LOG_LEVEL": "warning",
}


def commands_of(section: str) -> list[str]:
    """The commands of one section of the guide, as somebody would copy them."""
    parts = re.split(r"^## ", GUIDE.read_text(), flags=re.MULTILINE)
    [text] = [part for part in parts if part.partition("\n")[0] == section]
    return [line.strip() for line in text.splitlines() if line.startswith("    ")]


class Runtime:
    """A shop with servers of its own, services that run as processes, and a shell to type the guide's
    commands into.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(data_dir=folder / "data")
        self.servers = EmbeddedServers(self.settings)
        programs = Path(sys.executable).parent
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLIENTELING_")}
        self._environ = {
            **kept,
            **{name: value for name, value in QUIET.items() if name != "CLIENTELING_API_PORT"},
            "CLIENTELING_DATA_DIR": str(self.settings.data_dir),
            "CLIENTELING_BACKUP_DIR": str(folder / "backups"),
            "PATH": f"{programs}:{kept['PATH']}",
        }
        self._services: list[subprocess.Popen[bytes]] = []
        self.anna, self.clara = small_shop(self.settings, sales=5)

    def type(self, command: str) -> str:
        """One command in a shell; what it printed. It has to end with 0."""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self._environ,
            capture_output=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, (
            f"{command}\n{done.stdout.decode()[-2000:]}\n{done.stderr.decode()[-3000:]}"
        )
        return done.stdout.decode()

    def follow(self, section: str) -> None:
        """Type what the guide says."""
        commands = commands_of(section)
        assert commands
        for command in commands:
            self.type(command)

    def serve(self) -> None:
        for name in ("relay", "projector", "reactions"):
            with (self.folder / f"{name}.log").open("ab") as lines:
                self._services.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "services.cli.main", "serve", name],
                        cwd=REPOSITORY,
                        env=self._environ,
                        stdout=lines,
                        stderr=lines,
                    )
                )

    def stop(self) -> None:
        """In good order; the last one out stops the servers."""
        for process in self._services:
            process.terminate()
        for process in self._services:
            assert process.wait(40) == 0
        self._services.clear()

    def sell(self, sales: int = 3) -> int:
        """Sell on; where the log ends then."""
        said(self.settings, [sale(self.anna, self.clara) for _ in range(sales)])
        return self.end()

    def end(self) -> int:
        with open_runtime(self.settings) as shop:
            return shop.log.last_position()

    def status(self) -> StatusDocument:
        """What `projections status` says."""
        with open_runtime(self.settings) as shop:
            return status_of(shop, ALL)

    def is_well(self) -> bool:
        """Whether status would end with 0, and everything is at the end of the log."""
        try:
            status = self.status()
        except psycopg.Error:
            return False
        return (
            status.healthy
            and (status.relay or {}).get("position") == status.log_position
            and all(line.lag_events == 0 and line.generation > 0 for line in status.projections)
        )

    def all_is_as_if_nothing_had_happened(self) -> None:
        """The stream is the log, and so are the tables, after more was sold."""
        end = self.sell()
        until(self.is_well, within_seconds=90, tell=self.status)
        compared = msgspec.json.decode(self.type("clienteling events republish --json"))
        found = compared["found"]
        assert (found["missing"], found["foreign"], found["stream_position"]) == (0, 0, end)
        verified = msgspec.json.decode(self.type("clienteling projections verify --json"))
        assert {one["holds"] for one in verified} == {True}

    @property
    def nats(self) -> NatsServer:
        return self.servers.nats

    def move_to(self, data_dir: Path) -> None:
        """Work on another data directory from now on."""
        EmbeddedServers(self.settings).kill()
        self.settings = Settings(data_dir=data_dir)
        self.servers = EmbeddedServers(self.settings)
        self._environ["CLIENTELING_DATA_DIR"] = str(data_dir)
        self._environ["CLIENTELING_BACKUP_DIR"] += ".new"

    def close(self) -> None:
        for process in self._services:
            process.kill()
            process.wait()
        EmbeddedServers(self.settings).kill()


@pytest.fixture
def shop(folder: Path, put_house: Callable[[Path], None]) -> Iterator[Runtime]:
    """A shop whose services run and have caught up."""
    put_house(folder / "data")
    shop = Runtime(folder)
    try:
        shop.serve()
        until(shop.is_well, within_seconds=90, tell=shop.status)
        yield shop
    finally:
        shop.close()


def test_lost_projections_are_made_anew_while_the_services_run(shop: Runtime) -> None:
    shop.type('clienteling servers run psql --command="DROP SCHEMA projections CASCADE"')
    shop.follow("The projections are lost")
    until(shop.is_well, within_seconds=90, tell=shop.status)
    shop.all_is_as_if_nothing_had_happened()


def test_a_lost_nats_is_filled_again(shop: Runtime) -> None:
    shop.nats.kill()
    shop.nats.wipe()
    shop.sell()
    until(lambda: shop.nats.pid() is not None)
    shop.follow("NATS is gone, or its disk")
    lines = (shop.folder / "stream.jsonl").read_text().splitlines()
    assert len(lines) == shop.end()
    shop.all_is_as_if_nothing_had_happened()


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_stale_copy_of_nats_is_filled_from_where_it_ends(shop: Runtime, by_hand: bool) -> None:
    shop.stop()
    shutil.copytree(shop.nats.store, shop.folder / "store.old")
    shop.serve()
    shop.sell()
    until(shop.is_well, within_seconds=90, tell=shop.status)
    shop.stop()
    shutil.rmtree(shop.nats.store)
    shutil.copytree(shop.folder / "store.old", shop.nats.store)
    if by_hand:
        shop.follow("An old copy of NATS was put back")
    shop.serve()
    shop.all_is_as_if_nothing_had_happened()


def back_up(shop: Runtime) -> None:
    log, keys, master, base = commands_of("Backups")
    for command in (log, keys, master, base):
        shop.type(command)
    assert (shop.folder / "master.key").stat().st_size > 0
    # Apart from each other: the log's backup has no key, the keys' backup no fact.
    listed = {
        name: shop.type(f"clienteling servers run pg_restore --list {name}")
        for name in ("log.dump", "keys.dump")
    }
    assert "stored_events" in listed["log.dump"]
    assert "vault" not in listed["log.dump"]
    assert "stored_events" not in listed["keys.dump"]


def go_on_and_lose(shop: Runtime) -> int:
    """Back up, sell on until everything has it, and stop; where the stream ends."""
    back_up(shop)
    end = shop.sell()
    until(shop.is_well, within_seconds=90, tell=shop.status)
    shop.stop()
    return end


def test_a_log_restored_to_an_earlier_moment_goes_on_in_a_new_epoch(shop: Runtime) -> None:
    kept = shop.end()
    lost_to = go_on_and_lose(shop)
    shop.follow("The log was restored to an earlier moment")
    assert shop.end() == kept
    lost = [msgspec.json.decode(line) for line in (shop.folder / "lost.jsonl").read_bytes().splitlines()]
    assert [fact["clientelingposition"] for fact in lost] == list(range(kept + 1, lost_to + 1))
    shop.serve()
    shop.all_is_as_if_nothing_had_happened()


def test_services_that_are_started_too_early_after_a_restore_refuse_and_say_so(shop: Runtime) -> None:
    go_on_and_lose(shop)
    restore, _of_an_older_release, new_epoch, verify = commands_of(
        "The log was restored to an earlier moment"
    )
    shop.type(restore)
    shop.serve()
    until(lambda: (shop.status().relay or {}).get("refusing"))
    until(lambda: {line.other_history for line in shop.status().projections} == {True})
    assert not shop.status().healthy
    # The way back is refused while they run, and walked once they are stopped.
    with pytest.raises(AssertionError, match="stop every service first"):
        shop.type(new_epoch)
    shop.stop()
    shop.type(new_epoch)
    shop.serve()
    shop.type(verify)
    shop.all_is_as_if_nothing_had_happened()


def test_a_restored_key_store_gives_names_back_but_not_those_that_were_forgotten(shop: Runtime) -> None:
    go_on_and_lose(shop)
    forgotten = shop.clara
    said(shop.settings, [ForgetCustomer(customer_id=forgotten)])
    shop.type('clienteling servers run psql --command="TRUNCATE vault.keys"')
    shop.follow("The key store is lost, or was restored")
    assert NAME not in shop.type(f"clienteling events show --stream {forgotten} --open --json")
    assert "Anna Lindqvist" in shop.type(f"clienteling events show --stream {shop.anna} --open --json")
    [registered] = said(shop.settings, [RegisterCustomer(name="Rosa Marin")])
    shop.clara = registered["customer_id"]
    shop.serve()
    shop.all_is_as_if_nothing_had_happened()


def test_a_base_backup_brings_log_keys_and_tables_back(shop: Runtime) -> None:
    kept = shop.end()
    go_on_and_lose(shop)
    *put_back, verify = commands_of("PostgreSQL's files are lost, and there is a base backup")
    for command in put_back:
        shop.type(command)
    assert shop.end() == kept
    shop.serve()
    shop.type(verify)
    assert NAME in shop.type(f"clienteling events show --stream {shop.clara} --open --json")
    shop.all_is_as_if_nothing_had_happened()


def test_a_mistake_is_undone_to_the_commit_before_it(shop: Runtime) -> None:
    shop.type("clienteling backup")
    kept = shop.sell()
    [wrong] = said(shop.settings, [RegisterCustomer(name="By mistake")])
    end = shop.sell()
    until(shop.is_well, within_seconds=90, tell=shop.status)
    shop.stop()
    *way, verify = commands_of("A mistake is to be undone")
    # What the shell is told stays in the shell.
    shop.type(" && ".join(way).replace("48210", str(kept)))
    shop.move_to(shop.folder / "data.restored")
    assert shop.end() == kept
    lost = [msgspec.json.decode(line) for line in (shop.folder / "lost.jsonl").read_bytes().splitlines()]
    assert [fact["clientelingposition"] for fact in lost] == list(range(kept + 1, end + 1))
    assert wrong["customer_id"] in {fact["subject"] for fact in lost}
    shop.serve()
    shop.type(verify)
    assert NAME in shop.type(f"clienteling events show --stream {shop.clara} --open --json")
    shop.all_is_as_if_nothing_had_happened()
    shop.type("clienteling drill")
