"""Rebuilding while the shop is open: the same rows as live, switched at once, stopped cleanly, undone."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from benchmarks.history import grow
from benchmarks.memory import PeakMemory
from domain.customer.commands import AddNote
from infra.postgres import LockHeld, connect, hold_lock
from infra.settings import Settings
from projections.registry import ALL, BY_NAME
from services.projector.poison_event import PoisonEvent
from services.rebuild.build import PROCESS_MB, plan_parts
from services.rebuild.partial_rebuild import keys_of_period, rebuild_keys
from services.rebuild.rebuild import NothingToGoBackTo, rebuild, roll_back
from services.rebuild.trial import GenerationWrong
from services.rebuild.verify import verify
from tests.services.rebuild.conftest import ShopWithHistory

Quietly = Callable[..., None]

#: So many have more bytes than there is room for sorting in the least setting.
FACTS = 60_000
SORTED_ON_DISK = (
    "SELECT count(*) FROM pg_ls_tmpdir() AS file JOIN pg_stat_activity AS process "
    "ON file.name LIKE 'pgsql_tmp' || process.pid || '.%%' WHERE application_name = 'clienteling rebuild "
    "scan'"
)
A_ROW = "SELECT key FROM projections.clientele_book ORDER BY key LIMIT 1"


def test_live_equals_rebuilt_byte_for_byte(shop: ShopWithHistory, quietly: Quietly) -> None:
    before = shop.tables()
    rebuilt = rebuild(shop.settings, shop.url, ALL, quietly, quietly)
    assert {one.name: one.generation for one in rebuilt} == dict.fromkeys(BY_NAME, 2)
    assert shop.tables() == before
    assert sum(bool(rows) for rows in before.values()) >= 7, "views without rows prove nothing"


def test_the_live_engine_goes_on_with_the_new_generation(shop: ShopWithHistory, quietly: Quietly) -> None:
    rebuild(shop.settings, shop.url, ALL, quietly, quietly)
    customer_id = shop.query(A_ROW)[0][0]
    shop.handler.handle(AddNote(customer_id=customer_id, text="likes the new rows"), "note")
    shop.live()
    assert all(one.holds for one in verify(shop.settings, shop.url, ALL, quietly, quietly))


def test_a_rebuild_catches_up_with_what_was_written_meanwhile(
    shop: ShopWithHistory, quietly: Quietly
) -> None:
    customer_id = shop.query(A_ROW)[0][0]
    book = BY_NAME["clientele_book"]

    def write_while_building(message: str) -> None:
        if "rows up to" in message:
            shop.handler.handle(AddNote(customer_id=customer_id, text="meanwhile"), "meanwhile")
            shop.live()

    rebuild(shop.settings, shop.url, [book], quietly, write_while_building)
    position = shop.log.last_position()
    assert shop.query("SELECT position FROM projections.clientele_book WHERE key = %s", customer_id) == [
        (position,)
    ]


def test_going_back_serves_the_generation_before_caught_up(shop: ShopWithHistory, quietly: Quietly) -> None:
    book = BY_NAME["clientele_book"]
    rebuild(shop.settings, shop.url, [book], quietly, quietly)
    customer_id = shop.query(A_ROW)[0][0]
    shop.handler.handle(AddNote(customer_id=customer_id, text="after the switch"), "note")
    shop.live()
    expected = shop.tables()
    assert roll_back(shop.settings, shop.url, book) == 1
    assert shop.tables() == expected
    assert shop.query(
        "SELECT generation FROM projections.generations WHERE name = %s AND status = 'active'", book.name
    ) == [(1,)]


def test_without_an_earlier_generation_there_is_no_going_back(shop: ShopWithHistory) -> None:
    with pytest.raises(NothingToGoBackTo, match="heroics_wall"):
        roll_back(shop.settings, shop.url, BY_NAME["heroics_wall"])


def test_a_second_rebuild_is_told_who_holds_it(shop: ShopWithHistory, quietly: Quietly) -> None:
    with (
        hold_lock(shop.settings, shop.url, "rebuild of clientele_book"),
        pytest.raises(LockHeld, match=f"process {os.getpid()}"),
    ):
        rebuild(shop.settings, shop.url, [BY_NAME["clientele_book"]], quietly, quietly)


@pytest.mark.parametrize("processes", [0, 2], ids=["in this process", "in two of its own"])
def test_a_rebuild_stops_at_an_event_it_cannot_fold_and_leaves_the_tables_alone(
    processes: int, shop: ShopWithHistory, quietly: Quietly
) -> None:
    position, key = shop.query(
        "SELECT notification_id, customer_id FROM stored_events WHERE topic = 'customer.note_added.v1' LIMIT "
        "1"
    )[0]
    before = shop.tables()
    shop.query(
        "UPDATE stored_events SET state = convert_to('{\"broken\"', 'UTF8') WHERE notification_id = %s",
        position,
    )
    settings = dataclasses.replace(shop.settings, rebuild_processes=processes)
    with pytest.raises(PoisonEvent) as poison:
        rebuild(settings, shop.url, [BY_NAME["clientele_book"]], quietly, quietly)
    assert (poison.value.position, poison.value.key) == (position, key)
    assert shop.tables() == before
    assert shop.query("SELECT count(*) FROM projections.generations WHERE name = 'clientele_book'") == [(1,)]


def test_more_and_smaller_parts_end_in_the_same_tables(shop: ShopWithHistory, quietly: Quietly) -> None:
    before = shop.tables()
    narrow = Settings(
        database_url=shop.url,
        nats_url=shop.settings.nats_url,
        data_dir=shop.settings.data_dir,
        rebuild_processes=3,
    )
    rebuild(narrow, shop.url, ALL, quietly, quietly)
    assert shop.tables() == before


def test_what_postgres_sorts_in_and_the_processes_stay_within_the_memory_setting(settings: Settings) -> None:
    def sorting_mb(memory_mb: int, processes: int) -> list[int]:
        narrow = dataclasses.replace(settings, rebuild_memory_mb=memory_mb, rebuild_processes=processes)
        return [
            part.sort_mb for part in plan_parts(narrow, [BY_NAME["clientele_book"]], {"clientele_book": 2}, 1)
        ]

    assert len(sorting_mb(1_024, 4)) == 4
    for memory_mb, processes in ((128, 1), (128, 16), (1_024, 2), (4_096, 2), (4_096, 64)):
        each = sorting_mb(memory_mb, processes)
        assert sum(each) + len(each) * PROCESS_MB <= memory_mb
    assert sum(sorting_mb(4_096, 2)) > sum(sorting_mb(1_024, 2))


@pytest.mark.slow
def test_a_history_that_does_not_fit_in_the_memory_setting_is_sorted_on_disk(
    shop: ShopWithHistory, quietly: Quietly
) -> None:
    grow(shop.settings, shop.log.last_position(), FACTS, quietly)
    shop.live()
    before = shop.tables()
    narrow = dataclasses.replace(shop.settings, rebuild_memory_mb=128)
    on_disk: set[int] = set()
    with PeakMemory(shop.url) as peak:
        rebuild(narrow, shop.url, ALL, lambda *_: on_disk.add(shop.query(SORTED_ON_DISK)[0][0]), quietly)
    assert shop.tables() == before
    assert peak.mb <= narrow.rebuild_memory_mb
    assert max(on_disk) > 0, "everything found room"


def test_readers_meet_neither_an_error_nor_a_half_filled_table(
    shop: ShopWithHistory, quietly: Quietly
) -> None:
    rows = len(shop.query("SELECT 1 FROM projections.clientele_book"))
    seen: set[int] = set()
    errors: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        with connect(shop.settings, shop.url, name="reader") as connection:
            while not done.is_set():
                try:
                    found = connection.execute("SELECT count(*) FROM projections.clientele_book").fetchone()
                    seen.add(found[0] if found else -1)
                except psycopg.Error as error:
                    errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(2):
        rebuild(shop.settings, shop.url, [BY_NAME["clientele_book"]], quietly, quietly)
    done.set()
    reader.join()
    assert (seen, errors) == ({rows}, [])


def test_a_killed_rebuild_leaves_the_tables_and_the_next_one_begins_cleanly(
    shop: ShopWithHistory, quietly: Quietly
) -> None:
    before = shop.tables()
    program = (
        "import sys, time\n"
        "from infra.settings import Settings\nfrom pathlib import Path\n"
        "from projections.registry import ALL\nfrom services.rebuild.rebuild import rebuild\n"
        "if __name__ == '__main__':\n"
        "    settings = Settings(database_url=sys.argv[1], nats_url=sys.argv[2], "
        "data_dir=Path(sys.argv[3]), rebuild_processes=2)\n"
        "    def say(message):\n        print(message, flush=True)\n        time.sleep(60)\n"
        "    rebuild(settings, sys.argv[1], ALL, lambda *_: None, say)\n"
    )
    script = shop.settings.data_dir / "killed.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(program)
    arguments = [shop.url, shop.settings.nats_url or "", str(shop.settings.data_dir)]
    killed = subprocess.Popen(
        [sys.executable, str(script), *arguments],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert killed.stdout is not None
    assert b"rows up to" in killed.stdout.readline()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert shop.tables() == before
    _until_unlocked(shop)
    rebuild(shop.settings, shop.url, ALL, quietly, quietly)
    assert shop.tables() == before
    assert shop.query(
        "SELECT count(*) FROM projections.generations WHERE status IN ('building', 'ready')"
    ) == [(0,)]


def test_a_generation_that_does_not_say_what_history_says_is_not_put_into_service(
    shop: ShopWithHistory, quietly: Quietly
) -> None:
    before = shop.tables()

    def damage(*_: int) -> None:
        shop.query("UPDATE projections.associate_directory_g2 SET position = position + 1")

    with pytest.raises(GenerationWrong, match="generation 2 of associate_directory differs from its history"):
        rebuild(shop.settings, shop.url, [BY_NAME["associate_directory"]], damage, quietly)
    assert shop.tables() == before
    assert shop.query("SELECT to_regclass('projections.associate_directory_g2')") == [(None,)]


def test_one_customer_one_associate_and_one_period_are_made_anew_in_place(shop: ShopWithHistory) -> None:
    expected = shop.tables()
    customer_id = shop.query(A_ROW)[0][0]
    account = shop.query(
        "SELECT key FROM projections.commission_ledger WHERE associate_id IS NOT NULL LIMIT 1"
    )[0][0]
    shop.query("UPDATE projections.clientele_book_g1 SET visits = visits + 1 WHERE key = %s", customer_id)
    shop.query("DELETE FROM projections.commission_ledger_g1_postings WHERE key = %s", account)
    assert shop.tables() != expected
    assert rebuild_keys(shop.settings, shop.url, BY_NAME["clientele_book"], [customer_id]) == 1
    ledger = BY_NAME["commission_ledger"]
    in_period = keys_of_period(shop.settings, shop.url, "P01")
    assert account in in_period
    assert rebuild_keys(shop.settings, shop.url, ledger, in_period) == len(in_period)
    assert shop.tables() == expected


def _until_unlocked(shop: ShopWithHistory) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if shop.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]:
            return
        time.sleep(0.05)
    raise AssertionError("PostgreSQL has not noticed that the rebuild was killed")
