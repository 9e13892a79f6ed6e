"""Texts that were told about somebody nobody knew yet: they are hers once she is recognised, and go when she
is forgotten.
"""

import pytest

from domain.associate.commands import HireAssociate, PayPlan
from domain.customer.commands import ForgetCustomer, RegisterCustomer
from domain.heroic_act.commands import RejectHeroicAct, ReportHeroicAct
from domain.messages import Command, Refused
from domain.return_.commands import AcceptReturn, LineToReturn, MatchReturn
from domain.sale.commands import AttachCustomer, LineToSell, RecordSale
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.vault import Vault


class Shop:
    """Somebody who is not known buys; later she is."""

    def __init__(self, handler: CommandHandler, log: EventLog, vault: Vault) -> None:
        self._handler, self._log, self._vault = handler, log, vault
        self._number = 0
        plan = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)
        self.anna = self.do(HireAssociate(store_id="s", plan=plan), "associate_id")
        line = LineToSell(sku="shoe", quantity=2, unit_price_minor=1_000)
        self.sale = self.do(RecordSale(store_id="s", currency="USD", lines=(line,)), "sale_id")
        self.clara = self.do(RegisterCustomer(name="Clara"), "customer_id")

    def do(self, command: Command, named: str = "") -> str:
        self._number += 1
        ids = self._handler.handle(command, f"shop-{self._number}").ids
        return str(ids[named]) if named else ""

    def again(self, number: int, command: Command) -> bool:
        """Whether the command that was sent as the so-manieth is answered as it was then."""
        return self._handler.handle(command, f"shop-{number}").replayed

    @property
    def sent(self) -> int:
        return self._number

    def told(self) -> str:
        """The whole log, opened."""
        return "".join(self._vault.decrypt_document(each.state).decode() for each in self._log.read(0, 1_000))

    def without_receipt(self) -> AcceptReturn:
        return AcceptReturn(
            store_id="s",
            currency="USD",
            lines=(LineToReturn(sku="shoe", refund_minor=1_000),),
            reason="a stranger's reason",
        )

    def with_receipt(self) -> AcceptReturn:
        return AcceptReturn(
            store_id="s",
            sale_id=self.sale,
            lines=(LineToReturn(line_no=1),),
            condition="a stranger's condition",
        )

    def act(self, **linked: str) -> ReportHeroicAct:
        return ReportHeroicAct(heroes=(self.anna,), kind="delivery", story="a stranger's story", **linked)  # type: ignore[arg-type]


@pytest.fixture
def shop(handler: CommandHandler, log: EventLog, vault: Vault) -> Shop:
    return Shop(handler, log, vault)


def test_what_was_told_of_her_sale_goes_with_her(shop: Shop) -> None:
    shop.do(shop.with_receipt())
    shop.do(
        RejectHeroicAct(act_id=shop.do(shop.act(sale_id=shop.sale), "act_id"), reason="a stranger's doubt")
    )
    shop.do(AttachCustomer(sale_id=shop.sale, customer_id=shop.clara))
    for word in ("condition", "story", "doubt"):
        assert f"a stranger's {word}" in shop.told()
    shop.do(ForgetCustomer(customer_id=shop.clara))
    assert "a stranger's" not in shop.told()


def test_what_was_told_of_a_return_that_is_traced_to_her_goes_with_her(shop: Shop) -> None:
    shop.do(AttachCustomer(sale_id=shop.sale, customer_id=shop.clara))
    return_id = shop.do(shop.without_receipt(), "return_id")
    shop.do(shop.act(return_id=return_id))
    shop.do(MatchReturn(return_id=return_id, sale_id=shop.sale))
    assert shop.told().count("a stranger's") == 2
    shop.do(ForgetCustomer(customer_id=shop.clara))
    assert "a stranger's" not in shop.told()


def test_what_was_told_of_others_stays(shop: Shop) -> None:
    shop.do(shop.with_receipt())
    shop.do(shop.without_receipt())
    shop.do(ForgetCustomer(customer_id=shop.clara))
    assert shop.told().count("a stranger's") == 2
    assert "Clara" not in shop.told()


def test_she_may_be_recognised_and_forgotten_in_one_commit(shop: Shop, handler: CommandHandler) -> None:
    shop.do(shop.with_receipt())
    outcomes = handler.handle_many(
        [
            (AttachCustomer(sale_id=shop.sale, customer_id=shop.clara), "attach"),
            (ForgetCustomer(customer_id=shop.clara), "forget"),
        ]
    )
    assert not any(isinstance(outcome, Refused) for outcome in outcomes)
    assert "a stranger's" not in shop.told()


def test_a_key_answers_for_ever_also_when_the_stranger_was_recognised_in_between(shop: Shop) -> None:
    shop.do(shop.with_receipt())
    number = shop.sent
    shop.do(AttachCustomer(sale_id=shop.sale, customer_id=shop.clara))
    assert shop.again(number, shop.with_receipt())
    with pytest.raises(Refused) as refusal:
        shop.again(number, shop.without_receipt())
    assert refusal.value.code == "idempotency_key_reused"


def test_an_act_is_for_the_customer_of_its_sale_when_nobody_is_named(shop: Shop, log: EventLog) -> None:
    shop.do(AttachCustomer(sale_id=shop.sale, customer_id=shop.clara))
    act_id = shop.do(shop.act(sale_id=shop.sale), "act_id")
    assert [event.customer_id for event in log.read_stream(act_id)] == [shop.clara]
