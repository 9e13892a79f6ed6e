"""Who sends a command acts in their own name, and not in their own favour."""

import asyncio
import itertools
from typing import Any

import httpx
import psycopg
import pytest

from infra.settings import Settings
from tests.services.api.conftest import Project
from tests.services.api.role_world import World
from tests.services.api.sending import PLAN, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
_keys = itertools.count(1)


async def send(
    client: httpx.AsyncClient, headers: dict[str, str], command: str, **fields: Any
) -> httpx.Response:
    given = {**headers, "Idempotency-Key": f"fields-{next(_keys)}"}
    return await client.post(f"/v1/commands/{command}", json=fields, headers=given)


def outcome(answer: httpx.Response) -> tuple[int, str, str]:
    """The status, the code and the field of an answer."""
    problem = answer.json()
    (field,) = [one["field"] for one in problem.get("errors", ())] or [""]
    return answer.status_code, problem.get("code", ""), field


def last_event(settings: Settings, answer: httpx.Response) -> str:
    query = "SELECT convert_from(state, 'UTF8') FROM stored_events WHERE notification_id = %s"
    with psycopg.connect(settings.database_url or "") as connection:
        row = connection.execute(query, (answer.json()["position"],)).fetchone()
    assert row is not None
    return row[0]


async def test_an_associate_records_hours_for_themselves_alone(
    house_client: httpx.AsyncClient, world: World
) -> None:
    anna = world.headers("associate")
    day = {"worked_on": "2026-03-01", "selling_minutes": 60}
    own = await send(house_client, anna, "record-hours", associate_id=world.id_of("own"), **day)
    assert own.status_code == 201, own.text
    ben = await send(house_client, anna, "record-hours", associate_id=world.id_of("store"), **day)
    assert outcome(ben) == (403, "not_permitted", "")


async def test_nobody_verifies_what_they_did_or_reported(
    house_client: httpx.AsyncClient, world: World, house_project: Project
) -> None:
    mona, act = world.headers("manager"), {"kind": "other", "story": "Once", "store_id": "downtown"}
    anna = world.headers("associate")
    by_anna = await send(house_client, anna, "report-heroic-act", heroes=[world.mona], **act)
    by_mona = await send(house_client, mona, "report-heroic-act", heroes=[world.id_of("store")], **act)
    own = await send(house_client, mona, "report-heroic-act", heroes=[world.mona], **act)
    assert outcome(own)[:2] == (422, "own_act")
    await house_project()
    for reported, code in ((by_anna, "own_act"), (by_mona, "own_report")):
        act_id = reported.json()["ids"]["act_id"]
        assert outcome(await send(house_client, mona, "verify-heroic-act", act_id=act_id))[1] == code


async def test_who_acted_is_whom_the_token_names(
    house_client: httpx.AsyncClient, world: World, api_settings: Settings
) -> None:
    anna, customer = world.headers("associate"), world.things["own"]["customer_id"]
    noted = await send(house_client, anna, "add-note", customer_id=customer, text="Likes blue")
    assert f'"written_by":"{world.id_of("own")}"' in last_event(api_settings, noted)
    named = await send(
        house_client, anna, "add-note", customer_id=customer, text="T", written_by=world.id_of("store")
    )
    assert outcome(named) == (403, "acts_for_another", "written_by")
    contact = {"customer_id": customer, "channel": "call", "purpose": "wish"}
    for_ben = await send(
        house_client, world.headers("manager"), "log-contact", contacted_by=world.id_of("store"), **contact
    )
    assert outcome(for_ben) == (403, "acts_for_another", "contacted_by")


async def test_a_till_says_which_clerk_took_the_goods_in(
    house_client: httpx.AsyncClient, world: World, api_settings: Settings
) -> None:
    till, ben = world.headers("point_of_sale"), world.id_of("store")
    goods = {"currency": "USD", "lines": [{"sku": "X", "refund_minor": 100}]}
    back = await send(house_client, till, "accept-return", store_id="downtown", accepted_by=ben, **goods)
    assert f'"accepted_by":"{ben}"' in last_event(api_settings, back)


async def test_an_attribution_to_oneself_needs_a_second_person(
    house_client: httpx.AsyncClient, world: World
) -> None:
    anna, sale_id = world.headers("associate"), world.things["store"]["sale_id"]
    line = {"sale_id": sale_id, "line_no": 1}
    to_herself = [{"associate_id": world.id_of("own")}]
    refused = await send(house_client, anna, "correct-attribution", attribution=to_herself, **line)
    assert outcome(refused) == (403, "second_person_needed", "attribution")
    by_mona = await send(
        house_client, world.headers("manager"), "correct-attribution", attribution=to_herself, **line
    )
    assert by_mona.status_code == 201, by_mona.text


async def test_a_plan_and_a_cost_of_ones_own_need_a_second_person(
    house_client: httpx.AsyncClient, world: World
) -> None:
    paula = world.headers("payroll", associate_id=world.id_of("store"))
    given = {"associate_id": world.id_of("store"), "plan": PLAN, "effective_on": "2026-03-02"}
    assert outcome(await send(house_client, paula, "change-pay-plan", **given))[1] == "second_person_needed"
    act = {"heroes": [world.id_of("store")], "kind": "other", "story": "Once", "cost_minor": 100}
    anna = world.headers("associate")
    spent = await send(house_client, anna, "report-heroic-act", authorised_by=world.id_of("own"), **act)
    assert outcome(spent) == (403, "second_person_needed", "authorised_by")


async def test_nobody_at_the_counter_reads_the_rates_of_others(
    house_client: httpx.AsyncClient, world: World, house_project: Project
) -> None:
    sold: dict[str, Any] = {"sku": "S", "quantity": 1, "unit_price_minor": 1_000}
    sold["attribution"] = [
        {"associate_id": world.id_of("own"), "share_bp": 5_000},
        {"associate_id": world.id_of("store"), "share_bp": 5_000},
    ]
    till, clara = world.headers("point_of_sale"), world.things["own"]["customer_id"]
    sale = {**sale_of(""), "lines": [sold], "receipt_no": "R-88", "customer_id": clara}
    address = (await send(house_client, till, "record-sale", **sale)).headers["Location"]
    await house_project()

    async def with_rates(headers: dict[str, str], address: str = address) -> list[bool]:
        found = (await house_client.get(address, headers=headers)).json()
        sales = found.get("sales") or [one["sale"] for one in found.get("receipts", ())] or [found]
        return ["bands" in credit for line in sales[0]["lines"] for credit in line["credits"]]

    assert await with_rates(world.headers("associate")) == [True, False]
    assert await with_rates(till) == [False, False]
    assert await with_rates(world.headers("manager")) == [True, True]
    # Wherever the sale is told.
    for elsewhere in (
        "/v1/sales?store_id=downtown&receipt_no=R-88",
        f"/v1/customers/{clara}/receipts?limit=1",
    ):
        assert await with_rates(world.headers("associate"), elsewhere) == [True, False]


async def test_who_was_hired_a_moment_ago_is_in_their_store_already(
    house_client: httpx.AsyncClient, world: World, house_project: Project
) -> None:
    mona = world.headers("manager")
    hired = await send(
        house_client, mona, "hire-associate", store_id="downtown", plan=PLAN, hired_on="2026-01-01"
    )
    new = hired.json()["ids"]["associate_id"]
    hours = {"associate_id": new, "worked_on": "2026-03-01", "selling_minutes": 60}
    recording = asyncio.create_task(send(house_client, mona, "record-hours", **hours))
    await asyncio.sleep(0.2)
    await house_project()
    assert (await recording).status_code == 201


async def test_a_number_of_another_system_shows_nobody_of_another_store(
    house_client: httpx.AsyncClient, world: World, house_project: Project
) -> None:
    payroll = world.headers("payroll")
    await send(house_client, payroll, "hire-associate", store_id="uptown", plan=PLAN, reference="77")
    await house_project()
    asked = {"reference": "77", "store_id": "downtown"}
    mona = await house_client.get("/v1/associates", params=asked, headers=world.headers("manager"))
    everybody = await house_client.get("/v1/associates", params={"reference": "77"}, headers=payroll)
    assert (len(mona.json()["associates"]), len(everybody.json()["associates"])) == (0, 1)


async def test_what_a_role_never_sends_is_refused_before_it_is_read(
    house_client: httpx.AsyncClient, world: World
) -> None:
    address = "/v1/commands/record-sale"
    auditor = await house_client.post(address, content=b"{", headers=world.headers("auditor"))
    assert outcome(auditor) == (403, "not_permitted", "")
    till = await house_client.post(address, content=b"{", headers=world.headers("point_of_sale"))
    assert outcome(till)[:2] == (400, "idempotency_key_missing")


async def test_more_of_ones_own_settled_hours_need_a_second_person(
    house_client: httpx.AsyncClient, world: World
) -> None:
    payroll, anna = world.headers("payroll"), {"associate_id": world.id_of("own")}
    days = {"starts_on": "2020-01-01", "ends_on": "2020-01-31"}
    mona, herself = world.headers("manager"), world.headers("associate")

    async def recorded(headers: dict[str, str], minutes: int, **more: Any) -> httpx.Response:
        day = {"worked_on": "2020-01-05", "selling_minutes": minutes, **anna, **more}
        return await send(house_client, headers, "record-hours", **day)

    for command, fields in (
        ("open-pay-period", days),
        ("record-hours", {"worked_on": "2020-01-05", "selling_minutes": 60, **anna}),
        ("close-pay-period", {}),
        ("issue-statement", anna),
    ):
        period = {} if command == "record-hours" else {"period_id": "2020-01"}
        answer = await send(house_client, payroll, command, **period, **fields)
        assert answer.status_code == 201, answer.text
    assert outcome(await recorded(herself, 90)) == (422, "corrects_own_hours", "recorded_by")
    assert outcome(await recorded(herself, 90, recorded_by=world.mona))[:2] == (403, "acts_for_another")
    assert (await recorded(mona, 90)).status_code == 201
    assert (await recorded(herself, 30)).status_code == 201
