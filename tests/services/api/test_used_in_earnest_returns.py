"""Used in earnest, returns: each row of what a shop met at the counter, in its own words, over HTTP."""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.refusing import refused
from tests.services.api.sending import answered, hire, read, register, sale_of, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE: dict[str, Any] = {"store_id": "downtown", "lines": [{"line_no": 1}]}


async def sold(client: httpx.AsyncClient, anna: str, clara: str | None = None, **fields: Any) -> str:
    body = sale_of(anna, **({} if clara is None else {"customer_id": clara}), **fields)
    return (await answered(client, "record-sale", **body))["ids"]["sale_id"]


async def earned(client: httpx.AsyncClient, project: Project, associate_id: str) -> int:
    """The commission of an associate, in cents."""
    await project()
    account = (await read(client, f"/v1/associates/{associate_id}/ledger"))["account"]
    return account["balances"].get("USD", 0)


def codes(answer: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in answer["warnings"]]


async def test_a_forgotten_customer_brings_goods_back_and_says_why(client: httpx.AsyncClient) -> None:
    anna, clara = await hire(client), await register(client, name="Clara Bow")
    sale_id = await sold(client, anna, clara)
    await answered(client, "forget-customer", customer_id=clara)
    taken = await answered(
        client, "accept-return", sale_id=sale_id, customer_id=clara, reason="too tight, says Clara", **ONE
    )
    kept = await read(client, f"/v1/returns/{taken['ids']['return_id']}")
    assert kept["reason"] == "too tight, says Clara"
    assert kept["refund_minor"] == 10_000


async def test_a_reason_is_never_required_and_may_be_empty(client: httpx.AsyncClient) -> None:
    anna = await hire(client)
    for remark in (
        {},
        {"reason": ""},
        {"reason": "   "},
        {"condition": ""},
        {"reason": "\t", "condition": "\n"},
    ):
        sale_id = await sold(client, anna)
        taken = await answered(client, "accept-return", sale_id=sale_id, **ONE, **remark)
        kept = await read(client, f"/v1/returns/{taken['ids']['return_id']}")
        assert (kept["reason"], kept["condition"]) == (None, None)


async def test_one_article_that_is_not_on_the_receipt_does_not_keep_back_the_bag(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    sale_id = await sold(client, anna)
    bag = [{"sku": "SHOE-1"}, {"sku": "SCARF", "refund_minor": 3_000}]
    taken = await answered(client, "accept-return", store_id="downtown", sale_id=sale_id, lines=bag)
    assert codes(taken) == ["not_on_receipt"]
    kept = await read(client, f"/v1/returns/{taken['ids']['return_id']}")
    assert [(line.get("line_no"), line["sku"], line["refund_minor"]) for line in kept["lines"]] == [
        (1, "SHOE-1", 10_000),
        (None, "SCARF", 3_000),
    ]
    # The shoes cost Anna their commission, the scarf nobody anything.
    assert await earned(client, project, anna) == 0


@pytest.mark.parametrize(
    ("given_minor", "goodwill_minor", "open_minor"), [(12_000, 2_000, 0), (7_500, 0, 2_500)]
)
async def test_a_refund_that_differs_from_what_was_paid_is_goodwill_or_stays_open(
    client: httpx.AsyncClient, project: Project, given_minor: int, goodwill_minor: int, open_minor: int
) -> None:
    anna, clara = await hire(client), await register(client)
    sale_id = await sold(client, anna, clara)
    lines = [{"line_no": 1, "refund_minor": given_minor}]
    taken = await answered(client, "accept-return", store_id="downtown", sale_id=sale_id, lines=lines)
    assert codes(taken) == ["refund_differs"]
    kept = await read(client, f"/v1/returns/{taken['ids']['return_id']}")
    assert (kept["goodwill_minor"], kept["open_minor"]) == (goodwill_minor, open_minor)
    assert await earned(client, project, anna) == 0
    (listed,) = (await read(client, f"/v1/associates/{anna}/book"))["customers"]
    assert listed["net_spend_minor"] == 0


async def test_only_what_cannot_be_sorted_out_later_is_refused(
    client: httpx.AsyncClient,
) -> None:
    anna = await hire(client)
    sale_id = await sold(client, anna)
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"lines": [{"line_no": 1, "quantity": 2}]}, "more_than_left", "lines[0].quantity"),
        ({"currency": "EUR"}, "currency_differs", "currency"),
        ({"occurred_at": "2027-01-01T00:00:00Z"}, "in_the_future", "occurred_at"),
    ]
    for changes, code, field in cases:
        body = {**ONE, "sale_id": sale_id, **changes}
        assert await refused(client, "accept-return", **body) == (422, code, field)
    strangers = {"customer_id": "cus_" + "9" * 32, "accepted_by": "ass_" + "9" * 32}
    early = {"occurred_at": "2020-01-01T00:00:00Z"}
    taken = await answered(client, "accept-return", sale_id=sale_id, **ONE, **strangers, **early)
    assert codes(taken) == ["customer_unknown", "associate_unknown", "before_the_sale"]
    doubled = await refused(client, "accept-return", sale_id=sale_id, **ONE)
    assert doubled == (422, "more_than_left", "lines[0].quantity")


async def test_goods_of_two_receipts_are_matched_in_parts_and_a_wrong_match_is_taken_back(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben = await hire(client), await hire(client)
    annas, bens = await sold(client, anna), await sold(client, ben, quantity=3)
    bag = {"currency": "USD", "lines": [{"sku": "SHOE-1", "quantity": 2, "refund_minor": 19_000}]}
    taken = await answered(client, "accept-return", store_id="downtown", accepted_by=anna, **bag)
    return_id = taken["ids"]["return_id"]
    assert (await earned(client, project, anna), await earned(client, project, ben)) == (675, 2_025)
    await answered(client, "match-return", return_id=return_id, sale_id=annas)
    await answered(client, "match-return", return_id=return_id, sale_id=bens)
    assert (await earned(client, project, anna), await earned(client, project, ben)) == (0, 1_350)
    again = {"return_id": return_id, "sale_id": bens}
    assert (await refused(client, "match-return", **again))[1] == "already_matched"
    for _ in range(2):
        await answered(client, "unmatch-return", **again)
        assert (await refused(client, "unmatch-return", **again))[1] == "not_matched"
        assert await earned(client, project, ben) == 2_025
        await answered(client, "match-return", **again)
    assert (await earned(client, project, anna), await earned(client, project, ben)) == (0, 1_350)


async def test_an_allowance_and_a_later_return_add_up(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client)
    sale_id = await sold(client, anna, price_minor=124_000)
    await answered(client, "allow-price", sale_id=sale_id, line_no=1, amount_minor=4_000)
    assert await earned(client, project, anna) == 8_100
    taken = await answered(client, "accept-return", sale_id=sale_id, **ONE)
    assert (await read(client, f"/v1/returns/{taken['ids']['return_id']}"))["refund_minor"] == 120_000
    assert await earned(client, project, anna) == 0


async def test_a_sale_that_moves_to_another_customer_takes_its_returns_along(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara, dora = await hire(client), await register(client), await register(client)
    sale_id = await sold(client, anna, clara, quantity=2)
    await answered(client, "accept-return", sale_id=sale_id, **ONE)
    await answered(client, "detach-customer", sale_id=sale_id, customer_id=clara)
    await answered(client, "attach-customer", sale_id=sale_id, customer_id=dora)
    await answered(client, "accept-return", sale_id=sale_id, **ONE)
    await project()
    spent = {
        one["customer_id"]: (one["net_spend_minor"], one["visits"])
        for one in (await read(client, f"/v1/associates/{anna}/book"))["customers"]
    }
    assert spent == {dora: (0, 0)}
    assert (await send(client, "accept-return", sale_id=sale_id, **ONE)).status_code == 422
