"""An associate's book over HTTP: her own customers, opened at the edge, found by what is sealed."""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def book_of_three(client: httpx.AsyncClient, project: Project) -> tuple[str, dict[str, str]]:
    """Anna with Clara ($300), Dora ($100 in two sales) and Änne, who never bought anything."""
    anna = await hire(client)
    customers = {
        "clara": await register(client, name="Clara Haversham", address_as="Mrs. Haversham"),
        "dora": await register(client, name="Dora Lindqvist"),
        "aenne": await register(client, name="Änne Müller"),
    }
    for name, price_minor in (("clara", 30_000), ("dora", 5_000), ("dora", 5_000)):
        when = {"occurred_at": f"2026-02-0{price_minor // 5_000}T10:00:00Z"}
        await answered(
            client,
            "record-sale",
            customer_id=customers[name],
            **when,
            **sale_of(anna, price_minor=price_minor),
        )
    await answered(client, "assign-owner", customer_id=customers["aenne"], associate_id=anna)
    await answered(
        client, "add-contact-point", customer_id=customers["dora"], kind="phone", value="+49 171 555-0123"
    )
    await project()
    return anna, customers


def names(body: dict[str, Any]) -> list[str | None]:
    return [customer["name"] for customer in body["customers"]]


async def test_a_book_lists_the_customers_of_one_associate_best_first(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, customers = await book_of_three(client, project)
    body = await read(client, f"/v1/associates/{anna}/book")
    assert body["total"] == 3
    assert names(body) == ["Clara Haversham", "Dora Lindqvist", "Änne Müller"]
    clara = body["customers"][0]
    assert clara["customer_id"] == customers["clara"]
    assert clara["address_as"] == "Mrs. Haversham"
    assert (clara["net_spend_minor"], clara["visits"], clara["currency"]) == (30_000, 1, "USD")


@pytest.mark.parametrize(
    ("sort", "first_names"),
    [
        ("name", ["Änne", "Clara", "Dora"]),
        ("-name", ["Dora", "Clara", "Änne"]),
        ("net_spend", ["Änne", "Dora", "Clara"]),
        ("-last_visit", ["Clara", "Dora", "Änne"]),
        ("-visits", ["Clara", "Dora", "Änne"]),
        ("-score", ["Clara", "Dora", "Änne"]),
    ],
)
async def test_a_book_is_sorted_as_asked(
    client: httpx.AsyncClient, project: Project, sort: str, first_names: list[str]
) -> None:
    anna, _ = await book_of_three(client, project)
    body = await read(client, f"/v1/associates/{anna}/book", sort=sort)
    if sort == "-visits":
        # Both came on one day: ties are broken by id.
        assert {name.split()[0] for name in names(body)[:2] if name} == {"Clara", "Dora"}
    else:
        assert [name.split()[0] for name in names(body) if name] == first_names


async def test_pages_of_a_book_add_up_to_the_book(client: httpx.AsyncClient, project: Project) -> None:
    anna, _ = await book_of_three(client, project)
    for sort in ("-net_spend", "name"):
        whole = await read(client, f"/v1/associates/{anna}/book", sort=sort)
        pages = [
            await read(client, f"/v1/associates/{anna}/book", sort=sort, limit=2, offset=offset)
            for offset in (0, 2, 4)
        ]
        assert [page["total"] for page in pages] == [3, 3, 3]
        assert [customer for page in pages for customer in page["customers"]] == whole["customers"]


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("haversham", ["Clara Haversham"]),
        ("HAVERSHAM clara", ["Clara Haversham"]),
        ("anne muller", ["Änne Müller"]),
        ("0171 555", ["Dora Lindqvist"]),
        ("+49171", ["Dora Lindqvist"]),
        ("555 0123", ["Dora Lindqvist"]),
        ("nobody", []),
        ("1", []),
    ],
)
async def test_a_customer_is_found_by_name_and_by_contact_point(
    client: httpx.AsyncClient, project: Project, sought: str, found: list[str]
) -> None:
    anna, _ = await book_of_three(client, project)
    body = await read(client, f"/v1/associates/{anna}/book", q=sought)
    assert names(body) == found
    assert body["total"] == len(found)


async def test_nobody_reads_about_customers_of_another_book(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, customers = await book_of_three(client, project)
    ben = await hire(client)
    await project()
    assert (await read(client, f"/v1/associates/{ben}/book"))["total"] == 0
    assert (await read(client, f"/v1/associates/{ben}/book", q="Clara"))["customers"] == []
    mine = await client.get(f"/v1/associates/{anna}/book/{customers['clara']}")
    theirs = await client.get(f"/v1/associates/{ben}/book/{customers['clara']}")
    nobodys = await client.get(f"/v1/associates/{ben}/book/cus_{'0' * 32}")
    assert (mine.status_code, theirs.status_code) == (200, 404)
    # Whether somebody exists at all is not told either.
    assert {**theirs.json(), "instance": ""} == {**nobodys.json(), "instance": ""}


async def test_a_customers_page_holds_what_is_known_of_her_in_the_clear(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, customers = await book_of_three(client, project)
    dora = customers["dora"]
    await answered(client, "add-note", customer_id=dora, text='Likes "soft" leather\nand tea')
    await answered(client, "record-wish", customer_id=dora, label="Alden", size="9", note="for her sister")
    await answered(client, "record-size", customer_id=dora, kind="shoe", size="7.5")
    await project()
    page = await read(client, f"/v1/associates/{anna}/book/{dora}")
    assert page["summary"]["name"] == "Dora Lindqvist"
    assert page["notes"][0]["text"] == 'Likes "soft" leather\nand tea'
    assert page["wishes"][0]["note"] == "for her sister"
    assert page["contact_points"][0]["value"] == "+49 171 555-0123"
    assert page["sizes"] == [{"kind": "shoe", "size": "7.5"}]
    assert 0 < page["score"] <= 1000


async def test_a_secondary_owner_finds_her_in_another_part_of_the_book(
    client: httpx.AsyncClient, project: Project
) -> None:
    _, customers = await book_of_three(client, project)
    ben = await hire(client)
    await answered(client, "assign-owner", customer_id=customers["clara"], associate_id=ben, role="secondary")
    await project()
    assert (await read(client, f"/v1/associates/{ben}/book"))["total"] == 0
    for role in ("secondary", "all"):
        assert names(await read(client, f"/v1/associates/{ben}/book", role=role)) == ["Clara Haversham"]
    assert (await client.get(f"/v1/associates/{ben}/book/{customers['clara']}")).status_code == 200


async def test_a_forgotten_customer_has_no_name_any_more(client: httpx.AsyncClient, project: Project) -> None:
    anna, customers = await book_of_three(client, project)
    await answered(client, "forget-customer", customer_id=customers["clara"])
    # The tables have not heard of it yet, but her key is gone.
    body = await read(client, f"/v1/associates/{anna}/book")
    assert names(body) == [None, "Dora Lindqvist", "Änne Müller"]
    assert (await read(client, f"/v1/associates/{anna}/book", q="Haversham"))["total"] == 0
    await project()
    after = await read(client, f"/v1/associates/{anna}/book")
    assert names(after) == [None, "Dora Lindqvist", "Änne Müller"]
    assert after["customers"][0]["net_spend_minor"] == 30_000


async def test_a_person_with_two_records_is_one_customer_of_the_book(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, customers = await book_of_three(client, project)
    await answered(
        client,
        "merge-customers",
        customer_id=customers["clara"],
        merged_customer_id=customers["dora"],
    )
    await project()
    body = await read(client, f"/v1/associates/{anna}/book")
    assert body["total"] == 2
    assert body["customers"][0]["net_spend_minor"] == 40_000
    assert body["customers"][0]["records"] == 2


async def test_scores_stand_beside_the_list_when_asked_for(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, customers = await book_of_three(client, project)
    assert (await read(client, f"/v1/associates/{anna}/book"))["scores"] == {}
    scores = (await read(client, f"/v1/associates/{anna}/book", scores="true"))["scores"]
    assert scores.keys() == set(customers.values())
    assert scores[customers["clara"]] > scores[customers["dora"]] > scores[customers["aenne"]] == 0


async def test_today_lists_whom_to_call_and_why_on_channels_they_agreed_to(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, customers = await book_of_three(client, project)
    for name in ("clara", "dora"):
        await answered(
            client,
            "plan-follow-up",
            customer_id=customers[name],
            due_on="2026-03-02",
            reason=f"promised {name} to call",
        )
    await answered(
        client, "set-contact-preference", customer_id=customers["clara"], channel="call", allowed=True
    )
    await project()
    body = await read(client, f"/v1/associates/{anna}/book/today")
    assert body["as_of"] == "2026-03-02T12:00:00Z"
    assert [(call["customer_id"], call["channels"]) for call in body["calls"]] == [
        (customers["clara"], ["call"]),
        (customers["dora"], []),
    ]
    assert [call["no_channel_agreed"] for call in body["calls"]] == [False, True]
    (reason,) = [r for r in body["calls"][0]["reasons"] if r["kind"] == "follow_up_due"]
    assert reason["text"] == "promised clara to call"
    before = await read(client, f"/v1/associates/{anna}/book/today", as_of="2026-03-01")
    assert before["as_of"] == "2026-03-01T23:59:59.999999Z"
    assert not any(
        reason["kind"] == "follow_up_due" for call in before["calls"] for reason in call["reasons"]
    )


async def test_a_book_of_nobody_is_not_found(client: httpx.AsyncClient, project: Project) -> None:
    await project()
    for path in ("book", "book?q=x", "book/today", "ledger", "statements"):
        response = await client.get(f"/v1/associates/ass_{'0' * 32}/{path}")
        assert (response.status_code, response.json()["code"]) == (404, "associate_unknown")


async def test_a_list_is_only_of_who_is_silent_waits_or_has_an_occasion_soon(
    client: httpx.AsyncClient, project: Project
) -> None:
    """It is noon of the second of March 2026."""
    anna = await hire(client)
    who = {
        name: await register(client, name=name)
        for name in ("Silent", "Called", "Seen", "Waiting", "Born", "Past", "Far")
    }
    for name, days in (("Silent", (1, 8, 15)), ("Called", (1, 8, 15)), ("Seen", (8, 15, 22))):
        for day in days:
            # 77 days ago; (2 x 7 + 2 x 90) / 4 = 49 days are usual, 73 one and a half times that.
            when = f"{'2026-02' if name == 'Seen' else '2025-12'}-{day:02d}T10:00:00Z"
            await answered(client, "record-sale", customer_id=who[name], occurred_at=when, **sale_of(anna))
    for name in ("Waiting", "Born", "Past", "Far"):
        await answered(client, "assign-owner", customer_id=who[name], associate_id=anna)
    call = {"contacted_by": anna, "channel": "call", "purpose": "lapsing"}
    await answered(client, "set-contact-preference", customer_id=who["Called"], channel="call", allowed=True)
    await answered(client, "log-contact", customer_id=who["Called"], **call)
    await answered(client, "record-wish", customer_id=who["Waiting"], label="Calzari")
    for name, on in (("Born", "1980-03-16"), ("Past", "1980-03-01"), ("Far", "1980-03-17")):
        await answered(client, "record-occasion", customer_id=who[name], kind="birthday", on=on)
    await project()
    path = f"/v1/associates/{anna}/book"

    async def only(filtered: str, **more: Any) -> list[str | None]:
        body = await read(client, path, only=filtered, sort="name", **more)
        assert body["total"] == len(body["customers"]) or "limit" in more
        return names(body)

    # Whoever was called about it is silent all the same.
    assert await only("lapsing") == ["Called", "Silent"]
    assert await only("waiting") == ["Waiting"]
    assert await only("occasion_near") == ["Born"]
    assert await only("lapsing", q="sil") == ["Silent"]
    assert await only("lapsing", as_of_recorded="2020-01-01") == []
    first = await read(client, path, only="lapsing", sort="name", limit=1)
    assert (first["total"], names(first)) == (2, ["Called"])
    # Who comes back between two pages is still on the list that had begun.
    back = {"occurred_at": "2026-03-01T10:00:00Z", **sale_of(anna)}
    await answered(client, "record-sale", customer_id=who["Silent"], **back)
    await project()
    second = await read(client, path, only="lapsing", sort="name", limit=1, cursor=first["next"])
    assert (names(second), second["next"]) == (["Silent"], None)
    assert await only("lapsing") == ["Called"]
    other = await client.get(path, params={"only": "waiting", "sort": "name", "cursor": first["next"]})
    assert (other.status_code, other.json()["code"]) == (422, "cursor_unfit")
    assert (await client.get(path, params={"only": "rich"})).status_code == 422
