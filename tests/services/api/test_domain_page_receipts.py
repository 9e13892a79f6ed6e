"""The domain page's sale and return, command by command: who is credited, what is refunded, and what each
associate's ledger says.
"""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.refusing import refused
from tests.services.api.sending import PLAN, answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE = [{"line_no": 1, "quantity": 1}]


async def sold(client: httpx.AsyncClient, associate_id: str, **fields: Any) -> str:
    return (await answered(client, "record-sale", **sale_of(associate_id, **fields)))["ids"]["sale_id"]


async def took_back(client: httpx.AsyncClient, **fields: Any) -> str:
    given = {"store_id": "downtown", "lines": ONE, **fields}
    return (await answered(client, "accept-return", **given))["ids"]["return_id"]


async def earnings(client: httpx.AsyncClient, project: Project, associate_id: str) -> list[int]:
    """What was added to an associate's account, in the order of the log."""
    await project()
    entries = (await read(client, f"/v1/associates/{associate_id}/ledger"))["entries"]
    account = f"associate:{associate_id}"
    return [entry["amount_minor"] for entry in entries if entry["account"] == account]


# --- the sale -----------------------------------------------------------------------------------------------


async def test_a_sale_has_its_store_channel_and_lines_as_they_were_sold(client: httpx.AsyncClient) -> None:
    anna, clara = await hire(client), await register(client)
    line = {
        "sku": "SH0101",
        "description": "Calzari loafer",
        "label": "Calzari",
        "department": "shoes",
        "size": "39",
        "quantity": 2,
        "unit_price_minor": 10_000,
        "discount_minor": 500,
        "tax_minor": 1_560,
        "attribution": [{"associate_id": anna}],
    }
    body = {"customer_id": clara, "store_id": "outlet-3", "channel": "outlet", "currency": "USD"}
    answer = await answered(client, "record-sale", lines=[line], receipt_no="R-7", **body)
    sale = await read(client, f"/v1/sales/{answer['ids']['sale_id']}")
    assert {key: sale[key] for key in body} == body
    kept = set(line) - {"attribution"}
    assert {key: sale["lines"][0][key] for key in kept} == {key: line[key] for key in kept}
    assert (sale["lines"][0]["net_minor"], sale["lines"][0]["credits"][0]["share_bp"]) == (19_500, 10_000)


async def test_what_cannot_be_sold_is_refused_by_field(client: httpx.AsyncClient) -> None:
    anna, gone = await hire(client), await hire(client)
    await answered(client, "associate-leaves", associate_id=gone, left_on="2025-12-31")
    body = sale_of(anna)
    split = {
        **body["lines"][0],
        "attribution": [{"associate_id": anna, "share_bp": 4_000}, {"associate_id": gone, "share_bp": 5_000}],
    }
    twice = {**split, "attribution": [{"associate_id": anna, "share_bp": 5_000}] * 2}
    for fields, code, field in (
        ({"lines": [split]}, "split_does_not_add_up", "lines[0].attribution"),
        ({"lines": [twice]}, "named_twice", "lines[0].attribution[1].associate_id"),
        ({"lines": sale_of(gone)["lines"]}, "associate_has_left", "lines[0].attribution[0].associate_id"),
        ({"currency": "EUR"}, "currency_differs", "lines[0].attribution[0].associate_id"),
        ({"order_discount_minor": 10_001}, "discount_exceeds_price", "order_discount_minor"),
        ({"customer_id": "cus_" + "0" * 32}, "customer_unknown", "customer_id"),
    ):
        assert (await refused(client, "record-sale", **{**body, **fields}))[1:] == (code, field)


async def test_a_walk_in_is_recognised_later_and_comes_into_a_book(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await hire(client), await register(client, name="Clara")
    sale_id = await sold(client, anna, price_minor=10_000, quantity=3)
    await took_back(client, sale_id=sale_id)
    await project()
    assert (await read(client, f"/v1/associates/{anna}/book"))["total"] == 0
    attached = await answered(client, "attach-customer", sale_id=sale_id, customer_id=clara)
    assert attached["events"] == ["sale.customer_attached.v1", "customer.owner_assigned.v1"]
    await project()
    (customer,) = (await read(client, f"/v1/associates/{anna}/book"))["customers"]
    assert (customer["name"], customer["net_spend_minor"]) == ("Clara", 20_000)
    assert (await read(client, f"/v1/sales/{sale_id}"))["customer_id"] == clara
    assert (await read(client, f"/v1/customers/{clara}/score"))["score"] > 0
    again = await refused(client, "attach-customer", sale_id=sale_id, customer_id=clara)
    assert again == (422, "customer_attached_already", "sale_id")


async def test_a_corrected_attribution_moves_the_commission_and_shows_both_entries(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben = await hire(client), await hire(client)
    sale_id = await sold(client, anna, price_minor=10_000)
    to_ben = {"sale_id": sale_id, "line_no": 1, "attribution": [{"associate_id": ben}]}
    await answered(client, "correct-attribution", **to_ben)
    assert await earnings(client, project, anna) == [675, -675]
    assert await earnings(client, project, ben) == [675]
    sale = await read(client, f"/v1/sales/{sale_id}")
    assert [credit["associate_id"] for credit in sale["lines"][0]["credits"]] == [ben]
    await took_back(client, sale_id=sale_id)
    assert await earnings(client, project, anna) == [675, -675]
    assert await earnings(client, project, ben) == [675, -675]
    assert await refused(client, "correct-attribution", **{**to_ben, "line_no": 2}) == (
        404,
        "line_unknown",
        "line_no",
    )


async def test_rates_by_department_and_by_tier_and_a_clawback_of_what_was_earned(
    client: httpx.AsyncClient, project: Project
) -> None:
    tiers = [{"from_minor": 100_000, "rate_bp": 1_000}]
    plan = {**PLAN, "department_rates_bp": {"shoes": 500}, "tiers": tiers}
    anna = await hire(client, plan=plan)
    body = sale_of(anna, price_minor=150_000)
    crossing = (await answered(client, "record-sale", **body))["ids"]["sale_id"]
    body["lines"][0] |= {"department": "shoes", "unit_price_minor": 10_000}
    await answered(client, "record-sale", **body)
    # The first 1,000.00 at 6.75 %, the rest at 10 %; shoes at 5 % whatever was reached.
    assert await earnings(client, project, anna) == [6_750 + 5_000, 500]
    await took_back(client, sale_id=crossing)
    assert (await earnings(client, project, anna))[2:] == [-11_750]


# --- the return ---------------------------------------------------------------------------------------------


async def test_a_return_is_taken_at_any_age_and_by_anyone_and_hits_the_seller(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clerk = await hire(client, hired_on="2005-01-01"), await hire(client)
    clara, giver = await register(client, name="Clara"), await register(client, name="Gilda")
    old = await sold(client, anna, price_minor=10_000, customer_id=giver, occurred_at="2006-01-10T10:00:00Z")
    gift = await took_back(
        client, sale_id=old, customer_id=clara, accepted_by=clerk, condition="worn and washed"
    )
    document = await read(client, f"/v1/returns/{gift}")
    assert (document["customer_id"], document["brought_by"]) == (giver, clara)
    assert (document["refund_minor"], document["condition"], document["reason"]) == (
        10_000,
        "worn and washed",
        None,
    )
    assert await earnings(client, project, anna) == [675, -675]
    assert await earnings(client, project, clerk) == []
    (customer,) = (await read(client, f"/v1/associates/{anna}/book"))["customers"]
    assert (customer["customer_id"], customer["net_spend_minor"]) == (giver, 0)


async def test_no_more_comes_back_than_was_sold_and_what_was_not_comes_without_a_receipt(
    client: httpx.AsyncClient,
) -> None:
    anna = await hire(client)
    sale_id = await sold(client, anna, quantity=2)
    back = {"sale_id": sale_id, "store_id": "downtown"}
    too_many = await refused(client, "accept-return", **back, lines=[{"line_no": 1, "quantity": 3}])
    assert too_many[:2] == (422, "more_than_left")
    other = await answered(client, "accept-return", **back, lines=[{"line_no": 2, "refund_minor": 100}])
    assert [warning["code"] for warning in other["warnings"]] == ["not_on_receipt"]
    unknown = {"sale_id": "sal_" + "0" * 32, "store_id": "s", "lines": ONE, "currency": "USD"}
    assert "sale_unknown" in [
        warning["code"] for warning in (await answered(client, "accept-return", **unknown))["warnings"]
    ]
    bare = {"store_id": "downtown", "lines": [{"sku": "SHOE-1"}]}
    assert (await refused(client, "accept-return", **bare))[1] == "currency_missing"
    free = await answered(client, "accept-return", **bare, currency="USD", accepted_by=anna)
    assert [warning["code"] for warning in free["warnings"]] == ["refund_missing"]


async def test_a_return_without_a_receipt_is_matched_by_hand_once_and_uses_up_the_units(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    sale_id = await sold(client, anna, price_minor=5_990)
    lines = [{"description": "a brown shoe", "refund_minor": 7_950}]
    return_id = await took_back(client, currency="USD", lines=lines)
    traced = {"return_id": return_id, "sale_id": sale_id}
    assert (await refused(client, "match-return", **traced))[1:] == ("line_unnamed", "lines")
    await answered(client, "match-return", **traced, lines=[1])
    assert await earnings(client, project, anna) == [404, -404]
    assert (await read(client, f"/v1/sales/{sale_id}"))["lines"][0]["returned"] == 1
    assert (await refused(client, "match-return", **traced, lines=[1]))[1] == "already_matched"
    with_receipt = await took_back(client, sale_id=await sold(client, anna))
    assert (await refused(client, "match-return", return_id=with_receipt, sale_id=sale_id))[
        1
    ] == "has_receipt"


async def test_an_exchange_links_the_return_and_the_sale_that_replaced_it(client: httpx.AsyncClient) -> None:
    anna = await hire(client)
    first = await sold(client, anna)
    return_id = await took_back(client, sale_id=first)
    second = await sold(client, anna, price_minor=12_000)
    await answered(client, "link-exchange", return_id=return_id, sale_id=second)
    document = await read(client, f"/v1/returns/{return_id}")
    assert (document["sale_id"], document["exchanged_for"]) == (first, second)
    assert [entry["event"] for entry in document["history"]] == [
        "return.accepted.v1",
        "return.exchange_linked.v1",
    ]
    for sale_id, code in ((first, "same_sale"), (await sold(client, anna), "already_linked")):
        assert (await refused(client, "link-exchange", return_id=return_id, sale_id=sale_id))[1] == code
    await answered(client, "unlink-exchange", return_id=return_id, sale_id=second)
    assert (await read(client, f"/v1/returns/{return_id}"))["exchanged_for"] is None
    again = {"return_id": return_id, "sale_id": second}
    assert await refused(client, "unlink-exchange", **again) == (422, "not_linked", "sale_id")
    await answered(client, "link-exchange", **again)
    assert (await read(client, f"/v1/returns/{return_id}"))["exchanged_for"] == second
