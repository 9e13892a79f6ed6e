"""What payroll sees of a period: its statements with what they come to, the same as a table, and what closing
it would pay. Every sum is reckoned anew from the events of the log.
"""

import csv
import io
from typing import Any

import httpx
import pytest

from domain.commission_account.events import StatementIssued
from domain.currencies import EXPONENTS
from domain.ids import calendar_id_of
from domain.pay_period.events import PayPeriodClosed
from infra.event_store.codec import decode
from infra.settings import Settings
from services.api.http.application import Api
from services.reactions.pay_runs import follow
from tests.services.api.conftest import NOON, Project
from tests.services.api.following import follow_last
from tests.services.api.paying import open_period, sell, shop_of, take_back, work
from tests.services.api.sending import answered, hire, read, read_pages

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUMS = ("minutes", "net_minor", "guarantee_minor", "topped_up_minor", "recouped_minor", "pay_minor")
CSV = {"Accept": "text/csv"}


def issued(api: Api, period_id: str, scope: str) -> dict[str, StatementIssued]:
    """The statements of a period in the log, by associate."""
    events = (decode(one.topic, one.state) for one in api.app.log.read(0, 1_000_000))
    return {
        event.associate_id: event
        for event in events
        if isinstance(event, StatementIssued) and (event.period_id, event.scope) == (period_id, scope)
    }


def paid_to(statement: StatementIssued) -> int:
    """What was paid, from what the statement says of how."""
    return (
        statement.earned_minor
        - statement.clawed_back_minor
        + statement.moved_minor
        - statement.recouped_minor
        + statement.topped_up_minor
        + statement.carried_minor
        + statement.forgiven_minor
        + statement.late_topped_up_minor
    )


def close(api: Api, settings: Settings, scope: str) -> None:
    """What the pay run does about the period that was closed last."""
    follow_last(api, settings, follow, calendar_id_of(scope), PayPeriodClosed)


async def staff_of(client: httpx.AsyncClient, scope: str) -> list[str]:
    """Four people of January: one above the guarantee, one below it, one in the red, one without hours."""
    above = await shop_of(client, scope, "P1", "P2")
    below, red, without = [await hire(client, store_id=scope) for _ in range(3)]
    for who, price_minor, hours in ((above, 2_000_000, 10), (below, 10_000, 40), (red, 50_000, 20)):
        sale_id = await sell(client, who, "P1", price_minor, store_id=scope)
        await work(client, who, "P1", hours)
        if who == red:
            await answered(
                client, "accept-return", sale_id=sale_id, store_id=scope,
                lines=[{"line_no": 1, "quantity": 1}], occurred_at="2025-02-02T12:00:00Z",
            )  # fmt: skip
    await sell(client, without, "P1", 30_000, store_id=scope)
    return [above, below, red, without]


async def test_a_preview_is_to_the_cent_what_closing_then_pays(
    client: httpx.AsyncClient, api: Api, project: Project, api_settings: Settings
) -> None:
    staff = await staff_of(client, "previewed")
    await project()
    path = "/v1/pay-periods/P1/close-preview"
    before = api.app.log.last_position()
    whole = await read(client, path, scope="previewed")
    assert api.app.log.last_position() == before
    assert (whole["early"], whole["closed"], whole["refused"], whole["next"]) == (False, False, [], None)
    assert [one["associate_id"] for one in whole["totals"]["missing"]] == [staff[3]]
    assert whole["totals"]["missing_hours"] == 1
    paged = await read_pages(client, path, "statements", scope="previewed", limit=1)
    assert paged == whole["statements"]

    await answered(client, "close-pay-period", scope="previewed", period_id="P1")
    close(api, api_settings, "previewed")
    done = issued(api, "P1", "previewed")
    assert sorted(done) == sorted(staff)
    assert [one["associate_id"] for one in whole["statements"]] == sorted(staff)
    for foreseen in whole["statements"]:
        statement = done[foreseen["associate_id"]]
        told = {name: str(getattr(statement, name)) for name in foreseen}
        assert {name: str(value) for name, value in foreseen.items()} == told
        assert foreseen["pay_minor"] == paid_to(statement)
    (totals,) = whole["totals"]["currencies"]
    assert totals["pay_minor"] == sum(map(paid_to, done.values()))

    await project()
    after = await read(client, path, scope="previewed")
    assert (after["closed"], after["statements"], after["totals"]["currencies"]) == (True, [], [])


async def test_a_preview_has_the_later_periods_that_wait_for_it(
    client: httpx.AsyncClient, api: Api, project: Project, api_settings: Settings
) -> None:
    """The deficit of January is recouped in February, which was closed first."""
    anna = await shop_of(client, "waiting", "P1", "P2", deficit_policy="carry")
    older = await sell(client, anna, "P1", 100_000, store_id="waiting")
    await sell(client, anna, "P2", 200_000, store_id="waiting")
    await open_period(client, "waiting", "P3")
    await take_back(client, older, "P1")
    await work(client, anna, "P1", 10)
    await project()
    await answered(client, "close-pay-period", scope="waiting", period_id="P2")
    close(api, api_settings, "waiting")
    assert issued(api, "P2", "waiting") == {}
    await project()
    whole = await read(client, "/v1/pay-periods/P1/close-preview", scope="waiting")
    assert [one["period_id"] for one in whole["statements"]] == ["P1", "P2"]
    await answered(client, "close-pay-period", scope="waiting", period_id="P1")
    close(api, api_settings, "waiting")
    for foreseen in whole["statements"]:
        statement = issued(api, foreseen["period_id"], "waiting")[anna]
        assert (foreseen["pay_minor"], foreseen["owed_after_minor"]) == (
            paid_to(statement),
            statement.owed_after_minor,
        )


async def test_a_period_that_goes_on_is_previewed_as_closed_early(
    client: httpx.AsyncClient, project: Project
) -> None:
    days = {"starts_on": f"{NOON:%Y-%m}-01", "ends_on": f"{NOON:%Y-%m}-31"}
    await answered(client, "open-pay-period", scope="early", period_id="E1", **days)
    await project()
    found = await read(client, "/v1/pay-periods/E1/close-preview", scope="early")
    assert (found["early"], found["statements"]) == (True, [])
    for scope in ("early", "company"):
        unknown = await client.get("/v1/pay-periods/nothing/close-preview", params={"scope": scope})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "pay_period_unknown")


async def test_a_period_says_what_its_statements_come_to_and_what_is_outstanding(
    client: httpx.AsyncClient, api: Api, project: Project, api_settings: Settings
) -> None:
    staff = await staff_of(client, "totalled")
    await project()
    path = "/v1/pay-periods/P1/statements"
    still_open = (await read(client, path, scope="totalled"))["totals"]
    assert (still_open["currencies"], still_open["missing_hours"]) == ([], 1)
    assert [one["associate_id"] for one in still_open["missing"]] == [staff[3]]
    await answered(client, "close-pay-period", scope="totalled", period_id="P1")
    close(api, api_settings, "totalled")
    done = issued(api, "P1", "totalled")
    await answered(client, "sign-statement", associate_id=staff[0], period_id="P1")
    question = {"associate_id": staff[1], "period_id": "P1", "question": "Was this all?"}
    await answered(client, "question-entry", **question)
    await project()
    first = await read(client, path, scope="totalled", limit=2)
    totals = first["totals"]
    assert (totals["unsigned"], totals["questioned"], totals["missing_hours"]) == (3, 1, 0)
    (sums,) = totals["currencies"]
    assert (sums["currency"], sums["statements"]) == ("USD", 4)
    assert {name: sums[name] for name in SUMS} == {
        **{name: sum(getattr(one, name) for one in done.values()) for name in SUMS},
        "pay_minor": sum(map(paid_to, done.values())),
    }
    behind = await read(client, path, scope="totalled", limit=2, after=first["next"])
    assert (behind["totals"], len(behind["statements"])) == (None, 2)
    unsigned = await read_pages(client, path, "statements", scope="totalled", standing="unsigned", limit=2)
    assert [one["associate_id"] for one in unsigned] == sorted(staff[1:])
    (asked,) = (await read(client, path, scope="totalled", standing="questioned"))["statements"]
    assert asked["associate_id"] == staff[1]


async def test_statements_are_exported_as_a_table_that_does_nothing(
    client: httpx.AsyncClient, api: Api, project: Project, api_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A name that a spreadsheet would run is text; several pages of the tables are one table."""
    monkeypatch.setattr("services.api.resources.period_statements.ROWS_AT_ONCE", 2)
    scope = "=exported"
    names = ['=HYPERLINK("http://evil")', 'Bea, "the" second', "+49", "@SUM(A1)", "-1", "Ümit"]
    await open_period(client, scope, "P1")
    staff = {await hire(client, store_id=scope, name=name): name for name in names}
    for place, who in enumerate(staff):
        await sell(client, who, "P1", 10_000 * (place + 1), store_id=scope)
    await project()
    await answered(client, "close-pay-period", scope=scope, period_id="P1")
    close(api, api_settings, scope)
    await project()
    path = "/v1/pay-periods/P1/statements"
    answer = await client.get(path, params={"scope": scope, "include": "names"}, headers=CSV)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert "Accept" in answer.headers["Vary"]
    assert int(answer.headers["Clienteling-Position"]) == api.app.log.last_position()
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    done = issued(api, "P1", scope)
    assert [row["associate_id"] for row in rows] == sorted(staff)
    for row in rows:
        name = staff[row["associate_id"]]
        assert row["name"] == (name if name[0] in "BÜ" else f"'{name}")
        assert (row["scope"], row["currency"], row["exponent"]) == (
            "'=exported",
            "USD",
            str(EXPONENTS["USD"]),
        )
        assert int(row["pay_minor"]) == paid_to(done[row["associate_id"]])
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+@" if cell]
    unnamed = await client.get(path, params={"scope": scope}, headers=CSV)
    assert unnamed.text.splitlines()[0].startswith("associate_id,period_id")
    for accept in ("application/json, text/csv;q=0.5", "*/*", "text/csv;q=0"):
        as_json: Any = await client.get(path, params={"scope": scope}, headers={"Accept": accept})
        assert len(as_json.json()["statements"]) == len(staff), accept
    unknown = await client.get("/v1/pay-periods/nothing/statements", headers=CSV)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "pay_period_unknown")
