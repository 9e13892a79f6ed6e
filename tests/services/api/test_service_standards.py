"""Standards of service over HTTP: defined, measured by week, read as of the past and a page at a time."""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.sending import answered, hire, read, read_pages, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/service-standards"
#: The API's clock stands at noon of Monday, 2 March 2026. These are Mondays.
FEBRUARY_9, FEBRUARY_16 = "2026-02-09", "2026-02-16"


def counts(found: dict[str, Any]) -> list[tuple[str, str, int, int, int, int]]:
    return [
        (one["week"], one["kind"], one["kept"], one["late"], one["missed"], one["open"])
        for one in found["measures"]
    ]


async def shop(client: httpx.AsyncClient, store_id: str) -> tuple[str, str]:
    """A store in New York with its own standards, an associate, and a customer who may be written to."""
    zone = {"name": store_id, "time_zone": "America/New_York", "currency": "USD"}
    await answered(client, "open-store", store_id=store_id, occurred_at="2026-01-02T12:00:00Z", **zone)
    for kind, within_days in (("thank_you", 3), ("promise_kept", 0)):
        await answered(
            client,
            "define-service-standard",
            kind=kind,
            within_days=within_days,
            scope=store_id,
            effective_on="2026-02-01",
            occurred_at="2026-01-31T12:00:00Z",
        )
    anna = await hire(client, store_id=store_id, occurred_at="2026-01-02T12:00:00Z")
    clara = await register(client, occurred_at="2026-01-02T12:00:00Z")
    await answered(
        client,
        "set-contact-preference",
        customer_id=clara,
        channel="write",
        allowed=True,
        occurred_at="2026-01-02T12:00:00Z",
    )
    return anna, clara


async def sell(client: httpx.AsyncClient, anna: str, clara: str, at: str, store_id: str) -> str:
    given = sale_of(anna, customer_id=clara, occurred_at=at, store_id=store_id)
    return (await answered(client, "record-sale", **given))["ids"]["sale_id"]


async def thank(client: httpx.AsyncClient, anna: str, clara: str, at: str) -> int:
    done = await answered(
        client,
        "log-contact",
        customer_id=clara,
        channel="write",
        purpose="thank_you",
        contacted_by=anna,
        occurred_at=at,
    )
    return done["position"]


async def story(client: httpx.AsyncClient, store_id: str) -> tuple[str, str, list[str], int]:
    """Kept on the last minute of Friday the 13th in New York; then a promise a day late, and no thank-you."""
    anna, clara = await shop(client, store_id)
    first = await sell(client, anna, clara, "2026-02-10T20:00:00Z", store_id)
    thanked = await thank(client, anna, clara, "2026-02-14T04:59:00Z")
    second = await sell(client, anna, clara, "2026-02-17T20:00:00Z", store_id)
    planned = {"customer_id": clara, "due_on": "2026-02-19", "reason": "The hem", "associate_id": anna}
    await answered(client, "plan-follow-up", occurred_at="2026-02-17T20:00:00Z", **planned)
    done = {"customer_id": clara, "follow_up_id": 1, "completed_by": anna}
    await answered(client, "complete-follow-up", occurred_at="2026-02-20T20:00:00Z", **done)
    return anna, clara, [first, second], thanked


async def test_weeks_are_counted_with_their_events(client: httpx.AsyncClient, project: Project) -> None:
    anna, clara, sales, thanked = await story(client, "counted")
    await project()
    found = await read(client, PATH, store_id="counted")
    assert (found["start"], found["end"]) == ("2025-12-08", "2026-03-08"), "thirteen weeks until today"
    assert counts(found) == [
        (FEBRUARY_9, "thank_you", 1, 0, 0, 0),
        (FEBRUARY_16, "promise_kept", 0, 1, 0, 0),
        (FEBRUARY_16, "thank_you", 0, 0, 1, 0),
    ]
    assert {one["associate_id"] for one in found["measures"]} == {anna}
    [kept] = found["measures"][0]["events"]
    assert (kept["subject_id"], kept["customer_id"], kept["due_on"]) == (sales[0], clara, "2026-02-13")
    assert kept["positions"][1] == thanked
    of_store = [one for one in found["standards"] if one["scope"] == "counted"]
    assert [(one["kind"], one["version"], one["within_days"]) for one in of_store] == [
        ("thank_you", 1, 3),
        ("promise_kept", 1, 0),
    ]


async def test_filters_and_pages(client: httpx.AsyncClient, project: Project) -> None:
    anna, *_ = await story(client, "paged")
    await project()
    whole = (await read(client, PATH, store_id="paged"))["measures"]
    assert await read_pages(client, PATH, "measures", store_id="paged", limit=1) == whole
    assert (await read(client, PATH, associate_id=anna))["measures"] == whole
    assert (await read(client, PATH, associate_id="ass_" + "9" * 32))["measures"] == []
    one_week = await read(client, PATH, store_id="paged", start="2026-02-11", end="2026-02-12")
    assert (one_week["start"], one_week["end"], one_week["measures"]) == (
        FEBRUARY_9,
        "2026-02-15",
        whole[:1],
    )


async def test_the_past_is_what_had_happened_and_what_was_known(
    client: httpx.AsyncClient, project: Project
) -> None:
    *_, thanked = await story(client, "past")
    await project()
    then = await read(client, PATH, store_id="past", as_of="2026-02-18T00:00:00Z")
    assert counts(then)[1:] == [
        (FEBRUARY_16, "promise_kept", 0, 0, 0, 1),
        (FEBRUARY_16, "thank_you", 0, 0, 0, 1),
    ]
    known = await read(client, PATH, store_id="past", as_of="2026-02-14", as_of_position=thanked - 1)
    assert counts(known) == [(FEBRUARY_9, "thank_you", 0, 0, 1, 0)]


async def test_a_week_to_come_shows_what_is_promised_for_it(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await shop(client, "to_come")
    await sell(client, anna, clara, "2026-02-10T20:00:00Z", "to_come")
    await thank(client, anna, clara, "2026-02-10T21:00:00Z")
    planned = {"customer_id": clara, "due_on": "2026-03-12", "reason": "The hem", "associate_id": anna}
    await answered(client, "plan-follow-up", **planned)
    await project()
    found = await read(client, PATH, store_id="to_come", start="2026-03-09", end="2026-03-15")
    assert counts(found) == [("2026-03-09", "promise_kept", 0, 0, 0, 1)]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"start": "2026-02-10", "end": "2026-02-09"}, "start"),
        ({"start": "2024-02-10", "end": "2026-02-09"}, "start"),
        ({"end": "0001-01-01"}, "start"),
        ({"end": "9999-12-31"}, "start"),
        ({"after": "yesterday"}, "after"),
        ({"as_of": "2026-03-09"}, "as_of"),
    ],
)
async def test_what_cannot_be_meant_is_a_problem(
    client: httpx.AsyncClient, project: Project, parameters: dict[str, str], field: str
) -> None:
    await project()
    answer = await client.get(PATH, params=parameters)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_an_answer_waits_for_the_position_that_is_asked_for(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await shop(client, "waiting")
    await sell(client, anna, clara, "2026-02-10T20:00:00Z", "waiting")
    position = await thank(client, anna, clara, "2026-02-10T21:00:00Z")
    await project()
    for path in (PATH, f"{PATH}/customers"):
        answer = await client.get(path, params={"store_id": "waiting", "at_least": position})
        assert int(answer.headers["Clienteling-Position"]) >= position


async def test_whether_customers_come_back_is_told_by_quarter(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, *_ = await story(client, "coming_back")
    dora = await register(client)
    await sell(client, anna, dora, "2026-02-11T20:00:00Z", "coming_back")
    await project()
    found = await read(client, f"{PATH}/customers", store_id="coming_back")
    assert found["cohorts"] == [{"quarter": "2026-Q1", "bought": 2, "came_back": 1, "open": 1, "left": 0}]
    assert found["spend"] == [
        {
            "quarter": "2026-Q1",
            "currency": "USD",
            "net_minor": 30_000,
            "returning_minor": 10_000,
            "returning_bp": 3_333,
        }
    ]
    [tenure] = found["tenure"]
    assert (tenure["associate_id"], tenure["customers"]) == (anna, 2)
    assert (tenure["days"], tenure["book_days"]) == (791, 20)
