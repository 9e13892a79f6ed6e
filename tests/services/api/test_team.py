"""A manager's team in one request: deficits, trends, books, acts, lines of nobody's, outreach."""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.paying import close, sell, shop_of, take_back, work
from tests.services.api.role_world import World, asked
from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def team_of(client: httpx.AsyncClient, project: Project, store: str, **asked: Any) -> dict[str, Any]:
    await project()
    return await read(client, f"/v1/stores/{store}/team", include="names", **asked)


async def test_who_is_in_the_red_is_told_with_causes_and_the_trend(
    client: httpx.AsyncClient, project: Project
) -> None:
    """January pays 337.50 for a guarantee of 80.00; in February 100.00 of it come back, nothing is sold."""
    anna = await shop_of(client, "team-red", "P1", "P2")
    older = await sell(client, anna, "P1", 10_000)
    await sell(client, anna, "P1", 490_000)
    await work(client, anna, "P1", 10)
    await close(client, project, "team-red", anna, "P1")
    await work(client, anna, "P2", 10)
    await take_back(client, older, "P2")
    team = await team_of(client, project, "team-red")
    [deficit] = team["deficits"]
    assert (deficit["associate_id"], deficit["net_minor"], deficit["since"]) == (
        anna, -675, "2025-02-20T12:00:00Z",
    )  # fmt: skip
    [cause] = deficit["because"]
    assert (cause["sale_id"], cause["amount_minor"]) == (older, 675)
    [member] = team["members"]
    assert (member["associate_id"], member["department"], member["status"]) == (anna, None, "working")
    # Of the guarantee: 421.88 % in January, and less than nothing so far in February.
    assert member["trend"] == [
        {"period_id": "P1", "ends_on": "2025-01-31", "net_of_guarantee_bp": 42_188, "is_stated": True},
        {"period_id": "P2", "ends_on": None, "net_of_guarantee_bp": -844, "is_stated": False},
    ]


async def test_books_of_those_who_left_or_will_are_to_be_handed_over(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben = await hire(client, store_id="team-books"), await hire(client, store_id="team-books")
    gone, cora = await hire(client, store_id="team-books"), await hire(client, store_id="team-books")
    for owner in (anna, anna, gone):
        clara = await register(client)
        await answered(client, "assign-owner", customer_id=clara, associate_id=owner)
    await answered(client, "associate-leaves", associate_id=anna, left_on="2026-04-01", successors=[ben])
    await answered(client, "associate-leaves", associate_id=gone, left_on="2026-02-01")
    await answered(client, "associate-leaves", associate_id=cora, left_on="2026-02-01")
    books = (await team_of(client, project, "team-books"))["books"]
    shown = {one["associate_id"]: (one["status"], one["last_day"], one["customers"]) for one in books}
    assert shown == {anna: ("leaving", "2026-04-01", 2), gone: ("left", "2026-02-01", 1)}
    assert next(one for one in books if one["associate_id"] == anna)["successors"] == [ben]


async def test_lines_of_nobody_are_told_until_somebody_is_credited(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client, store_id="team-lines")
    line = {"sku": "S1", "description": "Silk scarf", "quantity": 1, "unit_price_minor": 5_000}
    mine = {**line, "sku": "S2", "attribution": [{"associate_id": anna}]}
    card = {**line, "sku": "S3", "kind": "gift_card"}
    sold = await answered(
        client, "record-sale", store_id="team-lines", currency="USD", lines=[line, mine, card],
        occurred_at="2026-03-01T10:00:00Z",
    )  # fmt: skip
    old = {"store_id": "team-lines", "currency": "USD", "lines": [line]}
    await answered(client, "record-sale", **old, occurred_at="2025-12-01T10:00:00Z")
    await answered(client, "record-sale", **{**old, "store_id": "elsewhere"})
    [found] = (await team_of(client, project, "team-lines"))["unattributed"]
    assert (found["sale_id"], found["line_no"], found["description"], found["net_minor"]) == (
        sold["ids"]["sale_id"], 1, "Silk scarf", 5_000,
    )  # fmt: skip
    assert len((await team_of(client, project, "team-lines", days=365))["unattributed"]) == 2
    shares = [{"associate_id": anna}]
    await answered(
        client, "correct-attribution", sale_id=sold["ids"]["sale_id"], line_no=1, attribution=shares
    )
    assert (await team_of(client, project, "team-lines"))["unattributed"] == []


async def test_acts_wait_for_somebody_to_verify_them(client: httpx.AsyncClient, project: Project) -> None:
    hero, witness = await hire(client, name="Anna", store_id="team-acts"), await hire(client)
    told = {"kind": "other", "story": "She stayed", "store_id": "team-acts", "reported_by": witness}
    act = await answered(client, "report-heroic-act", heroes=[hero], **told)
    team = await team_of(client, project, "team-acts")
    assert [(one["act_id"], one["story"]) for one in team["acts"]] == [(act["ids"]["act_id"], "She stayed")]
    assert team["names"]["associates"][hero] == "Anna"


async def test_outreach_says_what_was_kept_and_what_was_bought_afterwards(
    client: httpx.AsyncClient, project: Project
) -> None:
    reach = {"store_id": "team-reach", "name": "Reach", "time_zone": "UTC", "currency": "USD"}
    await answered(client, "open-store", **reach)
    anna = await hire(client, store_id="team-reach")
    standard = {"scope": "team-reach", "kind": "thank_you", "within_days": 3, "effective_on": "2026-01-01"}
    await answered(client, "define-service-standard", **standard)
    clara = await register(client)
    body = sale_of(anna, store_id="team-reach", customer_id=clara)
    await answered(client, "set-contact-preference", customer_id=clara, channel="call", allowed=True,
                   occurred_at="2026-02-01T10:00:00Z")  # fmt: skip
    await answered(client, "record-sale", **body, occurred_at="2026-02-20T10:00:00Z")
    contact = {"channel": "call", "purpose": "thank_you", "contacted_by": anna, "answered": True}
    await answered(client, "log-contact", customer_id=clara, **contact, occurred_at="2026-02-21T10:00:00Z")
    await answered(client, "record-sale", **body, occurred_at="2026-02-25T10:00:00Z")
    [one] = (await team_of(client, project, "team-reach"))["outreach"]
    assert (one["associate_id"], one["kept"], one["due"]) == (anna, 1, 2)
    [bought] = one["bought_afterwards"]
    assert (bought["currency"], bought["sales"], bought["net_minor"]) == ("USD", 1, 10_000)


async def test_a_team_is_its_managers(house_client: httpx.AsyncClient, world: World) -> None:
    for role, whose, status in (
        ("manager", "own", 200), ("manager", "foreign", 403), ("associate", "own", 403),
        ("point_of_sale", "own", 403), ("payroll", "own", 403), ("auditor", "foreign", 200),
    ):  # fmt: skip
        answer = await asked(house_client, world, "team", whose, role)  # type: ignore[arg-type]
        assert answer.status_code == status, (role, whose, answer.text)
