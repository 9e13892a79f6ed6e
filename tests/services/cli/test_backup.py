"""What was put back is what was there, to the commit, and a damaged backup is told."""

import base64
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.customer.commands import ForgetCustomer, RegisterCustomer
from infra.embedded import EmbeddedServers
from infra.runtime import open_runtime
from infra.settings import Settings, environment_with
from projections.registry import ALL
from services.rebuild.rebuild import rebuild
from tests.chaos.builders import until
from tests.services.cli.calling import NAME, Call, calling, said, sale, small_shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def house(folder: Path, put_house: Callable[[Path], None]) -> Iterator[Settings]:
    """A house with servers of its own and tables, which runs as long as the test."""
    put_house(folder / "data")
    settings = Settings(data_dir=folder / "data", backup_dir=folder / "backups")
    with EmbeddedServers(settings, nats=False):
        yield settings


@pytest.fixture
def call(house: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    made = calling(house, monkeypatch, capsys)
    for name in ("CLIENTELING_DATABASE_URL", "CLIENTELING_NATS_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("CLIENTELING_BACKUP_DIR", str(house.backup_dir))
    return made


def built(settings: Settings) -> None:
    with open_runtime(settings) as shop:
        rebuild(shop.settings, shop.servers.database_url, ALL, lambda _done, _of: None, lambda _: None)


def end_of(data_dir: Path) -> int:
    with open_runtime(Settings(data_dir=data_dir)) as shop:
        return shop.log.last_position()


def followed(settings: Settings) -> None:
    """Let another process receive the write-ahead log until it has all of it, and end it."""
    given = {
        "CLIENTELING_DATA_DIR": str(settings.data_dir),
        "CLIENTELING_BACKUP_DIR": str(settings.backup_dir),
    }
    command = [sys.executable, "-m", "services.cli.main", "backup", "wal", "--follow"]
    with open_runtime(settings) as shop, subprocess.Popen(command, env=environment_with(given)) as following:
        until(lambda: shop.rows("SELECT FROM pg_replication_slots WHERE active"), within_seconds=60)
        ((end,),) = shop.rows("SELECT pg_current_wal_flush_lsn()::text")
        reached = "SELECT FROM pg_replication_slots WHERE restart_lsn >= %(end)s::pg_lsn"
        until(lambda: shop.rows(reached, {"end": end}), within_seconds=60)
        following.terminate()
        assert following.wait(30) == 143


def recorded_at(settings: Settings, position: int) -> datetime:
    with open_runtime(settings) as shop:
        query = "SELECT recorded_at FROM stored_events WHERE notification_id = %(position)s"
        return shop.rows(query, {"position": position})[0][0]


def test_a_backup_is_put_back_as_it_was_at_any_commit_since(
    house: Settings, call: Call, folder: Path
) -> None:
    anna, clara = small_shop(house)
    built(house)
    made = call("backup", "--json")
    assert made.code == 0, made.said
    assert made.document["position"] == end_of(house.data_dir)
    said(house, [sale(anna, clara)])
    before_the_mistake = end_of(house.data_dir)
    said(house, [RegisterCustomer(name="By mistake"), RegisterCustomer(name="Once more")])
    mistake = recorded_at(house, before_the_mistake + 1)
    # A backup of the changes alone, and what follows it in the archive.
    assert call("backup", "--incremental").code == 0
    said(house, [sale(anna, clara)])
    followed(house)
    end = end_of(house.data_dir)

    for name in "abc":
        # It is in no backup.
        shutil.copytree(house.data_dir / "vault", folder / name / "vault")
    by_position = call("restore", "--into", folder / "a", "--to", before_the_mistake, "--json")
    assert by_position.code == 0, by_position.said
    assert by_position.document["position"] == end_of(folder / "a") == before_the_mistake
    moment = (mistake - timedelta(microseconds=1)).isoformat()
    assert call("restore", "--into", folder / "b", "--to", moment).code == 0
    assert end_of(folder / "b") == before_the_mistake
    assert call("restore", "--into", folder / "c").code == 0
    assert end_of(folder / "c") == end

    with open_runtime(Settings(data_dir=folder / "c")) as shop:
        shown = [shop.vault.decrypt_document(one.state) for one in shop.log.read_stream(clara)]
    assert any(NAME.encode() in one for one in shown)


def test_what_cannot_be_put_back_is_said_and_nothing_is_written_over(
    house: Settings, call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "there is no backup" in call("drill").said
    assert "make a whole one first" in call("backup", "--incremental").said
    small_shop(house)
    first = end_of(house.data_dir)
    assert call("backup").code == 0
    for to, sentence in (
        (first - 1, "no backup"),
        (first + 1, f"ends at position {first}"),
        ((datetime.now(UTC) + timedelta(seconds=-1)).isoformat(), "no backup"),
    ):
        refused = call("restore", "--into", folder / "a", "--to", to)
        assert (refused.code, sentence in refused.said) == (1, True), refused.said
        assert not (folder / "a" / "embedded" / "postgres").exists()
    assert call("restore", "--into", folder / "a", "--to", "yesterday").code == 2
    assert call("restore", "--into", folder / "a").code == 0
    again = call("restore", "--into", folder / "a")
    assert (again.code, "already" in again.said) == (1, True)
    # What was put back has another history from here on: its backups do not mix with those.
    monkeypatch.setenv("CLIENTELING_DATA_DIR", str(folder / "a"))
    shutil.copytree(house.data_dir / "vault", folder / "a" / "vault")
    mixed = call("backup")
    assert (mixed.code, "name a new folder" in mixed.said) == (1, True)
    monkeypatch.delenv("CLIENTELING_BACKUP_DIR")
    assert "CLIENTELING_BACKUP_DIR" in call("backup").said


def test_a_drill_says_what_holds_and_what_was_damaged(
    house: Settings, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, clara = small_shop(house)
    built(house)
    assert call("backup").code == 0
    said(house, [sale(anna, clara)])
    assert call("backup", "wal").code == 0
    good = call("drill", "--json")
    assert good.code == 0, good.said
    told = good.document
    assert (told["names_open"], told["troubles"]) == (True, [])
    backups = Path(str(house.backup_dir))
    assert not (backups / ".drill").exists()
    [manifest] = backups.glob("*/manifest.json")
    kept = manifest.read_text()

    table = json.loads(kept)["projections"][0]
    for value in (json.loads(kept)["log_hash"], table["hash"]):
        manifest.write_text(manifest.read_text().replace(value, "0" * 64))
    told = call("drill").said
    assert "the log up to position" in told
    assert f"the tables of {table['name']}" in told
    manifest.write_text(kept)
    # Another master key than the one that wrapped these keys.
    monkeypatch.setenv("CLIENTELING_VAULT_KEY", base64.b64encode(bytes(32)).decode())
    assert "does not open with this master key" in call("drill").said
    monkeypatch.delenv("CLIENTELING_VAULT_KEY")
    needed = json.loads(kept)["wal_from"]
    (backups / f"wal/{needed}.gz").rename(backups / "elsewhere")
    assert f"lacks the segment {needed}" in call("drill").said
    (backups / "elsewhere").rename(backups / f"wal/{needed}.gz")
    # The last drill that held is the first one: those after it were told to be bad.
    assert call("drill").code == 0
    assert len((backups / "drills.jsonl").read_text().splitlines()) == 5
    files = [one for one in manifest.parent.glob("base/base/*/*") if one.stat().st_size > 100_000]
    for file in files:
        file.write_bytes(b"\xff" * file.stat().st_size)
    assert call("drill").code == 1
    listed = call("backup", "list", "--json").document
    assert listed["last_good_drill"]["troubles"] == []


def test_old_backups_go_with_what_nobody_needs_and_keys_with_the_archive(house: Settings, call: Call) -> None:
    _, clara = small_shop(house)
    for options in ((), ("--incremental",), ()):
        assert call("backup", *options).code == 0
        # Two of one second would have one name.
        time.sleep(1)
    ids = [one["backup_id"] for one in call("backup", "list", "--json").document["backups"]]
    said(house, [ForgetCustomer(customer_id=clara)])
    # The server keeps for the archive what has the key.
    waiting = call("customers", "erase", "--json")
    assert (waiting.code, waiting.document["traces_erased"]) == (1, False)
    assert call("backup", "wal").code == 0
    assert call("customers", "erase").code == 0
    assert call("backup", "prune", "--keep", 2, "--yes", "--json").document == {"removed": []}
    assert call("backup", "prune", "--keep", 1).code == 1
    assert call("backup", "prune", "--keep", 1, "--yes", "--json").document == {"removed": ids[:2]}
    assert len(list(Path(str(house.backup_dir), "wal").glob("*.gz"))) < 4
    assert call("drill").code == 0
