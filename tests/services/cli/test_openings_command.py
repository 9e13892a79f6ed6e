"""`clienteling audit openings`, and that what the command line decrypts is recorded, too."""

import pytest

from domain.associate.commands import HireAssociate, PayPlan
from domain.customer.commands import AssignOwner, ForgetCustomer, RegisterCustomer
from infra.openings import Opening, insert_of
from infra.runtime import open_runtime
from infra.settings import Settings
from tests.services.cli.calling import NAME, Call

PLAN = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)
OTHER = "cus_" + "0" * 31 + "1"


@pytest.fixture
def customer(settings: Settings) -> tuple[str, str]:
    """An associate and a customer of theirs."""
    with open_runtime(settings) as shop:
        hired = shop.handler.handle(HireAssociate(store_id="downtown", plan=PLAN), "1").ids["associate_id"]
        clara = shop.handler.handle(RegisterCustomer(name=NAME), "2").ids["customer_id"]
        shop.handler.handle(AssignOwner(customer_id=str(clara), associate_id=str(hired)), "3")
    return str(hired), str(clara)


def test_who_opened_whose_data_is_listed(call: Call, settings: Settings, customer: tuple[str, str]) -> None:
    associate, clara = customer
    assert call("audit", "openings", "--json").document == []
    assert NAME in call("book", associate, clara).out
    assert NAME in call("events", "show", "--customer", clara, "--open").out
    opened = call("audit", "openings", "--customer", clara, "--json").document
    assert [(one["operation"], one["customers"]) for one in opened] == [
        ("clienteling book", [clara]),
        ("clienteling events show", [clara]),
    ]
    assert {one["actor"].split(":")[0] for one in opened} == {"cli"}
    with open_runtime(settings) as shop, shop.connect() as connection:
        given = Opening(actor="usr:eve", role="manager", operation="book", correlation_id="c",
                        traceparent=None, customers=[OTHER, clara])  # fmt: skip
        connection.execute(*insert_of([given]))
        shop.handler.handle(ForgetCustomer(customer_id=clara), "4")
    assert len(call("audit", "openings", "--customer", clara, "--json").document) == 3
    assert len(call("audit", "openings", "--customer", OTHER, "--json").document) == 1
    assert len(call("audit", "openings", "--actor", "usr:eve", "--json").document) == 1
    assert len(call("audit", "openings", "--limit", 2, "--json").document) == 2
    assert call("audit", "openings", "--since", "2999-01-01", "--json").document == []
    shown = call("audit", "openings", "--customer", clara)
    assert (shown.code, NAME in shown.out, "clienteling book" in shown.out) == (0, False, True)


def test_a_wrong_customer_is_wrong_usage(call: Call) -> None:
    called = call("audit", "openings", "--customer", "Clara")
    assert (called.code, called.out) == (2, "")
    assert "--customer takes a customer's id, cus_..., and not 'Clara'" in called.said.replace("│ ", "")
