"""The domain page's customer, command by command: what is said about her stands on her page in the clear, or
is refused with a reason.
"""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.refusing import refused
from tests.services.api.sending import answered, hire, read, register, sale_of, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY, NO_SALE, NO_ASSOCIATE = "cus_" + "0" * 32, "sal_" + "0" * 32, "ass_" + "0" * 32


async def hers(client: httpx.AsyncClient, **fields: Any) -> tuple[str, str]:
    """An associate and a customer in her book."""
    anna, clara = await hire(client), await register(client, **fields)
    await answered(client, "assign-owner", customer_id=clara, associate_id=anna)
    return anna, clara


async def page(client: httpx.AsyncClient, project: Project, anna: str, clara: str) -> dict[str, Any]:
    await project()
    return await read(client, f"/v1/associates/{anna}/book/{clara}")


async def test_her_name_and_how_she_likes_to_be_addressed(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await hers(client, reference="K-17", store_id="downtown")
    assert (await page(client, project, anna, clara))["summary"]["name"] is None
    name = {"name": "Clara Fontaine", "address_as": "Mrs. Fontaine"}
    await answered(client, "learn-name", customer_id=clara, learned_by=anna, **name)
    summary = (await page(client, project, anna, clara))["summary"]
    assert {key: summary[key] for key in name} == name
    assert summary["reference"] == "K-17"
    assert await refused(client, "learn-name", customer_id=NOBODY, name="x") == (
        404,
        "customer_unknown",
        "customer_id",
    )
    assert await refused(client, "learn-name", customer_id=clara, name="  ") == (422, "blank", "name")


async def test_contact_points_and_what_she_agreed_to(client: httpx.AsyncClient, project: Project) -> None:
    anna, clara = await hers(client)
    points = {"phone": "+1 555 0100", "email": "clara@example.org", "address": "17 Elm Street"}
    for kind, value in points.items():
        await answered(client, "add-contact-point", customer_id=clara, kind=kind, value=value)
    for channel, allowed in (("call", True), ("text", False), ("write", True), ("write", False)):
        await answered(client, "set-contact-preference", customer_id=clara, channel=channel, allowed=allowed)
    document = await page(client, project, anna, clara)
    assert {point["kind"]: point["value"] for point in document["contact_points"]} == points
    assert document["preferences"] == {"call": True, "text": False, "write": False}
    assert document["summary"]["allowed_channels"] == ["call"]


async def test_sizes_and_tastes(client: httpx.AsyncClient, project: Project) -> None:
    anna, clara = await hers(client)
    for size in ("38", "39"):
        await answered(client, "record-size", customer_id=clara, kind="shoe", size=size, label="Calzari")
    tastes = {"designer": "Okonkwo", "label": "Calzari", "colour": "blue", "department": "shoes"}
    for kind, value in tastes.items():
        await answered(client, "record-taste", customer_id=clara, kind=kind, value=value)
    await answered(client, "record-taste", customer_id=clara, kind="colour", value="blue", liked=False)
    document = await page(client, project, anna, clara)
    assert document["sizes"] == [{"kind": "shoe", "size": "39", "label": "Calzari"}]
    assert {kind: values for kind, values in document["tastes"].items() if values} == {
        "designer": ["Okonkwo"],
        "label": ["Calzari"],
        "department": ["shoes"],
    }


async def test_a_wish_and_its_fulfilment(client: httpx.AsyncClient, project: Project) -> None:
    anna, clara = await hers(client)
    wish = {"label": "Calzari", "sku": "SHOE-1", "size": "39", "note": "the blue suede one"}
    wish_id = (await answered(client, "record-wish", customer_id=clara, recorded_by=anna, **wish))["ids"][
        "wish_id"
    ]
    document = await page(client, project, anna, clara)
    assert {key: document["wishes"][0][key] for key in wish} == wish
    assert document["summary"]["waiting"] == ["label:Calzari", "size:39", "sku:SHOE-1"]
    sold = await answered(client, "record-sale", customer_id=clara, **sale_of(anna))
    fulfilled = {"customer_id": clara, "wish_id": wish_id, "sale_id": sold["ids"]["sale_id"]}
    again = await answered(client, "fulfil-wish", fulfilled_by=anna, **fulfilled)
    assert again["events"] == [], "the sale has closed it"
    document = await page(client, project, anna, clara)
    assert document["wishes"][0]["sale_id"] == sold["ids"]["sale_id"]
    assert document["summary"]["waiting"] == []
    assert await refused(client, "fulfil-wish", customer_id=clara, wish_id=wish_id) == (
        422,
        "wish_already_fulfilled",
        "wish_id",
    )
    assert await refused(client, "fulfil-wish", customer_id=clara, wish_id=9) == (
        404,
        "wish_unknown",
        "wish_id",
    )
    assert (await refused(client, "record-wish", customer_id=clara))[1] == "wish_says_nothing"


async def test_occasions_notes_and_contacts(client: httpx.AsyncClient, project: Project) -> None:
    anna, clara = await hers(client)
    for kind, on in (("birthday", "1980-02-29"), ("anniversary", "2010-06-01"), ("trip", "2026-07-01")):
        await answered(
            client, "record-occasion", customer_id=clara, kind=kind, on=on, description=f"her {kind}"
        )
    await answered(client, "add-note", customer_id=clara, text="allergic to wool", written_by=anna)
    for answered_it in (False, True):
        contact = {"channel": "call", "purpose": "thank_you", "contacted_by": anna}
        await answered(client, "log-contact", customer_id=clara, answered=answered_it, **contact)
    document = await page(client, project, anna, clara)
    assert [(each["kind"], each["description"]) for each in document["occasions"]] == [
        ("birthday", "her birthday"),
        ("anniversary", "her anniversary"),
        ("trip", "her trip"),
    ]
    assert (document["notes"][0]["text"], document["notes"][0]["written_by"]) == ("allergic to wool", anna)
    assert (document["contacts_made"], document["contacts_answered"]) == (2, 1)
    assert document["summary"]["last_contact_purpose"] == "thank_you"
    contact = {"channel": "call", "purpose": "x", "contacted_by": NO_ASSOCIATE}
    assert await refused(client, "log-contact", customer_id=clara, **contact) == (
        404,
        "associate_unknown",
        "contacted_by",
    )


async def test_a_promise_and_its_keeping(client: httpx.AsyncClient, project: Project) -> None:
    anna, clara = await hers(client)
    promise = {"due_on": "2026-03-05", "reason": "call about the gloves", "associate_id": anna}
    made = await answered(client, "plan-follow-up", customer_id=clara, **promise)
    follow_up_id = made["ids"]["follow_up_id"]
    document = await page(client, project, anna, clara)
    assert {key: document["follow_ups"][0][key] for key in promise} == promise
    assert document["summary"]["next_follow_up_on"] == "2026-03-05"
    kept = {"customer_id": clara, "follow_up_id": follow_up_id}
    await answered(client, "complete-follow-up", completed_by=anna, **kept)
    document = await page(client, project, anna, clara)
    assert (document["follow_ups"], document["follow_ups_kept"]) == ([], 1)
    assert (await refused(client, "complete-follow-up", **kept))[1] == "follow_up_already_completed"
    late = await refused(client, "plan-follow-up", customer_id=clara, due_on="2020-01-01", reason="x")
    assert late == (422, "due_in_the_past", "due_on")


async def test_the_first_sale_gives_her_an_owner_and_others_can_be_added_and_changed(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben, clara = await hire(client), await hire(client), await register(client)
    sold = await answered(client, "record-sale", customer_id=clara, **sale_of(anna))
    assert "customer.owner_assigned.v1" in sold["events"]
    await answered(client, "assign-owner", customer_id=clara, associate_id=ben, role="secondary")
    document = await page(client, project, ben, clara)
    assert (document["summary"]["primary_owner"], document["summary"]["secondary_owners"]) == (anna, [ben])
    assert (await refused(client, "assign-owner", customer_id=clara, associate_id=ben))[1] == (
        "primary_owner_exists"
    )
    await answered(client, "reassign-owner", customer_id=clara, associate_id=ben, reason="moved_store")
    document = await page(client, project, ben, clara)
    assert document["summary"]["primary_owner"] == ben
    assert [(one["associate_id"], one["role"], one["reason"]) for one in document["owners"]] == [
        (anna, "primary", "first_sale"),
        (ben, "secondary", "by_hand"),
        (ben, "primary", "moved_store"),
    ]
    assert (await client.get(f"/v1/associates/{anna}/book/{clara}")).status_code == 404


async def test_two_records_become_one_person_and_two_again(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await hers(client, name="Clara")
    double = await register(client, name="C. Fontaine")
    for customer_id, price_minor in ((clara, 10_000), (double, 5_000)):
        await answered(
            client, "record-sale", customer_id=customer_id, **sale_of(anna, price_minor=price_minor)
        )
    pair = {"customer_id": clara, "merged_customer_id": double}
    await answered(client, "merge-customers", **pair)
    document = await page(client, project, anna, clara)
    assert document["summary"]["net_spend_minor"] == 15_000
    assert document["records"] == [clara, double]
    assert (await refused(client, "add-note", customer_id=double, text="x"))[1] == "customer_merged_away"
    await answered(client, "unmerge-customers", **pair)
    assert (await page(client, project, anna, clara))["summary"]["net_spend_minor"] == 10_000
    assert (await refused(client, "unmerge-customers", **pair)) == (422, "not_merged", "merged_customer_id")


async def test_a_forgotten_customer_has_no_name_and_keeps_her_sums(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await hers(client, name="Clara Fontaine")
    await answered(client, "record-sale", customer_id=clara, **sale_of(anna, price_minor=12_000))
    await answered(client, "forget-customer", customer_id=clara, requested_by="letter-17")
    await project()
    found = await read(client, f"/v1/associates/{anna}/book", q="fontaine")
    assert found["total"] == 0
    (customer,) = (await read(client, f"/v1/associates/{anna}/book"))["customers"]
    assert (customer["name"], customer["net_spend_minor"], customer["forgotten"]) == (None, 12_000, True)
    for command, fields in (
        ("add-note", {"text": "x"}),
        ("learn-name", {"name": "x"}),
        ("record-size", {"kind": "shoe", "size": "39"}),
        ("forget-customer", {}),
    ):
        assert await refused(client, command, customer_id=clara, **fields) == (
            422,
            "customer_forgotten",
            "customer_id",
        )


async def test_a_mail_address_that_is_none_is_refused_with_its_field(client: httpx.AsyncClient) -> None:
    clara = await register(client)
    point = {"customer_id": clara, "kind": "email"}
    refused = await send(client, "add-contact-point", **point, value="not-an-email")
    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_mail_address")
    assert "value" in refused.text
    await answered(client, "add-contact-point", **point, value="clara.bow@example.com")


async def test_an_act_is_verified_by_somebody(client: httpx.AsyncClient) -> None:
    anna = await hire(client)
    reported = await answered(client, "report-heroic-act", heroes=[anna], kind="delivery", story="Snow.")
    refused = await send(client, "verify-heroic-act", act_id=reported["ids"]["act_id"])
    assert (refused.status_code, refused.json()["code"]) == (422, "verifier_missing")
