"""The command line as it is called, in this process, on the servers of a test; and a small shop to call it
on.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
import pytest

from domain.associate.commands import HireAssociate, PayPlan
from domain.customer.commands import AddNote, RegisterCustomer
from domain.messages import Command
from domain.sale.commands import LineToSell, RecordSale, Share
from infra.ids import new_id
from infra.runtime import open_runtime
from infra.settings import Settings
from services.cli.command_line import run
from services.cli.output import out
from services.cli.republishing import fill

NAME = "Clara Fontaine"
NOTE = "asks for the blue suede one"


@dataclass(frozen=True)
class Called:
    """What came of a command line; `said` is its standard error in one line."""

    code: int
    out: str
    said: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return msgspec.json.decode(self.out)


Call = Callable[..., Called]


def calling(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """A function that runs command lines on a test's servers."""
    monkeypatch.setenv("CLIENTELING_DATABASE_URL", str(settings.database_url))
    monkeypatch.setenv("CLIENTELING_NATS_URL", str(settings.nats_url))
    monkeypatch.setenv("CLIENTELING_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("CLIENTELING_LOG_LEVEL", "error")
    # Tables and errors are as wide as the terminal, of which a test's worker has none.
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setattr(out, "_width", 240)
    monkeypatch.setattr(out, "_height", 50)

    def call(*arguments: object) -> Called:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Called(code, captured.out, " ".join(captured.err.split()))

    return call


def hire() -> HireAssociate:
    plan = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)
    return HireAssociate(name="Anna Lindqvist", store_id="downtown", plan=plan)


def said(settings: Settings, commands: Iterable[Command]) -> list[dict[str, Any]]:
    """Hand commands over; the ids each answered with."""
    with open_runtime(settings) as shop:
        return [shop.handler.handle(command, new_id("test")).ids for command in commands]


def small_shop(settings: Settings, *, sales: int = 3) -> tuple[str, str]:
    """An associate, a customer with a name and a note, and sales; the two ids."""
    anna, clara = said(settings, [hire(), RegisterCustomer(name=NAME)])
    associate_id, customer_id = anna["associate_id"], clara["customer_id"]
    said(settings, [AddNote(customer_id=customer_id, text=NOTE)])
    said(settings, [sale(associate_id, customer_id) for _ in range(sales)])
    return associate_id, customer_id


def sale(associate_id: str, customer_id: str, unit_price_minor: int = 1_000) -> RecordSale:
    line = LineToSell(
        sku="S1",
        quantity=1,
        unit_price_minor=unit_price_minor,
        attribution=(Share(associate_id=associate_id),),
    )
    return RecordSale(store_id="downtown", currency="USD", customer_id=customer_id, lines=(line,))


def published(settings: Settings) -> int:
    """Carry the log onto the stream; up to which position."""
    with open_runtime(settings) as shop:
        return fill(shop, quiet=True)


def end_of_log(settings: Settings) -> int:
    with psycopg.connect(str(settings.database_url)) as connection:
        (row,) = connection.execute("SELECT coalesce(max(notification_id), 0) FROM stored_events").fetchall()
    return row[0]


def set_log_back(settings: Settings, position: int) -> None:
    """As a backup that was taken at this position, put back."""
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute("DELETE FROM stored_events WHERE notification_id > %s", (position,))
        connection.execute("TRUNCATE idempotency_keys")
        connection.execute("SELECT setval('stored_events_notification_id_seq', %s)", (position,))
