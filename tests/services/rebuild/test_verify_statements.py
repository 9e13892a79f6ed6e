"""Issued statements are compared with what history says: a planted cent is found, whoever planted it and
however.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from domain.associate.commands import HireAssociate, PayPlan
from domain.commission_account.commands import IssueStatement, RecordHours
from domain.commission_account.events import StatementIssued
from domain.ids import account_id_of
from domain.messages import Event
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod
from infra.event_store.codec import decode
from infra.event_store.log import LoggedEvent
from infra.event_store.mapper import Record
from projections.registry import BY_NAME
from services.cli.command_line import run
from services.projector.poison_event import PoisonEvent
from services.rebuild.verify import VerificationReport, verify
from services.rebuild.verify_statements import verify_statements
from tests.services.rebuild.conftest import ShopWithHistory

Quietly = Callable[..., None]

ISSUED = "commission_account.statement_issued.v1"


def ledger(shop: ShopWithHistory, quietly: Quietly) -> VerificationReport:
    (found,) = verify(shop.settings, shop.url, [BY_NAME["commission_ledger"]], quietly, quietly)
    return found


def some_statement(shop: ShopWithHistory) -> tuple[int, StatementIssued]:
    position, state = shop.query(
        "SELECT notification_id, state FROM stored_events WHERE topic = %s ORDER BY 1 LIMIT 1", ISSUED
    )[0]
    issued = decode(ISSUED, bytes(state))
    assert isinstance(issued, StatementIssued)
    return position, issued


def rewrite(shop: ShopWithHistory, position: int, event: Any) -> None:
    """By hand, in the log itself."""
    shop.query(
        "UPDATE stored_events SET state = %s WHERE notification_id = %s", msgspec.json.encode(event), position
    )


def test_statements_of_a_season_are_what_history_says(shop: ShopWithHistory, quietly: Quietly) -> None:
    found = ledger(shop, quietly)
    ((issued,),) = shop.query("SELECT count(*) FROM stored_events WHERE topic = %s", ISSUED)
    assert found.statements is not None
    assert found.holds
    assert found.statements.discrepancies == []
    assert found.statements.statements == issued > 0
    assert found.statements.position == shop.log.last_position()


def test_a_statement_a_cent_off_is_found_though_the_tables_agree_with_the_log(
    shop: ShopWithHistory, quietly: Quietly
) -> None:
    """Appended as the event store itself appends; the ledger then folds what stands in the log, and no row
    differs.
    """
    store = "planted-store"
    plan = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)
    hired = shop.handler.handle(HireAssociate(store_id=store, plan=plan, hired_on=date(2026, 1, 1)), "hire")
    associate_id = str(hired.ids["associate_id"])
    first, last = date(2026, 3, 1), date(2026, 3, 31)
    opened = OpenPayPeriod(scope=store, period_id="PLANTED", starts_on=first, ends_on=last)
    shop.handler.handle(opened, "open")
    shop.handler.handle(RecordHours(associate_id=associate_id, worked_on=first, selling_minutes=90), "hours")
    before = shop.handler.handle(ClosePayPeriod(scope=store, period_id="PLANTED"), "close").position
    shop.handler.handle(IssueStatement(associate_id=associate_id, scope=store, period_id="PLANTED"), "issue")
    account_id = account_id_of(associate_id)
    history = [fact for fact in shop.log.read_stream(account_id) if fact.position > before]
    shop.query("DELETE FROM stored_events WHERE notification_id > %s", before)
    records = [Record(account_id, fact.version, planted(fact)) for fact in history]
    *_, position = shop.log.append(records)
    shop.live()
    found = ledger(shop, quietly)
    assert found.statements is not None
    assert (found.live_hash, found.differences) == (found.history_hash, [])
    assert not found.holds
    (one,) = found.statements.discrepancies
    assert (one.field, one.stored, one.expected) == ("net_minor", 1, 0)
    assert (one.account_id, one.associate_id, one.period_id) == (account_id, associate_id, "PLANTED")
    assert (one.fact, one.position) == ("StatementIssued", position)


def planted(fact: LoggedEvent) -> Event:
    """The same fact, a statement with a cent more than there was."""
    event = decode(fact.topic, fact.state)
    assert event is not None
    return replace(event, net_minor=event.net_minor + 1) if isinstance(event, StatementIssued) else event


@pytest.mark.parametrize(
    "field", ["net_minor", "pay_minor", "minutes", "guarantee_minor", "owed_after_minor"]
)
def test_a_statement_rewritten_in_the_log_is_found(
    shop: ShopWithHistory, quietly: Quietly, field: str
) -> None:
    position, issued = some_statement(shop)
    said = getattr(issued, field)
    rewrite(shop, position, replace(issued, **{field: said + 1}))
    found = verify_statements(shop.settings, shop.url, shop.log.last_position(), quietly)
    (one,) = found.discrepancies
    assert (one.field, one.stored, one.expected, one.position) == (field, said + 1, said, position)
    assert (one.associate_id, one.period_id) == (issued.associate_id, issued.period_id)
    before = verify_statements(shop.settings, shop.url, position - 1, quietly)
    assert before.discrepancies == []


def test_an_event_rewritten_after_it_was_paid_is_found_by_its_statements(
    shop: ShopWithHistory, quietly: Quietly
) -> None:
    _, issued = some_statement(shop)
    position, state = shop.query(
        "SELECT notification_id, state FROM stored_events WHERE originator_id = %s "
        "AND topic = 'commission_account.earned.v1' ORDER BY 1 LIMIT 1",
        account_id_of(issued.associate_id),
    )[0]
    earned: Any = decode("commission_account.earned.v1", bytes(state))
    line = replace(earned.lines[0], commission_minor=earned.lines[0].commission_minor + 100)
    more = replace(earned, lines=(line, *earned.lines[1:]), amount_minor=earned.amount_minor + 100)
    rewrite(shop, position, more)
    found = verify_statements(shop.settings, shop.url, shop.log.last_position(), quietly)
    wrong = {(one.period_id, one.field): (one.stored, one.expected) for one in found.discrepancies}
    stored, expected = wrong[earned.period_id, "earned_minor"]
    assert expected == stored + 100


def test_a_fact_that_cannot_be_read_stops_it_and_is_named(shop: ShopWithHistory, quietly: Quietly) -> None:
    position, _ = some_statement(shop)
    shop.query(
        "UPDATE stored_events SET state = convert_to('{\"broken\"', 'UTF8') WHERE notification_id = %s",
        position,
    )
    with pytest.raises(PoisonEvent, match=f"position {position} "):
        verify_statements(shop.settings, shop.url, shop.log.last_position(), quietly)


def test_the_command_says_which_statement_is_wrong_and_by_how_much(
    shop: ShopWithHistory, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLIENTELING_DATABASE_URL", shop.url)
    monkeypatch.setenv("CLIENTELING_NATS_URL", shop.settings.nats_url or "")
    monkeypatch.setenv("CLIENTELING_DATA_DIR", str(shop.settings.data_dir))
    position, issued = some_statement(shop)
    rewrite(shop, position, replace(issued, pay_minor=issued.pay_minor + 1))
    shop.query("UPDATE projections.pay_calendar_g1 SET scope = 'elsewhere'")
    capfd.readouterr()
    assert run(["projections", "verify", "commission_ledger", "pay_calendar"]) == 1
    out, err = capfd.readouterr()
    assert "1 amounts DIFFER" in out
    assert "pay_calendar: 1 rows up to position" in out
    assert "1 rows DIFFER" in out
    account = account_id_of(issued.associate_id)
    assert f"{account} {issued.period_id}: StatementIssued at position {position}: pay_minor is" in err
    assert "changed scope, since position" in err
    assert run(["projections", "verify", "commission_ledger", "--json"]) == 1
    (told,) = msgspec.json.decode(capfd.readouterr().out)
    assert (told["holds"], told["statements"]["discrepancies_in_all"]) == (False, 1)
    (one,) = told["statements"]["discrepancies"]
    assert (one["field"], one["stored"] - one["expected"], one["position"]) == ("pay_minor", 1, position)
    assert len(told["live_hash"]) == len(told["history_hash"]) == 64
