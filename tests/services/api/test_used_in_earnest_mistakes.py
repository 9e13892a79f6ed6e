"""Used in earnest, mistakes: whatever can be typed wrong about a customer is taken back, over HTTP."""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.earnest import DAY, listed, met, page
from tests.services.api.refusing import refused
from tests.services.api.sending import answered, hire, read, register, sale_of, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

MISTAKES: list[tuple[str, dict[str, Any], str, str, str, str]] = [
    ("add-contact-point", {"kind": "phone", "value": "555-0100"}, "remove-contact-point", "contact_point_id",
     "contact_points", "contact_point_unknown"),
    ("record-occasion", {"kind": "birthday", "on": "1980-03-12"}, "remove-occasion", "occasion_id",
     "occasions", "occasion_unknown"),
    ("add-note", {"text": "likes tea"}, "remove-note", "note_id", "notes", "note_unknown"),
    ("log-contact", {"channel": "call", "purpose": "thank_you"}, "remove-contact", "contact_id", "contacts",
     "contact_unknown"),
    ("record-wish", {"sku": "N1"}, "withdraw-wish", "wish_id", "wishes", "wish_already_fulfilled"),
    ("plan-follow-up", {"due_on": DAY, "reason": "tea"}, "cancel-follow-up", "follow_up_id", "follow_ups",
     "follow_up_already_completed"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "fields", "undo", "number", "shown", "code"), MISTAKES)
async def test_what_was_typed_wrong_is_taken_back_once_also_in_a_merged_record(
    client: httpx.AsyncClient,
    project: Project,
    make: str,
    fields: dict[str, Any],
    undo: str,
    number: str,
    shown: str,
    code: str,
) -> None:
    anna = await hire(client)
    fields = {**fields, "contacted_by": anna} if make == "log-contact" else fields
    clara, double = await met(client, anna), await met(client, anna)
    for customer_id in (clara, double):
        assert (await answered(client, make, customer_id=customer_id, **fields))["ids"][number] == 1
    await answered(client, undo, customer_id=clara, **{number: 1})
    assert (await page(client, project, anna, clara))[shown] == []
    assert (await refused(client, undo, customer_id=clara, **{number: 1}))[1] == code
    assert (await refused(client, undo, customer_id=clara, **{number: 9}))[0] == 404
    await answered(client, "merge-customers", customer_id=clara, merged_customer_id=double)
    await answered(client, undo, customer_id=double, **{number: 1})
    await answered(client, "unmerge-customers", customer_id=clara, merged_customer_id=double)
    assert (await page(client, project, anna, double))[shown] == []
    await answered(client, "forget-customer", customer_id=clara)
    assert (await refused(client, undo, customer_id=clara, **{number: 1}))[1] == "customer_forgotten"


async def test_a_contact_on_the_wrong_customer_is_logged_with_the_right_one(
    client: httpx.AsyncClient, project: Project
) -> None:
    """What it had ticked off is on the list again: a promise by then, a purchase without a thank-you."""
    anna = await hire(client)
    wrong, right = await met(client, anna, "call"), await met(client, anna, "call")
    for clara in (wrong, right):
        await answered(client, "record-sale", **sale_of(anna, customer_id=clara))
    assert await listed(client, project, anna) == {wrong: ["thank_you"], right: ["thank_you"]}
    thanks = {"channel": "call", "purpose": "thank_you", "contacted_by": anna, "answered": True}
    logged = await answered(client, "log-contact", customer_id=wrong, **thanks)
    assert await listed(client, project, anna) == {right: ["thank_you"]}
    scored = (await page(client, project, anna, wrong))["score"]
    await answered(client, "remove-contact", customer_id=wrong, contact_id=logged["ids"]["contact_id"])
    await answered(client, "log-contact", customer_id=right, **thanks)
    assert await listed(client, project, anna) == {wrong: ["thank_you"]}
    shown = await page(client, project, anna, wrong)
    assert (shown["contacts_made"], shown["contacts_answered"]) == (0, 0)
    assert shown["score"] < scored == (await page(client, project, anna, right))["score"]


async def test_a_promise_completed_by_mistake_is_in_today_again(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    clara = await met(client, anna, "call")
    promise = {"due_on": DAY, "reason": "gloves are in", "associate_id": anna}
    await answered(client, "plan-follow-up", customer_id=clara, **promise)
    await answered(client, "complete-follow-up", customer_id=clara, follow_up_id=1)
    assert await listed(client, project, anna) == {}
    shown = await page(client, project, anna, clara)
    [kept] = shown["completed_follow_ups"]
    assert (kept["follow_up_id"], kept["reason"], shown["follow_ups_kept"]) == (1, "gloves are in", 1)
    await answered(client, "reopen-follow-up", customer_id=clara, follow_up_id=1)
    assert await listed(client, project, anna) == {clara: ["follow_up_due"]}
    shown = await page(client, project, anna, clara)
    assert (shown["follow_ups"], shown["completed_follow_ups"], shown["follow_ups_kept"]) == ([kept], [], 0)


async def test_a_wish_fulfilled_by_mistake_is_waited_for_again(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    clara = await met(client, anna, "call")
    await answered(client, "record-wish", customer_id=clara, sku="N7", note="in time for the wedding")
    before = await page(client, project, anna, clara)
    await answered(client, "fulfil-wish", customer_id=clara, wish_id=1)
    fulfilled = await page(client, project, anna, clara)
    assert (fulfilled["summary"]["waiting"], fulfilled["score"] > before["score"]) == ([], True)
    await answered(client, "reopen-wish", customer_id=clara, wish_id=1)
    after = await page(client, project, anna, clara)
    assert (after["wishes"], after["summary"]["waiting"]) == (before["wishes"], before["summary"]["waiting"])
    assert after["score"] == before["score"]


async def test_sizes_tastes_and_owners_are_taken_back(client: httpx.AsyncClient, project: Project) -> None:
    anna, ben = await hire(client), await hire(client)
    clara = await met(client, anna)
    await answered(client, "record-size", customer_id=clara, kind="shoe", size="38", label="Calzari")
    await answered(client, "remove-size", customer_id=clara, kind="shoe", label="Calzari")
    await answered(client, "record-taste", customer_id=clara, kind="colour", value="brown")
    await answered(client, "record-taste", customer_id=clara, kind="colour", value="brown", liked=False)
    await answered(client, "assign-owner", customer_id=clara, associate_id=ben, role="secondary")
    await answered(client, "remove-secondary-owner", customer_id=clara, associate_id=ben)
    shown = await page(client, project, anna, clara)
    assert (shown["sizes"], shown["tastes"], shown["summary"]["secondary_owners"]) == ([], {}, [])
    assert (await client.get(f"/v1/associates/{ben}/book/{clara}")).status_code == 404
    await answered(client, "reassign-owner", customer_id=clara, associate_id=ben)
    assert (await client.get(f"/v1/associates/{anna}/book/{clara}")).status_code == 200
    await project()
    assert (await client.get(f"/v1/associates/{anna}/book/{clara}")).status_code == 404


async def test_a_sale_on_the_wrong_customer_moves_with_owner_wishes_and_spend(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    wrong, right = await register(client), await register(client)
    for customer_id in (wrong, right):
        await answered(client, "record-wish", customer_id=customer_id, sku="shoe-1")
    sold = await answered(client, "record-sale", **sale_of(anna, customer_id=wrong))
    sale_id = sold["ids"]["sale_id"]
    before = await page(client, project, anna, wrong)
    assert (before["wishes"][0]["sale_id"], before["summary"]["primary_owner"]) == (sale_id, anna)
    taken_off = await answered(client, "detach-customer", sale_id=sale_id, customer_id=wrong)
    assert [one["code"] for one in taken_off["warnings"]] == ["no_owner"]
    await answered(client, "attach-customer", sale_id=sale_id, customer_id=right)
    await project()
    (listed_,) = (await read(client, f"/v1/associates/{anna}/book"))["customers"]
    assert (listed_["customer_id"], listed_["net_spend_minor"], listed_["waiting"]) == (right, 10_000, [])
    await answered(client, "assign-owner", customer_id=wrong, associate_id=anna)
    after = await page(client, project, anna, wrong)
    assert (
        after["summary"]["net_spend_minor"],
        after["summary"]["visits"],
        after["wishes"][0].get("sale_id"),
    ) == (0, 0, None)
    assert after["score"] == 0


async def test_a_first_owner_follows_a_corrected_attribution_unless_set_by_hand(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben = await hire(client), await hire(client)
    first, kept = await register(client), await register(client)
    sales = [
        (await answered(client, "record-sale", **sale_of(anna, customer_id=one)))["ids"]["sale_id"]
        for one in (first, kept)
    ]
    await answered(client, "assign-owner", customer_id=kept, associate_id=anna)
    for sale_id in sales:
        correction = {"sale_id": sale_id, "line_no": 1, "attribution": [{"associate_id": ben}]}
        await answered(client, "correct-attribution", **correction)
    assert (await page(client, project, ben, first))["summary"]["primary_owner"] == ben
    assert (await page(client, project, anna, kept))["summary"]["primary_owner"] == anna
    # To the house: nobody sold it, so that it makes nobody the owner.
    house = {"sale_id": sales[0], "line_no": 1, "attribution": []}
    assert [one["code"] for one in (await answered(client, "correct-attribution", **house))["warnings"]] == [
        "no_owner"
    ]
    await project()
    assert (await read(client, f"/v1/associates/{ben}/book"))["total"] == 0
    account = (await read(client, f"/v1/associates/{ben}/ledger"))["account"]
    assert account["balances"] == {"USD": 675}, "the other sale's alone"
    sale = await read(client, f"/v1/sales/{sales[0]}")
    assert sale["lines"][0]["credits"] == []


# --- wishes and lapsing -------------------------------------------------------------------------------------


async def test_a_wish_closes_by_itself_when_they_buy_it_with_the_sale_as_its_reason(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    clara = await met(client, anna, "call")
    for wish in ({"sku": "shoe-1"}, {"label": "Calzari", "size": "39"}, {"sku": "SHOE-1", "size": "40"}):
        await answered(client, "record-wish", customer_id=clara, **wish)
    body = sale_of(anna, customer_id=clara)
    body["lines"][0] |= {"label": "calzari", "size": "39"}
    sale_id = (await answered(client, "record-sale", **body))["ids"]["sale_id"]
    wishes = (await page(client, project, anna, clara))["wishes"]
    assert [one.get("sale_id") for one in wishes] == [sale_id, sale_id, None]
    same = {"customer_id": clara, "wish_id": 1, "sale_id": sale_id}
    assert (await answered(client, "fulfil-wish", **same))["events"] == []


async def test_what_came_back_whole_is_no_visit_and_no_lapsing(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    kept, returned = await met(client, anna, "call"), await met(client, anna, "call")
    months = ("2025-01-10", "2025-02-10", "2025-03-10", "2025-04-10")
    for clara in (kept, returned):
        for day in months:
            body = sale_of(anna, customer_id=clara, occurred_at=f"{day}T15:00:00Z")
            sold = await answered(client, "record-sale", **body)
            if clara == returned:
                back = {"sale_id": sold["ids"]["sale_id"], "store_id": "downtown", "lines": [{"line_no": 1}]}
                await answered(client, "accept-return", **back, occurred_at=f"{day}T17:00:00Z")
    assert await listed(client, project, anna) == {kept: ["lapsing"]}
    shown = await page(client, project, anna, returned)
    assert (shown["summary"]["visits"], shown["summary"]["net_spend_minor"]) == (0, 0)
    assert (await send(client, "forget-customer", customer_id=kept)).status_code == 201
    assert await listed(client, project, anna) == {}
