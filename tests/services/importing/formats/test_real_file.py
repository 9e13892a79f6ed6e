"""The public Online Retail file itself."""

import gzip
import itertools
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.return_.commands import AcceptReturn, MatchReturn
from domain.sale.commands import RecordSale
from infra.settings import Settings
from tests.services.importing.builders import REAL_FILE, House, dry_retail, import_retail, sum_of

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not REAL_FILE.is_file(), reason="../shared/data/online-retail is not here"),
]

PART_ROWS = 9_000
#: A process that imports, and that can be killed: what the command does, without its servers.
IMPORTING = """
import sys
from pathlib import Path
from infra.clock import SYSTEM_CLOCK
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.postgres import sync_pool
from infra.settings import Settings
from infra.vault import Vault, prepare_vault
from services.importing.pipeline.reconciliation import Reconciliation
from services.importing.pipeline.importer import Importer
from services.importing.formats.online_retail.reader import OnlineRetail

url, data_dir, path = sys.argv[1:]
settings = Settings(database_url=url, data_dir=Path(data_dir))
with EventLog(url) as log, sync_pool(settings, url, name="test") as pool:
    with pool.connection() as connection:
        vault = Vault(pool, prepare_vault(settings, connection))
    reconciliation = Reconciliation()
    source = OnlineRetail([Path(path)], 7, reconciliation)
    Importer(source, reconciliation, log).run(CommandHandler(log, vault, SYSTEM_CLOCK), batch_entries_max=20)
"""


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """The first rows of the file, which hold cancellations of earlier invoices."""
    path = tmp_path / "part.csv"
    with gzip.open(REAL_FILE, "rt", encoding="utf-8") as source, path.open("w", encoding="utf-8") as target:
        target.writelines(itertools.islice(source, PART_ROWS + 1))
    return path


@pytest.mark.slow
def test_the_sums_of_the_whole_file_reconcile_with_the_published_ones() -> None:
    commands, summary, reconciliation = dry_retail(REAL_FILE, associates=40)
    assert (summary.rows, summary.customers, reconciliation.problems) == (541_909, 4_372, [])
    assert (summary.sold_minor, summary.returned_minor, summary.rounding_minor) == (
        1_065_562_248,
        89_681_249,
        0,
    )
    assert {reason: (left.rows, left.amount_minor) for reason, left in summary.skipped.items()} == {
        "bad_debt_adjustment": (3, -1_106_206),
        "price_zero": (1_139, 0),
        "stock_write_off": (1_336, 0),
    }
    assert sum_of(summary) == 1_064_456_042 - 89_681_249
    kinds = Counter(type(command) for command in commands)
    assert (kinds[RecordSale], kinds[AcceptReturn], kinds[MatchReturn]) == (
        summary.sales,
        summary.returns,
        656,
    )


def test_a_part_of_it_stands_in_the_log_as_the_summary_says(house: House, part: Path) -> None:
    summary = import_retail(house, part, associates=7, batch=500)
    sales, returns = house.events("sale.recorded.v1"), house.events("return.accepted.v1")
    assert (len(sales), len(returns)) == (summary.sales, summary.returns)
    assert sum(sale.net_minor for sale in sales) == summary.sold_minor
    assert sum(back.refund_minor for back in returns) == summary.returned_minor
    owners = Counter(event.customer_id for event in house.events("customer.owner_assigned.v1"))
    assert len(owners) == summary.customers
    assert set(owners.values()) == {1}
    assert any(back.sale_id for back in returns)


def test_an_import_killed_in_the_middle_leaves_whole_entries_and_resumes(
    open_house: Callable[[], House], part: Path, settings: Settings
) -> None:
    whole, killed = open_house(), open_house()
    import_retail(whole, part, associates=7)
    for least in (50, 300):
        kill_once_there_are(least, killed, part, settings)
    again = import_retail(killed, part, associates=7)
    assert again.already_imported > 0
    assert killed.facts() == whole.facts()


def kill_once_there_are(least: int, house: House, part: Path, settings: Settings) -> None:
    """Start an import as a process of its own and kill -9 it once the log has so many facts."""
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORTING, house.url, str(settings.data_dir), str(part)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])},
    )
    deadline = time.monotonic() + 90
    while house.log.last_position() < least:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
