"""`clienteling book`, `ledger account` and `ledger statement` in the past, as they are typed."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.associate.commands import HireAssociate, PayPlan
from domain.commission_account.commands import IssueStatement
from domain.customer.commands import ForgetCustomer, ReassignOwner, RegisterCustomer
from domain.messages import Command
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod
from domain.sale.commands import LineToSell, RecordSale, Share
from infra.clock import SYSTEM_CLOCK
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.postgres import sync_pool
from infra.projection_store.heartbeats import ensure_catalog
from infra.settings import Settings
from infra.vault import Vault, prepare_vault
from projections.registry import ASSOCIATE_DIRECTORY
from services.cli.command_line import run
from services.projector.engine import LiveEngine

PLAN = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)


def on(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


class Told:
    """A shop whose history a test tells fact by fact."""

    def __init__(self, settings: Settings, log: EventLog, handler: CommandHandler) -> None:
        self._settings = settings
        self.log = log
        self._handler = handler
        self._commands = 0

    def then(self, command: Command) -> dict[str, Any]:
        self._commands += 1
        return dict(self._handler.handle(command, f"told-{self._commands}").ids)

    def directory(self) -> None:
        """Lets references be known."""

        async def live() -> None:
            engine = LiveEngine(ASSOCIATE_DIRECTORY, self._settings, self._settings.database_url or "")
            await engine.catch_up(self.log.last_position())
            await engine.close()

        ensure_catalog(self._settings, self._settings.database_url or "")
        asyncio.run(live())

    def sold(self, associate: str, customer: str, at: datetime, price_minor: int) -> int:
        share = Share(associate_id=associate)
        line = LineToSell(sku="S", quantity=1, unit_price_minor=price_minor, attribution=(share,))
        self.then(
            RecordSale(
                store_id="downtown", currency="USD", customer_id=customer, lines=(line,), occurred_at=at
            )
        )
        return self.log.last_position()


@pytest.fixture
def told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """The shop that the command line opens."""
    url = settings.database_url or ""
    monkeypatch.setenv("CLIENTELING_DATABASE_URL", url)
    monkeypatch.setenv("CLIENTELING_NATS_URL", settings.nats_url or "")
    monkeypatch.setenv("CLIENTELING_DATA_DIR", str(settings.data_dir))
    with EventLog(url) as log, sync_pool(settings, url, name="test") as pool:
        with pool.connection() as connection:
            vault = Vault(pool, prepare_vault(settings, connection))
        yield Told(settings, log, CommandHandler(log, vault, SYSTEM_CLOCK))


@pytest.fixture
def typed(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command line: exit code, standard output, standard error on one line."""

    def typed(*words: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = run([str(word) for word in words])
        out, err = capfd.readouterr()
        return code, out, " ".join(err.split())

    return typed


Typed = Callable[..., tuple[int, str, str]]


def hired(told: Told, **given: Any) -> str:
    return told.then(HireAssociate(store_id="downtown", plan=PLAN, hired_on=date(2025, 1, 1), **given))[
        "associate_id"
    ]


def names(typed: Typed, *words: object) -> list[str | None]:
    code, out, _ = typed("book", *words, "--json")
    assert code == 0
    return [customer["name"] for customer in json.loads(out)["customers"]]


def test_the_book_of_then_with_the_names_of_today(told: Told, typed: Typed) -> None:
    anna, ben = hired(told, reference="anna"), hired(told)
    clara, dora = [
        told.then(RegisterCustomer(name=name, occurred_at=on(1, 1)))["customer_id"]
        for name in ("Clara", "Dora")
    ]
    both = [told.sold(anna, customer, on(1, 10), 10_000) for customer in (clara, dora)][-1]
    told.then(ReassignOwner(customer_id=clara, associate_id=ben, occurred_at=on(2, 10)))
    told.then(ForgetCustomer(customer_id=dora))
    told.directory()
    assert names(typed, "anna") == [None]
    assert sorted(map(str, names(typed, "anna", "--as-of", "2026-02-09"))) == ["Clara", "None"]
    assert len(names(typed, anna, "--as-of-position", both)) == 2
    assert names(typed, anna, "--as-of-position", both, "--as-of", "2026-01-09") == []
    assert names(typed, ben, "--as-of", "2026-02-10T11:59:59Z") == []
    assert names(typed, ben, "--as-of", "2026-02-10T14:00:00+02:00") == ["Clara"]
    code, out, _ = typed("book", anna, clara, "--as-of", "2026-02-09", "--json")
    assert (code, json.loads(out)["summary"]["primary_owner"]) == (0, anna)
    code, out, _ = typed("book", anna, "--as-of", "2026-02-09")
    assert (code, "2 customers" in out, "forgotten" in out, "Clara" in out) == (0, True, True, True)
    code, out, _ = typed("book", anna, clara, "--as-of", "2026-02-09")
    assert (code, "100.00 USD" in out) == (0, True)
    code, out, err = typed("book", anna, clara)
    assert (code, out, "not in this book" in err) == (1, "", True)


def test_what_had_been_recorded_by_a_moment(told: Told, typed: Typed) -> None:
    anna = hired(told)
    clara, dora = (told.then(RegisterCustomer())["customer_id"] for _ in range(2))
    first = told.sold(anna, clara, on(1, 10), 10_000)
    told.sold(anna, dora, on(1, 10), 10_000)
    with told.log.connection() as connection:
        query = "SELECT recorded_at FROM stored_events WHERE notification_id = %s"
        recorded = connection.execute(query, (first,)).fetchone()["recorded_at"]
    moment, before = recorded.isoformat(), (recorded - timedelta(microseconds=1)).isoformat()
    assert len(names(typed, anna)) == 2
    assert len(names(typed, anna, "--as-of-recorded", moment)) == 1
    assert len(names(typed, anna, "--as-of-recorded", moment, "--as-of", "2026-01-09")) == 0
    assert len(names(typed, anna, "--as-of-recorded", before)) == 0
    assert len(names(typed, anna, "--as-of-recorded", "2020-01-01")) == 0
    code, out, _ = typed("ledger", "account", anna, "--as-of-recorded", before, "--json")
    assert (code, json.loads(out)["entries"]) == (0, [])
    code, out, _ = typed("score", "show", clara, "--as-of-recorded", moment, "--json")
    assert (code, json.loads(out)["as_of"][:10]) == (0, "2026-01-10")
    with told.log.connection() as connection:
        connection.execute("UPDATE stored_events SET recorded_at = NULL WHERE notification_id < %s", (first,))
    assert len(names(typed, anna, "--as-of-recorded", moment)) == 1
    code, out, err = typed("book", anna, "--as-of-recorded", "2020-01-01")
    assert (code, out, "without a time of recording; use --as-of-position" in err) == (1, "", True)


def test_the_account_and_the_statements_of_then(told: Told, typed: Typed) -> None:
    anna, clara = hired(told), told.then(RegisterCustomer())["customer_id"]
    for month, word in ((1, "P1"), (2, "P2")):
        told.then(
            OpenPayPeriod(period_id=word, starts_on=date(2026, month, 1), ends_on=date(2026, month, 28))
        )
        told.sold(anna, clara, on(month, 10), 100_000 * month)
        told.then(ClosePayPeriod(period_id=word))
        told.then(IssueStatement(associate_id=anna, period_id=word, occurred_at=on(month, 28)))
    issued = told.log.last_position()

    def account(*words: object) -> tuple[int, list[str]]:
        code, out, _ = typed("ledger", "account", anna, *words, "--json")
        found = json.loads(out)
        assert code == 0
        return found["account"]["balances"].get("USD", 0), [s["period_id"] for s in found["statements"]]

    assert account() == (0, ["P1", "P2"])
    assert account("--as-of", "2026-01-20") == (6_750, [])
    assert account("--as-of", "2026-02-20") == (13_500, ["P1"])
    # The last event of the second statement says that the period's statements have begun.
    assert account("--as-of-position", issued - 2) == (13_500, ["P1"])
    assert account("--as-of-position", 0) == (0, [])
    code, out, _ = typed("ledger", "account", anna, "--as-of", "2026-02-20")
    assert (code, "135.00 USD" in out, "P1" in out) == (0, True, True)

    def statement(*words: object) -> str:
        code, out, _ = typed("ledger", "statement", anna, *words, "--json")
        assert code == 0
        return json.loads(out)["period_id"]

    assert statement("--as-of", "2026-02-20") == "P1"
    assert statement("--as-of", "2026-03-01") == "P2"
    assert statement("P1", "--as-of", "2026-03-01") == "P1"
    code, out, err = typed("ledger", "statement", anna, "P2", "--as-of-position", issued - 2)
    assert (code, out, "had no statement for P2 by then" in err) == (1, "", True)


@pytest.mark.parametrize("words", [("book",), ("ledger", "account"), ("ledger", "statement")])
def test_a_past_that_is_none_is_said(told: Told, typed: Typed, words: tuple[str, ...]) -> None:
    anna = hired(told)
    tomorrow = (SYSTEM_CLOCK.now() + timedelta(days=1)).date()
    for past, code, says in (
        (("--as-of", tomorrow), 1, "has not come yet"),
        (("--as-of-position", 10**9), 1, "the log goes from position 0 to"),
        (("--as-of-position", -1), 1, "the log goes from position 0 to"),
        (("--as-of-recorded", tomorrow), 1, "has not come yet"),
        (("--as-of-recorded", "2026-02-30"), 2, "neither a date"),
        (("--as-of-recorded", "2026-01-01", "--as-of-position", 1), 2, "exclude each other"),
        (("--as-of", "Clara"), 2, "neither a date"),
        (("--as-of", "2026-02-30"), 2, "neither a date"),
        (("--as-of", "2026-02-20T10:00:00"), 2, "needs an offset"),
        (("--as-of", "0001-01-01T00:00:00+02:00"), 2, "neither a date"),
    ):
        found = typed(*words, anna, *past)
        assert (found[0], found[1]) == (code, "")
        assert says in found[2].replace("│ ", "")
    code, out, err = typed(*words, "nobody")
    assert (code, out, "nobody was hired as nobody" in err) == (1, "", True)
