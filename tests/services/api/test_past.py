"""Books, customers, ledgers and scores as of a past date or position, over HTTP."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from infra.clock import FixedClock
from services.api.http.application import Api
from tests.services.api.conftest import NOON, Project
from tests.services.api.sending import PLAN, answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

Answer = dict[str, Any]


def customers(book: Answer) -> list[str]:
    return [customer["customer_id"] for customer in book["customers"]]


async def sell(
    client: httpx.AsyncClient, associate: str, customer: str | None, day: str, price: int
) -> Answer:
    given: Answer = {"customer_id": customer} if customer else {}
    body = sale_of(associate, price_minor=price, occurred_at=f"{day}T10:00:00Z", **given)
    return await answered(client, "record-sale", **body)


async def test_a_book_of_the_past_holds_whose_customers_they_were_then(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben = await hire(client), await hire(client)
    clara, dora = await register(client, name="Clara"), await register(client, name="Dora")
    await sell(client, anna, clara, "2026-01-10", 30_000)
    sold = await sell(client, anna, dora, "2026-02-10", 10_000)
    moved = {"customer_id": clara, "associate_id": ben, "occurred_at": "2026-02-20T10:00:00Z"}
    await answered(client, "reassign-owner", **moved)
    position = await project()

    async def book(associate: str, **past: Any) -> list[str]:
        return customers(await read(client, f"/v1/associates/{associate}/book", **past))

    assert (await book(anna), await book(ben)) == ([dora], [clara])
    assert await book(anna, as_of="2026-02-19") == [clara, dora]
    assert await book(ben, as_of="2026-02-19") == []
    assert await book(anna, as_of="2026-01-31") == [clara]
    assert await book(anna, as_of="2026-01-09") == []
    assert await book(anna, as_of="2026-02-20T10:00:00Z") == [dora]
    assert await book(anna, as_of="2026-02-20T09:59:59Z") == [clara, dora]
    assert await book(anna, as_of_position=sold["position"]) == [clara, dora]
    assert await book(ben, as_of_position=sold["position"]) == []
    assert await book(ben, as_of_position=position) == [clara]
    assert await book(anna, as_of_position=0) == []
    theirs = await client.get(f"/v1/associates/{ben}/book/{clara}", params={"as_of": "2026-02-19"})
    assert theirs.status_code == 404
    page = await read(client, f"/v1/associates/{anna}/book/{clara}", as_of="2026-02-19")
    assert page["summary"]["name"] is None, "her name was learnt in March; in February nobody knew it"
    page = await read(client, f"/v1/associates/{anna}/book/{clara}", as_of_position=sold["position"])
    assert (page["summary"]["name"], page["summary"]["primary_owner"]) == ("Clara", anna)


async def test_a_date_asks_what_had_happened_and_a_position_what_was_known(
    client: httpx.AsyncClient, project: Project
) -> None:
    """A sale of January is recorded in March, after a sale of February."""
    anna, clara = await hire(client), await register(client)
    first = await sell(client, anna, clara, "2026-02-10", 10_000)
    await sell(client, anna, clara, "2026-01-10", 7_000)
    await project()

    async def spent(**past: Any) -> int:
        page = await read(client, f"/v1/associates/{anna}/book/{clara}", **past)
        return page["summary"]["net_spend_minor"]

    assert await spent() == 17_000
    assert await spent(as_of_position=first["position"]) == 10_000
    assert await spent(as_of="2026-02-28") == 17_000
    assert await spent(as_of="2026-02-28", as_of_position=first["position"]) == 10_000
    january = await read(client, f"/v1/associates/{anna}/ledger", as_of="2026-01-31")
    assert [entry["amount_minor"] for entry in january["entries"]] == [-473, 473]
    assert january["account"]["balances"] == {"USD": 473}
    known = await read(client, f"/v1/associates/{anna}/ledger", as_of_position=first["position"])
    assert known["account"]["balances"] == {"USD": 675}


async def test_as_of_the_last_position_and_of_today_everything_is_as_it_is_now(
    client: httpx.AsyncClient, project: Project
) -> None:
    store = "store-past"
    await answered(
        client, "open-pay-period", scope=store, period_id="P1", starts_on="2026-01-01", ends_on="2026-01-31"
    )
    anna = await hire(client, store_id=store, plan=PLAN)
    clara, dora, emma = [await register(client, name=name) for name in ("Clara", "Dora", "Emma")]
    for customer, day in ((clara, "2026-01-10"), (dora, "2026-01-11"), (emma, "2026-02-12")):
        await sell(client, anna, customer, day, 12_300)
    await answered(client, "record-hours", associate_id=anna, worked_on="2026-01-10", selling_minutes=480)
    await answered(client, "merge-customers", customer_id=clara, merged_customer_id=dora)
    await answered(client, "add-note", customer_id=clara, text="Likes tea")
    await answered(client, "close-pay-period", scope=store, period_id="P1")
    await answered(client, "issue-statement", associate_id=anna, scope=store, period_id="P1")
    position = await project()
    for path in (
        "book",
        "book?sort=name",
        "book?q=clara",
        "book?role=all&limit=1&offset=1",
        f"book/{clara}",
        f"book/{dora}",
        "ledger",
        "ledger?period_id=P1",
        "ledger?limit=1",
        "statements",
        "statements/P1",
    ):
        address = f"/v1/associates/{anna}/{path}"
        now = await client.get(address)
        for past in (f"as_of_position={position}", "as_of=2026-03-02", "as_of=2026-03-02T12:00:00Z"):
            then = await client.get(f"{address}{'&' if '?' in path else '?'}{past}")
            assert (then.status_code, without_score(then)) == (200, without_score(now)), (path, past)
            assert then.headers["Clienteling-Position"] == str(position)


def without_score(response: httpx.Response) -> Answer:
    """A score is of the moment, also when nothing happens."""
    return {name: value for name, value in response.json().items() if name != "score"}


async def test_records_are_one_customer_from_their_merge_on(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben = await hire(client), await hire(client)
    clara, dora = await register(client, name="Clara"), await register(client, name="Dora")
    await sell(client, anna, clara, "2026-01-10", 30_000)
    before = await sell(client, ben, dora, "2026-01-11", 10_000)
    merged = await answered(client, "merge-customers", customer_id=clara, merged_customer_id=dora)
    await answered(client, "unmerge-customers", customer_id=clara, merged_customer_id=dora)
    await project()
    for associate, own in ((anna, clara), (ben, dora)):
        path = f"/v1/associates/{associate}/book"
        assert customers(await read(client, path, as_of_position=before["position"])) == [own]
        assert customers(await read(client, path)) == [own]
    one = await read(client, f"/v1/associates/{ben}/book", as_of_position=merged["position"], role="all")
    assert customers(one) == [clara]
    assert (one["customers"][0]["records"], one["customers"][0]["net_spend_minor"]) == (2, 40_000)
    score = await read(client, f"/v1/customers/{dora}/score", as_of_position=merged["position"])
    alone = await read(client, f"/v1/customers/{dora}/score", as_of_position=before["position"])
    assert (score["customer_id"], alone["customer_id"]) == (clara, dora)


async def test_who_was_forgotten_has_no_name_and_no_habits_in_the_past_either(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await hire(client), await register(client, name="Clara Haversham", reference="VIP 7")
    await answered(client, "record-size", customer_id=clara, kind="shoe", size="7.5")
    sold = await sell(client, anna, clara, "2026-01-10", 30_000)
    await answered(client, "forget-customer", customer_id=clara)
    await project()
    path = f"/v1/associates/{anna}/book"
    for past in ({"as_of_position": sold["position"]}, {"as_of": "2026-02-01"}, {"as_of": "2026-03-02"}):
        (listed,) = (await read(client, path, **past))["customers"]
        assert (listed["name"], listed["reference"], listed["forgotten"]) == (None, None, True)
        assert listed["net_spend_minor"] == 30_000
        assert (await read(client, f"{path}/{clara}", **past))["sizes"] == []
        assert (await read(client, path, q="Haversham", **past))["total"] == 0


async def test_a_score_by_position_knows_what_was_known_then(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await hire(client), await register(client)
    registered = await project()
    first = await sell(client, anna, clara, "2026-01-10", 30_000)
    await sell(client, anna, clara, "2026-02-10", 30_000)
    await project()
    path = f"/v1/customers/{clara}/score"
    then = await read(client, path, as_of_position=first["position"])
    assert then["as_of"] == "2026-01-10T10:00:00Z"
    assert then == await read(client, path, as_of="2026-01-10T10:00:00Z")
    in_march = await read(client, path, as_of_position=first["position"], as_of="2026-03-02")
    assert 0 < in_march["score"] < (await read(client, path, as_of="2026-03-02"))["score"]
    assert (await read(client, path, as_of_position=registered))["score"] == 0
    nobody = await client.get(path, params={"as_of_position": 0})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "customer_unknown")
    book = await read(client, f"/v1/associates/{anna}/book", scores="true", as_of_position=first["position"])
    assert book["scores"] == {clara: then["score"]}
    by_score = await read(client, f"/v1/associates/{anna}/book", sort="-score", as_of="2026-01-10T10:00:00Z")
    assert by_score["scores"] == {clara: then["score"]}


async def test_the_list_of_a_past_day_is_made_from_the_book_of_then(
    client: httpx.AsyncClient, project: Project, clock: FixedClock
) -> None:
    anna, clara = await hire(client), await register(client, name="Clara")
    await sell(client, anna, clara, "2026-01-10", 30_000)
    agreed = {"customer_id": clara, "channel": "call", "allowed": True, "occurred_at": "2026-01-10T11:00:00Z"}
    await answered(client, "set-contact-preference", **agreed)
    thanked = {"channel": "call", "purpose": "thank_you", "contacted_by": anna, "answered": True}
    before = await project()
    await answered(client, "log-contact", customer_id=clara, occurred_at="2026-01-15T10:00:00Z", **thanked)
    await project()

    async def reasons(**past: Any) -> list[str]:
        listed = await read(client, f"/v1/associates/{anna}/book/today", **past)
        return [reason["kind"] for call in listed["calls"] for reason in call["reasons"]]

    assert await reasons(as_of="2026-01-14") == ["thank_you"]
    assert await reasons(as_of="2026-01-16") == []
    assert await reasons(as_of="2026-01-16", as_of_position=before) == ["thank_you"]
    assert await reasons(as_of_position=before) == ["thank_you"]
    assert await reasons(as_of="2026-01-09") == []
    # Of a day to come it says what is known of it today.
    to_come = await read(client, f"/v1/associates/{anna}/book/today", as_of="2026-03-09")
    assert to_come["as_of"] == "2026-03-09T23:59:59.999999Z"


async def test_statements_of_the_past_are_those_that_had_been_issued(
    client: httpx.AsyncClient, project: Project
) -> None:
    """Also as they were issued: hours that were recorded after the day that is asked for are in the statement
    all the same.
    """
    store = "store-issued"
    for number in (1, 2):
        days = {"starts_on": f"2026-0{number}-01", "ends_on": f"2026-0{number}-28"}
        await answered(client, "open-pay-period", scope=store, period_id=f"P{number}", **days)
    anna = await hire(client, store_id=store)
    await answered(client, "record-hours", associate_id=anna, worked_on="2026-01-10", selling_minutes=480)
    issued: list[int] = []
    for number in (1, 2):
        await sell(client, anna, None, f"2026-0{number}-10", 100_000)
        await answered(client, "close-pay-period", scope=store, period_id=f"P{number}")
        statement = {"associate_id": anna, "scope": store, "period_id": f"P{number}"}
        at = f"2026-0{number}-28T20:00:00Z"
        issued.append((await answered(client, "issue-statement", occurred_at=at, **statement))["position"])
    await project()
    path = f"/v1/associates/{anna}/statements"
    second, first = (await read(client, path))["statements"]
    for past in (
        {"as_of": "2026-01-28"},
        {"as_of_position": second["position"] - 1},
        {"as_of_position": issued[0]},
    ):
        assert await read(client, path, **past) == {"statements": [first], "more": False, "next": None}
        assert await read(client, f"{path}/P1", **past) == first
        assert (await client.get(f"{path}/P2", params=past)).status_code == 404
    assert (await read(client, path, as_of="2026-02-28"))["statements"] == [second, first]
    page = await read(client, path, as_of="2026-02-28", limit=1)
    assert (page["statements"], page["more"]) == ([second], True)
    behind = await read(client, path, as_of="2026-02-28", limit=1, cursor=page["next"])
    assert behind == {"statements": [first], "more": False, "next": None}
    assert await read(client, path, as_of="2026-02-28", offset=1) == {
        "statements": [first],
        "more": False,
        "next": None,
    }
    assert (await read(client, path, as_of="2026-01-27"))["statements"] == []


@pytest.mark.parametrize("path", ["book", "book/{customer}", "ledger", "statements", "statements/P1"])
async def test_a_past_that_is_none_is_named(client: httpx.AsyncClient, project: Project, path: str) -> None:
    anna = await hire(client)
    await project()
    address = f"/v1/associates/{anna}/{path.format(customer='cus_' + '0' * 32)}"

    async def problem(**past: Any) -> tuple[int, str, list[str]]:
        response = await client.get(address, params=past)
        errors = [error["field"] for error in response.json()["errors"]]
        return response.status_code, response.json()["code"], errors

    assert await problem(as_of="2026-03-03") == (422, "in_the_future", ["as_of"])
    assert await problem(as_of="2026-03-02T12:00:01Z") == (422, "in_the_future", ["as_of"])
    assert await problem(as_of="yesterday!") == (422, "invalid", ["as_of"])
    assert await problem(as_of="2026-02-30") == (422, "invalid", ["as_of"])
    assert await problem(as_of="2026-03-01T12:00:00") == (422, "time_zone_missing", ["as_of"])
    assert await problem(as_of_position=10**12) == (409, "position_not_reached", ["as_of_position"])
    assert await problem(as_of_position=-1) == (422, "invalid", ["as_of_position"])
    assert await problem(as_of_position="last") == (422, "invalid", ["as_of_position"])


async def test_a_past_of_nobody_is_not_found(client: httpx.AsyncClient, project: Project) -> None:
    await project()
    for path in ("book", "book/today", "ledger", "statements"):
        response = await client.get(f"/v1/associates/ass_{'0' * 32}/{path}", params={"as_of": "2026-01-01"})
        assert (response.status_code, response.json()["code"]) == (404, "associate_unknown")


async def test_a_past_is_answered_while_the_tables_are_behind(
    client: httpx.AsyncClient, project: Project, clock: FixedClock
) -> None:
    anna, clara = await hire(client), await register(client)
    await project()
    sold = await sell(client, anna, clara, "2026-01-10", 30_000)
    path = f"/v1/associates/{anna}/book"
    assert (await read(client, path))["total"] == 0
    assert (await read(client, path, as_of_position=sold["position"]))["total"] == 1
    assert clock.now() - NOON == timedelta(0)


async def test_what_was_recorded_by_a_moment_is_what_was_known_then(
    client: httpx.AsyncClient, project: Project, api: Api
) -> None:
    anna, clara = await hire(client), await register(client)
    await project()
    path = f"/v1/associates/{anna}/book"
    first = await sell(client, anna, clara, "2026-01-10", 30_000)
    await sell(client, anna, await register(client), "2026-01-10", 10_000)
    with api.app.log.connection() as connection:
        query = "SELECT recorded_at FROM stored_events WHERE notification_id = %s"
        recorded = connection.execute(query, (first["position"],)).fetchone()["recorded_at"]
    assert (await read(client, path, as_of_recorded=recorded.isoformat()))["total"] == 1
    earlier = (recorded - timedelta(microseconds=1)).isoformat()
    assert (await read(client, path, as_of_recorded=earlier))["total"] == 0

    async def problem(**past: Any) -> tuple[int, str, list[str]]:
        answer = (await client.get(path, params=past)).json()
        return answer["status"], answer["code"], [error["field"] for error in answer["errors"]]

    moment = recorded.isoformat()
    assert await problem(as_of_recorded=moment, as_of_position=1) == (422, "invalid", ["as_of_recorded"])
    assert await problem(as_of_recorded="2100-01-01") == (422, "in_the_future", ["as_of_recorded"])
    assert await problem(as_of_recorded="then") == (422, "invalid", ["as_of_recorded"])
